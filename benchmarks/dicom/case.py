"""Owns what an examined file is: its bytes, and the identifiers that were planted into it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from pydicom.errors import BytesLengthException, InvalidDicomError

TEXT, DATE, TIME, UID, BYTES, AGE, WHOLE = "text", "date", "time", "uid", "bytes", "age", "whole"
"""Forms a planted identifier is searched in. WHOLE: not by its parts, which are everyday words."""

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom raises on files that are damaged, or that it cannot write back."""


@dataclass(frozen=True, slots=True)
class Plant:
    """An identifier that no output may hold. `token` is its spelling; of BYTES, their hexadecimal digits."""

    kind: str
    where: str
    token: str
    form: str = TEXT


@dataclass(frozen=True, slots=True)
class Case:
    """One file. `origin` says what was made of what: an IOD, or a public file's name."""

    name: str
    body: bytes = field(repr=False)
    plants: tuple[Plant, ...]
    origin: str
