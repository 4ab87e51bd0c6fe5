"""Reads XML that strangers sent: no document type, no entities, a cap on its size and depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from fsxap.errors import ItemError

_DECLARATION = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml\s[^<>]*\?>")
LARGEST = 20_000_000
DEEPEST = 100


@dataclass(slots=True)
class Element:
    """A tag without its namespace, since the formats of one family differ in nothing else."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *path: str) -> Iterator[Element]:
        """Every element at a path of tags; a step may be several tags with | between them."""
        if not path:
            yield self
            return
        steps = path[0].split("|")
        for child in self.children:
            if child.tag in steps:
                yield from child.all(*path[1:])

    def first(self, *path: str) -> Element | None:
        return next(self.all(*path), None)

    def say(self, *path: str) -> str:
        """The text at a path, empty when there is none."""
        found = next((each for each in self.all(*path) if each.text.strip()), None)
        return found.text.strip() if found else ""


def parse(body: bytes) -> Element:
    """The root element; `ItemError` with the code damaged, or unsupported for a document type."""
    if len(body) > LARGEST:
        raise ItemError(f"XML of {len(body)} bytes is not read; the limit is {LARGEST}", code="too-large")
    root = Element("", {})
    stack = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise ItemError(f"XML nested deeper than {DEEPEST} levels is not read", code="damaged")
        made = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        stack[-1].children.append(made)
        stack.append(made)

    def refuse(*_about: object) -> None:
        raise ItemError("XML with a document type is not read: it may define entities", code="unsupported")

    def text(piece: str) -> None:
        stack[-1].text += piece

    encoding = _encoding(body)
    parser = expat.ParserCreate(encoding, "}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        # Some declarations are not well-formed; where the encoding is known, they say nothing that is needed.
        parser.Parse(_DECLARATION.sub(b"", body) if encoding else body, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ItemError(f"its XML cannot be parsed: {error}", code="damaged") from error
    return root.children[0]


def _encoding(body: bytes) -> str | None:
    """UTF-8 where it is: some writers declare an encoding they do not use, or one that does not exist."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _local(name: str) -> str:
    return name.rpartition("}")[2]
