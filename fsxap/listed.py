"""Files of a listing by the page, as the text they arrived in: a million files need no million objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fsxap.jsontext import dumps
from fsxap.model import Item, Unlisted

Row = tuple[str, str, str, str]
"""One file: key, UTC time to the second without its Z, version, decimal bytes."""


_AS_IT_IS = bytes(set(range(0x20, 0x7F)) - set(b'"\\'))


@dataclass(frozen=True, slots=True)
class Files:
    """Rows in key order, every one a file with a UTF-8 key; times, versions and sizes are plain ASCII."""

    rows: list[Row]

    def __iter__(self) -> Iterator[Item]:
        for key, modified, version, size in self.rows:
            yield Item(key, int(size), modified + "Z", version)

    def lines(self) -> list[str]:
        """The very text of `dumps(item.record())` for each file."""
        if _plain("".join([row[0] for row in self.rows])):
            return [
                f'{{"key":"{key}","modified":"{modified}Z","size":{size},"type":"item","version":"{version}"}}'
                for key, modified, version, size in self.rows
            ]
        return [
            f'{{"key":{dumps(key)},"modified":"{modified}Z","size":{size},"type":"item","version":"{version}"}}'
            for key, modified, version, size in self.rows
        ]

    def ending(self, suffixes: tuple[str, ...]) -> Files:
        """Those whose key, in lower case, ends so."""
        length, *others = {len(each) for each in suffixes}
        if length and not others and "".join(suffixes).isascii():
            # The one character that is longer in lower case does not end in an ASCII one: this is the same, for less.
            return replace(self, rows=[row for row in self.rows if row[0][-length:].lower() in suffixes])
        return replace(self, rows=[row for row in self.rows if row[0].lower().endswith(suffixes)])

    def where(self, wanted: Callable[[Item], bool]) -> Files:
        return replace(self, rows=[row for row, item in zip(self.rows, self, strict=True) if wanted(item)])


def _plain(text: str) -> bool:
    """Whether JSON writes it as it is."""
    return text.isascii() and not text.encode().translate(None, _AS_IT_IS)


Page = Files | Iterator[Item | Unlisted]
"""A part of a listing; what is not all files comes entry by entry."""
