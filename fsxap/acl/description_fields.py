"""Reading one field of a description: each function checks a value's shape and names the place of a mistake."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

from fsxap.acl import rights

Word = TypeVar("Word", bound=str)

_GENERIC = {
    "generic_all": rights.GENERIC_ALL,
    "generic_execute": rights.GENERIC_EXECUTE,
    "generic_write": rights.GENERIC_WRITE,
    "generic_read": rights.GENERIC_READ,
}


def mistake(where: str, problem: str) -> ValueError:
    return ValueError(f"{where}: {problem}")


def shown(value: Any) -> str:
    """A value for a message. Lists and mappings are only named: aliases can make a short text stand for a huge one."""
    if isinstance(value, Mapping | list | tuple | set):
        return type(value).__name__
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def section(value: Any, where: str, allowed: Collection[str], required: Collection[str] = ()) -> Mapping[str, Any]:
    """A mapping with known keys only."""
    found = mapping(value, where)
    for key in found:
        if key not in allowed:
            raise mistake(where, f"unknown key {shown(key)}; known: {', '.join(sorted(allowed))}")
    for key in required:
        if key not in found:
            raise mistake(where, f"{key} is missing")
    return found


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """A mapping with text keys; nothing at all is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise mistake(where, f"a mapping is expected, not {type(value).__name__}")
    for key in value:
        if not isinstance(key, str):
            raise mistake(where, f"the key {shown(key)} must be text: quote it")
    return value


def items(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """The elements of a list, each with its place."""
    if value is None:
        return
    if not isinstance(value, list | tuple):
        raise mistake(where, f"a list is expected, not {type(value).__name__}")
    for index, element in enumerate(value):
        yield f"{where}[{index}]", element


def text(value: Any, where: str, default: str = "") -> str:
    if value is None:
        return default
    if not isinstance(value, str):
        raise mistake(where, f"text is expected, not {shown(value)}: quote it")
    return value


def name(value: Any, where: str) -> str:
    """Text that must say something."""
    found = text(value, where)
    if not found.strip():
        raise mistake(where, "a name is expected")
    return found


def texts(value: Any, where: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    if value is None:
        return default
    return tuple(name(element, place) for place, element in items(value, where))


def flag(value: Any, where: str, default: bool) -> bool:
    if value is None:
        return default
    if not isinstance(value, bool):
        raise mistake(where, f"true or false is expected, not {shown(value)}")
    return value


def number(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise mistake(where, f"a whole number is expected, not {shown(value)}")
    return value


def choice(value: Any, where: str, words: tuple[Word, ...], default: Word | None = None) -> Word:
    """One of the words; without a default it must be said."""
    if value is None and default is not None:
        return default
    if value not in words:
        raise mistake(where, f"{shown(value)} is not one of {', '.join(words)}")
    return cast("Word", value)


def mode(value: Any, where: str) -> int | None:
    """Octal digits as text. YAML reads a bare 0755 as 493, so a number cannot be trusted."""
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch("[0-7]{1,4}", value):
        raise mistake(where, f'{shown(value)} is not a mode: write octal digits in quotes, like "1777"')
    return int(value, 8)


def mask(value: Any, where: str) -> int:
    """A level, a list of right names, a generic right or a hexadecimal mask."""
    if isinstance(value, str) and value in _GENERIC:
        return _GENERIC[value]
    if isinstance(value, str) and value in rights.COMPOSITES:
        return rights.COMPOSITES[value]
    if isinstance(value, str) and re.fullmatch("0[xX][0-9a-fA-F]{1,8}", value):
        return int(value, 16)
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        try:
            return rights.mask_of(value)
        except ValueError as error:
            raise mistake(where, str(error)) from None
    levels = ", ".join((*rights.COMPOSITES, *_GENERIC))
    raise mistake(where, f'{shown(value)} is neither a level ({levels}), a list of rights nor a mask like "0x1200a9"')


def namespace(value: Any, where: str) -> str:
    """An absolute path in the SVM's namespace; empty when not mounted."""
    found = text(value, where)
    if found and (not found.startswith("/") or (found != "/" and _is_odd(found[1:]))):
        raise mistake(where, f"{shown(found)} is not an absolute path like /vol1/projects")
    return found


def relative(value: str, where: str) -> str:
    """A path below the volume's root; `.` is the root itself, which is the empty path from here on."""
    if value == ".":
        return ""
    if _is_odd(value):
        raise mistake(where, f"{shown(value)} is not a relative path like projects/2026")
    return value


def _is_odd(path: str) -> bool:
    return "\0" in path or any(part in ("", ".", "..") for part in path.split("/"))


def identity(value: Any, where: str, *parts: str) -> str:
    """A UUID, or one that follows from the names when none is given."""
    if value is None:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("ontap", *parts))))
    try:
        return str(uuid.UUID(text(value, where)))
    except ValueError:
        raise mistake(where, f"{shown(value)} is not a UUID") from None
