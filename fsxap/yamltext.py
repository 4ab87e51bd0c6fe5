"""Plain values out of YAML that somebody wrote: nothing is built, and no key is lost because it is there twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

DEEPEST = 16


def plain(text: bytes) -> Any:
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
        _check_depth(yaml.parse(text, Loader))
        return yaml.load(text, Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _check_depth(events: Iterable[Any]) -> None:
    """libyaml's composer recurses on the C stack, so a deep document would end the process."""
    from yaml.events import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"line {event.start_mark.line + 1}: nested more than {DEEPEST} levels deep")
