"""The text of a fsxap.yaml: every setting with its meaning, given ones set, the others commented out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from fsxap.cli.terminal import visible
from fsxap.engine.settings import TABLE

if TYPE_CHECKING:
    from fsxap.providers.aws.inventory import Found

KINDS = {"access-point": "source", "file-system": "ontap", "svm": "svm", "volume": "volume"}
"""What is found → the setting that names it."""

_HEAD = """\
# Settings of fsxap for this folder and those below it. A flag or an environment variable goes before them;
# fsxap discover --show-settings prints each with its origin.
# No secret belongs here: ontap_secret says where the password is (Secrets Manager name or ARN, env:NAME, file:PATH).
"""
_PARAMS = """
# Parameters of use cases, as fsxap run-uc USE_CASE --explain lists them:
"""
_EXAMPLE = """\
# params:
#   legal-compliance:
#     files: true
"""
_TAIL = """
# An engine for one capability:
# engine:
#   sql: local
"""


def render(
    values: Mapping[str, object],
    found: Iterable[Found] = (),
    own: Mapping[str, Mapping[str, object]] | None = None,
    stack: Mapping[str, object] | None = None,
) -> str:
    """`values` by setting, `own` by use case and parameter; what was `found` stands as comments beside the setting that
    could name it, and parameters of a `stack` as comments at the end."""
    params = f"params: {_yaml(own)}\n" if own else _EXAMPLE
    text = _HEAD + "\n".join(_lines(values, list(found))) + "\n" + _PARAMS + params + _TAIL
    return text + "\n".join(_stack(stack)) + "\n" if stack else text


def _stack(parameters: Mapping[str, object]) -> Iterator[str]:
    yield "\n# What only a deployment needs of that stack; fsxap deploy USE_CASE --params FILE takes it from a file"
    for name, value in sorted(parameters.items()):
        yield f"#   {visible(name)}: {visible(_yaml(value))}"


def _lines(values: Mapping[str, object], found: list[Found]) -> Iterator[str]:
    for setting in TABLE:
        yield f"\n# {setting.help[0].upper()}{setting.help[1:]}."
        for each in found:
            if KINDS[each.kind] == setting.name and each.value:
                # Names and tags are anybody's text; a line break in one would be a line of settings.
                yield f"#   {visible(each.value)}  ({visible(each.id)}: {visible(each.about)})"
        given = values.get(setting.name)
        if given is not None:
            yield f"{setting.name}: {_yaml(given)}"
        else:
            yield f"# {setting.name}: {_yaml(setting.default) if setting.default is not None else ''}".rstrip()


def _yaml(value: object) -> str:
    # JSON is YAML, and its quotes keep what looks like a number, a date or an alias a text.
    return json.dumps(value, ensure_ascii=False)
