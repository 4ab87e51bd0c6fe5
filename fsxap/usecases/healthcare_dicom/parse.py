"""Owns the reading of DICOM bytes into elements: bounded, without decoding values, and without a word about them.

Elements come as they are stored, at any depth. UN values of attributes the standard knows are read as what they are
(PS3.5 6.2.2). What cannot be read as elements at the end of the file is left out and counted as `trailing`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping
from typing import NamedTuple

from fsxap.errors import ItemError

LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
VRS = LONG | frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI"}
    | {"UL", "US"}
)
SPELT = {vr.encode(): vr for vr in VRS}
SHORT = frozenset(vr.encode() for vr in VRS - LONG)
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = 0x7FE00010
DEPTH = 32
"""Sequences nested deeper are an attack on the reader, not a document."""
INFLATED = 1 << 30
IMPLICIT, EXPLICIT, DEFLATED, BIG = (f"1.2.840.10008.1.2{tail}" for tail in ("", ".1", ".1.99", ".2"))


class Element(NamedTuple):
    """`items` is None unless it is a sequence. An encapsulated value keeps its fragments as bytes."""

    tag: int
    vr: str
    value: bytes = b""
    items: tuple[tuple[Element, ...], ...] | None = None
    encapsulated: bool = False


Elements = tuple[Element, ...]


class File(NamedTuple):
    """A file's parts. `syntax` is the transfer syntax UID that the bytes really follow; `end` where reading stopped."""

    meta: Elements
    elements: Elements
    syntax: str
    preamble: bool
    trailing: int

    @property
    def implicit(self) -> bool:
        return self.syntax == IMPLICIT

    @property
    def big(self) -> bool:
        return self.syntax == BIG


class Malformed(ItemError):
    """The bytes are not a data set that can be read to its end."""

    code = "malformed"


class Reader:
    """A position in bytes that are read by one encoding."""

    def __init__(self, data: bytes, dictionary: Mapping[int, str], *, implicit: bool, big: bool) -> None:
        self.data, self.dictionary, self.implicit, self.big = data, dictionary, implicit, big
        order = ">" if big else "<"
        self._tag = struct.Struct(order + "HH").unpack_from
        self._head = struct.Struct(order + "HH2sH").unpack_from
        self._long = struct.Struct(order + "L").unpack_from

    def tag(self, at: int) -> int:
        group, element = self._tag(self.data, at)
        return int(group << 16 | element)

    def head(self, at: int) -> tuple[int, str, int, int]:
        """Tag, VR, length and where the value starts."""
        group, element, raw, short = self._head(self.data, at)
        tag = group << 16 | element
        if group == 0xFFFE:
            return tag, "", self._long(self.data, at + 4)[0], at + 8
        if self.implicit:
            return tag, self.known(tag), self._long(self.data, at + 4)[0], at + 8
        vr = SPELT.get(raw)
        if vr is None:
            raise Malformed("an element has no valid value representation")
        if vr in LONG:
            return tag, vr, self._long(self.data, at + 8)[0], at + 12
        return tag, vr, short, at + 8

    def known(self, tag: int) -> str:
        if tag >> 16 & 1:
            return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
        return "UL" if not tag & 0xFFFF else self.dictionary.get(tag, "UN").lstrip("-")

    def element(self, at: int, end: int, depth: int) -> tuple[Element, int]:
        tag, vr, length, start = self.head(at)
        if tag == PIXELS and length == UNDEFINED:
            stop = self._fragments_end(start, end)
            return Element(tag, vr if vr in ("OB", "OW") else "OB", self.data[start:stop], None, True), stop + 8
        if vr == "UN" and not tag >> 16 & 1 and tag in self.dictionary:
            vr = self.known(tag)
            if (vr == "SQ" or length == UNDEFINED) and not self.implicit:
                return self._unknown(tag, start, end, length, depth)
        if vr == "SQ" or length == UNDEFINED:
            inner = self
            if vr == "UN" and not self.implicit:
                inner = Reader(self.data, self.dictionary, implicit=True, big=False)
            items, stop = inner.items(start, end if length == UNDEFINED else start + length, length, depth + 1)
            if stop > end:
                raise Malformed("a sequence ends behind what holds it")
            return Element(tag, "SQ", b"", items), stop
        if start + length > end:
            raise Malformed("a value ends behind what holds it")
        return Element(tag, vr, self.data[start : start + length]), start + length

    def _unknown(self, tag: int, start: int, end: int, length: int, depth: int) -> tuple[Element, int]:
        """A sequence written as UN is implicit little endian, whatever stands around it."""
        inner = Reader(self.data, self.dictionary, implicit=True, big=False)
        try:
            items, stop = inner.items(start, end if length == UNDEFINED else start + length, length, depth + 1)
        except (Malformed, struct.error):
            if length == UNDEFINED or start + length > end:
                raise
            # Something else under the name of a sequence; where it ends is known.
            return Element(tag, "UN", self.data[start : start + length]), start + length
        if stop > end:
            raise Malformed("a sequence ends behind what holds it")
        return Element(tag, "SQ", b"", items), stop

    def items(self, at: int, end: int, length: int, depth: int) -> tuple[tuple[Elements, ...], int]:
        if depth > DEPTH:
            raise Malformed(f"sequences are nested more than {DEPTH} deep")
        found: list[Elements] = []
        while at < end:
            tag, size = self.tag(at), self._long(self.data, at + 4)[0]
            at += 8
            if tag == SEQUENCE_END and length == UNDEFINED:
                return tuple(found), at
            if tag != ITEM:
                raise Malformed("a sequence holds something that is no item")
            stop = end if size == UNDEFINED else at + size
            if stop > end:
                raise Malformed("an item ends behind its sequence")
            elements, at = self.elements(at, stop, depth, closed=size == UNDEFINED)
            found.append(elements)
        if length == UNDEFINED:
            raise Malformed("a sequence has no end")
        return tuple(found), at

    def elements(self, at: int, end: int, depth: int, *, closed: bool) -> tuple[Elements, int]:
        """`closed`: up to an item delimiter."""
        found: list[Element] = []
        while at < end:
            if closed and self.tag(at) == ITEM_END:
                return tuple(found), at + 8
            element, at = self.element(at, end, depth)
            found.append(element)
        if closed:
            raise Malformed("an item has no end")
        return tuple(found), at

    def header(self, at: int, wanted: Collection[int]) -> Elements:
        """What is wanted before the pixels, and the last element; others of a short form are stepped over."""
        found: list[Element] = []
        data, head, short = self.data, self._head, frozenset[bytes]() if self.implicit else SHORT
        end, previous, place = len(data), -1, at
        while at + 8 <= end:
            group, number, raw, length = head(data, at)
            tag = group << 16 | number
            if tag >= PIXELS or tag <= previous:
                break
            stop = at + 8 + length
            if raw not in short or tag in wanted or stop > end:
                try:
                    element, stop = self.element(at, end, 0)
                except (Malformed, struct.error):
                    break
                if tag in wanted:
                    found.append(element)
            previous, place, at = tag, at, stop
        if previous >= 0 and previous not in wanted:
            found.append(self.element(place, end, 0)[0])
        return tuple(found)

    def _fragments_end(self, at: int, end: int) -> int:
        """Where the sequence delimiter of an encapsulated value stands."""
        while at + 8 <= end:
            tag, size = self.tag(at), self._long(self.data, at + 4)[0]
            if tag == SEQUENCE_END:
                return at
            if tag != ITEM or size == UNDEFINED:
                break
            at += 8 + size
        raise Malformed("the encapsulated pixel data has no end")


def read(data: bytes, dictionary: Mapping[int, str], *, header: Collection[int] | None = None) -> File:
    """`header`: only these attributes and, so that it is seen how far the bytes went, the last one before the pixels.

    Stops quietly where the bytes end, because only the beginning of the file was read.
    """
    try:
        return _read(data, dictionary, header)
    except (struct.error, IndexError, RecursionError, zlib.error):
        raise Malformed("the data set is cut short or damaged") from None


def _read(data: bytes, dictionary: Mapping[int, str], header: Collection[int] | None) -> File:
    preamble = data[128:132] == b"DICM"
    at = 132 if preamble else 0
    meta: list[Element] = []
    reader = Reader(data, dictionary, implicit=False, big=False)
    if data[at : at + 2] == b"\x02\x00":
        # Without a preamble the group may be written implicitly, against the standard.
        reader.implicit = data[at + 4 : at + 6].decode("latin-1") not in VRS
        while at < len(data) and reader.tag(at) >> 16 == 2:
            element, at = reader.element(at, len(data), 0)
            meta.append(element)
    named = next((text(e.value) for e in meta if e.tag == 0x00020010), "")
    if named == DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        data = inflater.decompress(data[at:], INFLATED)
        if inflater.unconsumed_tail:
            raise Malformed("the deflated data set is larger than 1 GiB")
        at = 0
    syntax = _encoding(data, at, named)
    reader = Reader(data, dictionary, implicit=syntax == IMPLICIT, big=syntax == BIG)
    if header is not None:
        return File(tuple(meta), reader.header(at, header), syntax, preamble, 0)
    elements, stop = _top(reader, at)
    return File(tuple(meta), elements, syntax, preamble, len(data) - stop)


def _encoding(data: bytes, at: int, named: str) -> str:
    """The encoding of the bytes themselves where they contradict what the file says of them."""
    if at + 8 > len(data):
        return named or EXPLICIT
    explicit = data[at + 4 : at + 6].decode("latin-1") in VRS
    big = data[at] == 0 and data[at + 1] != 0 and explicit
    if not explicit:
        return IMPLICIT
    if big:
        return BIG
    return EXPLICIT if named in ("", IMPLICIT, DEFLATED, BIG) else named


def _top(reader: Reader, at: int) -> tuple[Elements, int]:
    found: list[Element] = []
    end, last = len(reader.data), -1
    while at + 8 <= end:
        try:
            if reader.tag(at) <= last:
                raise Malformed("the elements are not in order")
            element, at = reader.element(at, end, 0)
        except (Malformed, struct.error):
            if last >= PIXELS or _is_rubbish(reader, at, last):
                break
            raise
        found.append(element)
        last = element.tag
    return tuple(found), at


def _is_rubbish(reader: Reader, at: int, last: int) -> bool:
    """Bytes behind the data set, not a damaged element of it: no VR or no tag that could follow."""
    if last < 0:
        return False
    tag = reader.tag(at)
    if reader.implicit:
        return tag <= last or tag >> 16 > 0x7FE0 or reader.known(tag) == "UN"
    return tag <= last or reader.data[at + 4 : at + 6].decode("latin-1") not in VRS


def text(value: bytes) -> str:
    """A value of the default repertoire, up to a NUL: what stands behind one is padding or contraband."""
    return value.split(b"\0", 1)[0].decode("latin-1").strip()
