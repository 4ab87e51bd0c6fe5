"""Plain values out of YAML that somebody wrote: nothing is built, and no key is lost because it is there twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

DEEPEST = 16
MOST = 200_000
"""Values, counting what an alias stands for each time: a few lines of aliases to aliases stand for billions."""


def plain(text: str | bytes) -> Any:
    """ValueError says where it is wrong. A key written twice is: one of the two would be lost silently."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    def mapping(loader: Any, node: Any) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _value in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise ValueError(f"line {key.start_mark.line + 1}: {key.value!r} is there twice")
            if isinstance(key.value, str):
                seen.add(key.value)
        loader.flatten_mapping(node)
        found: dict[Hashable, Any] = loader.construct_mapping(node, deep=True)
        return found

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    try:
        _check(yaml.parse(text, Loader))
        return yaml.load(text, Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _check(events: Iterable[Any]) -> None:
    """libyaml's composer recurses on the C stack, so a deep document would end the process."""
    from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

    sizes: dict[str, int] = {}
    open_ones: list[tuple[str | None, int]] = [(None, 0)]
    for event in events:
        if isinstance(event, CollectionStartEvent):
            open_ones.append((event.anchor, 1))
            if len(open_ones) > DEEPEST + 1:
                raise ValueError(f"line {_line(event)}: nested more than {DEEPEST} levels deep")
            continue
        if isinstance(event, CollectionEndEvent):
            anchor, size = open_ones.pop()
        elif isinstance(event, AliasEvent):
            anchor, size = None, sizes.get(event.anchor or "", 1)
        elif isinstance(event, ScalarEvent):
            anchor, size = event.anchor, 1
        else:
            continue
        if anchor:
            sizes[anchor] = size
        outer, so_far = open_ones[-1]
        if so_far + size > MOST:
            raise ValueError(f"line {_line(event)}: more than {MOST} values, aliases written out")
        open_ones[-1] = (outer, so_far + size)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
