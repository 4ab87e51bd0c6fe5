"""Finds use cases by scanning their folder: nothing registers, nothing names them."""

from __future__ import annotations

import difflib
import importlib
import pkgutil

import fsxap.usecases
from fsxap.engine.types import UseCase
from fsxap.errors import UsageError


def names() -> list[str]:
    """Names of all use cases, without importing one."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(fsxap.usecases.__path__))


def load(name: str) -> UseCase:
    """A use case by name."""
    found: UseCase = importlib.import_module(f"fsxap.usecases.{name.replace('-', '_')}").USE_CASE
    return found


def find(name: str) -> UseCase:
    """A use case by name or alias; an unknown one is a usage error that lists the known."""
    wanted, known = name.lower(), names()
    if wanted in known:
        return load(wanted)
    cases = [load(each) for each in known]
    for case in cases:
        if wanted in case.aliases:
            return case
    every = [*known, *(alias for case in cases for alias in case.aliases)]
    close = difflib.get_close_matches(wanted, every, 1)
    guess = f"did you mean {close[0]}? " if close else ""
    raise UsageError(f"unknown use case {name!r}", hint=f"{guess}there are: {', '.join(known)}")
