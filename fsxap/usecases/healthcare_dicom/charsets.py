"""Owns the character sets of DICOM text (PS3.3 C.12.1.1.2): bytes to text and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

CODECS = {
    "": "latin-1",
    "ISO_IR 6": "latin-1",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859_11",
    "ISO_IR 192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
TERMS = CODECS.keys() | {"ISO_IR 87", "ISO_IR 159", "ISO_IR 149", "ISO_IR 58"}
"""What (0008,0005) may say: also sets that are reached by escape sequences alone."""
ESCAPES = {
    b"(B": ("latin-1", b""),
    b"-A": ("latin-1", b""),
    b"-B": ("iso8859_2", b""),
    b"-C": ("iso8859_3", b""),
    b"-D": ("iso8859_4", b""),
    b"-L": ("iso8859_5", b""),
    b"-G": ("iso8859_6", b""),
    b"-F": ("iso8859_7", b""),
    b"-H": ("iso8859_8", b""),
    b"-M": ("iso8859_9", b""),
    b"-b": ("iso8859_15", b""),
    b"-T": ("iso8859_11", b""),
    b")I": ("shift_jis", b""),
    b"(J": ("shift_jis", b""),
    b"$B": ("iso2022_jp", b"\x1b$B"),
    b"$(D": ("iso2022_jp_2", b"\x1b$(D"),
    b"$)C": ("euc_kr", b""),
    b"$)A": ("gb2312", b""),
}
"""Escape sequence → codec, and what that codec wants before the bytes."""
ESCAPE = re.compile(rb"\x1b(\$\([A-Z]|\$\)[A-Z]|\$[A-Z]|[(\-)][A-Za-z])")
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "shift_jis", "iso2022_jp", "euc_jp", "euc_kr", "gb18030")
"""What an identifier may be written in where nobody says how."""


def terms(value: bytes) -> tuple[str, ...]:
    """The values of (0008,0005), with the spellings in use put right."""
    found = value.decode("latin-1").strip(" \0").split("\\")
    return tuple(term.strip().upper().replace("ISO 2022 IR", "ISO_IR").replace("ISO-IR", "ISO_IR") for term in found)


def decode(value: bytes, charset: Sequence[str]) -> str:
    """Text of a value; bytes that fit no character become U+FFFD, so that nothing is lost without a trace."""
    codec = CODECS.get(charset[0] if charset else "", "latin-1")
    if value.isascii() and b"\x1b" not in value and codec != "shift_jis":
        return value.decode("ascii")
    parts = ESCAPE.split(value)
    text = [parts[0].decode(codec, "replace")]
    for escape, body in zip(parts[1::2], parts[2::2], strict=True):
        name, prefix = ESCAPES.get(escape, ("latin-1", b""))
        text.append((prefix + body).decode(name, "replace"))
    return "".join(text)


def encode(text: str, charset: Sequence[str]) -> bytes | None:
    """Bytes of text that was decoded from this character set; None where it takes escape sequences to say it."""
    if text.isascii():
        return text.encode()
    if len(charset) > 1:
        return None
    try:
        return text.encode(CODECS.get(charset[0] if charset else "", "latin-1"))
    except UnicodeEncodeError:
        return None


def spellings(text: str) -> set[bytes]:
    """A text in every encoding it may stand in; ASCII letters in lower case, others in both."""
    if text.isascii():
        # The wide one without its last zero stands in both byte orders.
        return {text.lower().encode(), text.lower().encode("utf-16-le")[:-1]}
    made = set()
    for spelt in {text.lower(), text.upper()}:
        for name in ENCODINGS:
            try:
                made.add(spelt.encode(name).lower())
            except UnicodeEncodeError:
                continue
    return made
