"""-P NAME=VALUE: parameters of a use case, from text to typed values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from fsxap.engine.types import Param, Pattern, UseCase
from fsxap.errors import UsageError


def parse(use_case: UseCase | Pattern, given: Iterable[str], configured: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with its value: flags over the settings file's `params:` over defaults."""
    texts = {str(name).replace("-", "_"): str(value) for name, value in configured.items()}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-P takes NAME=VALUE, not {pair!r}")
        texts[name.strip().replace("-", "_")] = value
    known = {param.name: param for param in use_case.params}
    for name in texts:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            listed = f"run-uc {use_case.name} --explain lists its parameters" if isinstance(use_case, UseCase) else ""
            hint = f"did you mean {close[0]}?" if close else listed
            raise UsageError(f"{use_case.name} has no parameter {name!r}", hint=hint)
    return {name: _value(param, texts[name]) if name in texts else param.default for name, param in known.items()}


def _value(param: Param, text: str) -> Any:
    if param.choices and text not in param.choices:
        raise UsageError(f"parameter {param.name} must be one of {', '.join(param.choices)}, not {text!r}")
    try:
        return param.parse(text)
    except ValueError as error:
        raise UsageError(f"parameter {param.name}: {error}") from None


def parse_engines(pairs: list[str]) -> dict[str, str]:
    """--engine CAPABILITY=NAME, repeated."""
    chosen: dict[str, str] = {}
    for pair in pairs:
        capability, equals, name = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--engine takes CAPABILITY=NAME, not {pair!r}", hint="for example --engine sql=aws")
        chosen[capability.strip()] = name.strip()
    return chosen
