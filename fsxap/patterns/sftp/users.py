"""Reads the file that says who may come in by SFTP, with which keys, and to which folder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsxap import yamltext
from fsxap.errors import ConfigurationError, UsageError

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_@.-]{2,99}")
"""Of Transfer Family's own service-managed users."""
FOLDER = re.compile(r"(?![ ])[\x20-\x7e\xa1-\xff]+(?<![ ])")
"""The letters that an IAM policy may hold."""
UNFIT = frozenset('\\:*?"<>|${}')
"""Wildcards and variables of IAM, and what Windows clients of the volume cannot name."""
FIELDS = ("name", "home", "keys", "access")
ACCESS = ("read-write", "read")
LONGEST_NAME, LONGEST_HOME, LONGEST_KEY = 255, 700, 2048
"""Bytes of a name in a folder; of a home, which leaves room for a prefix and a file in 1,024; letters of a key."""
MOST_KEYS = 10
LARGEST_FILE = 2**20
HINT = "docs/patterns/sftp.md shows the format"


@dataclass(frozen=True, slots=True)
class User:
    """`home` is a path with no slash at its ends; `keys` are public keys in OpenSSH's form, without comments."""

    name: str
    home: str
    keys: tuple[str, ...]
    writes: bool = True


def read(file: str) -> tuple[User, ...]:
    """All users of a file, in its order; UsageError says what of which user is wrong."""
    try:
        with Path(file).open("rb") as stream:
            text = stream.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise ValueError("longer than 1 MiB")
        content = yamltext.plain(text)
    except OSError as error:
        raise ConfigurationError(f"cannot read users from {file}: {error.strerror}", hint=HINT) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is no file of users: {error}", hint=HINT) from error
    rows = content.get("users") if isinstance(content, dict) and set(content) == {"users"} else None
    if not isinstance(rows, list) or not rows:
        raise UsageError(f"{file} holds no list under `users:`, or something beside it", hint=HINT)
    users = tuple(_user(row, f"{file}: user {number}") for number, row in enumerate(rows, 1))
    names = [user.name for user in users]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{file}: user {twice[0]} is there twice", hint="one entry, with all keys")
    return users


def _user(row: Any, where: str) -> User:
    if not isinstance(row, Mapping):
        raise UsageError(f"{where} is not a mapping", hint=HINT)
    for field in row:
        if field not in FIELDS:
            close = difflib.get_close_matches(str(field), FIELDS, 1)
            raise UsageError(
                f"{where} has an unknown field {field!r}", hint=f"did you mean {close[0]}?" if close else HINT
            )
    name = row.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise UsageError(f"{where}: name {name!r} cannot be used", hint="3 to 100 letters, digits and . _ - @")
    where = f"{where} ({name})"
    access = row.get("access", ACCESS[0])
    if access not in ACCESS:
        raise UsageError(f"{where}: access {access!r} is not one of {', '.join(ACCESS)}")
    keys = row.get("keys")
    if not isinstance(keys, list) or not keys or len(keys) > MOST_KEYS:
        raise UsageError(f"{where}: `keys` must be a list of 1 to {MOST_KEYS} public keys", hint=HINT)
    known = tuple(_key(text, f"{where}: key {number}") for number, text in enumerate(keys, 1))
    if len(set(known)) < len(known):
        raise UsageError(f"{where}: the same key is there twice")
    return User(name, _home(row.get("home"), where), known, access == "read-write")


def _home(value: Any, where: str) -> str:
    """A folder below the access point; the whole of it is nobody's home."""
    text = value.removesuffix("/") if isinstance(value, str) else ""
    if not text:
        raise UsageError(f"{where}: `home` must name a folder", hint="for example partners/acme")
    if len(text.encode()) > LONGEST_HOME:
        raise UsageError(f"{where}: home is longer than {LONGEST_HOME} bytes")
    for part in text.split("/"):
        if part in ("", ".", "..") or part.endswith("."):
            raise UsageError(f"{where}: home {value!r} is no plain path", hint="no slash before it, no //, . or ..")
        if UNFIT & set(part) or not FOLDER.fullmatch(part) or len(part.encode()) > LONGEST_NAME:
            raise UsageError(
                f"{where}: home {value!r} holds what policies cannot say exactly",
                hint=f"Latin-1 letters, none of {' '.join(sorted(UNFIT))}, no blanks around a name",
            )
    return text


def _key(text: Any, where: str) -> str:
    """The key as the library writes it again: no comment, no options, one line. Its text is not repeated in errors."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    hint = "a line of a .pub file: ssh-ed25519, ecdsa-sha2-nistp256, -384 or -521, or ssh-rsa of 2048 to 4096 bits"
    if not isinstance(text, str) or len(text) > LONGEST_KEY or "\n" in text.strip():
        raise UsageError(f"{where} is not one line of at most {LONGEST_KEY} letters", hint=hint)
    # DSA keys are warned of when they are read; they are not read.
    if text.split(maxsplit=1)[:1] == ["ssh-dss"]:
        raise UsageError(f"{where} is a DSA key", hint=hint)
    try:
        key = serialization.load_ssh_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{where} is not a public key in OpenSSH's form", hint=hint) from None
    fit = isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey)
    if not fit and not (isinstance(key, RSAPublicKey) and 2048 <= key.key_size <= 4096):
        raise UsageError(f"{where} is of a kind or size that is not taken", hint=hint)
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
