"""HTML elements as values: everything is escaped unless it is Markup already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as _escape

from fsxap.reports.text import visible

VOID = frozenset({"img", "input", "meta"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ENDS = re.compile(r"</|<!--", re.ASCII)


class Markup(str):
    """Safe HTML. Joined to a plain string it becomes a plain string again, so a slip is escaped, not trusted."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """Text for content and quoted attributes, invisible characters spelled out. Markup passes, None is nothing."""
    if isinstance(value, Markup):
        return value
    return Markup("" if value is None else _escape(visible(str(value)), quote=True))


def join(parts: Iterable[object]) -> Markup:
    return Markup("".join(map(escape, parts)))


def tag(element: str, /, *content: object, **attributes: object) -> Markup:
    """One element. `class_` is class, `aria_label` aria-label; None and False leave an attribute out.

    Style attributes and event attributes are refused: the page's policy would ignore them.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if element in VOID:
        return Markup(f"<{element}{written}>")
    return Markup(f"<{element}{written}>{join(content)}</{element}>")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if name == "style" or name.startswith("on") or not _NAME.fullmatch(name):
        raise ValueError(f"attribute {name} has no place in a report")
    if value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def inline(name: str, text: str) -> Markup:
    """A style or script element. Its text is not escaped by HTML's rules, so nothing in it may end it."""
    if _ENDS.search(text):
        raise ValueError(f"an asset for <{name}> holds </ or <!--")
    return Markup(f"<{name}>{text}</{name}>")
