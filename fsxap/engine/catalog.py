"""Finds use cases by scanning their folder: nothing registers, nothing names them."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import TypeVar

import fsxap.usecases
from fsxap.engine.types import Pattern, UseCase
from fsxap.errors import UsageError

T = TypeVar("T", bound=UseCase | Pattern)


def names() -> list[str]:
    """Names of all use cases, without importing one."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(fsxap.usecases.__path__))


def load(name: str) -> UseCase:
    """A use case by name."""
    found: UseCase = importlib.import_module(f"fsxap.usecases.{name.replace('-', '_')}").USE_CASE
    return found


def find(name: str) -> UseCase:
    """A use case by name or alias; an unknown one is a usage error that lists the known."""
    return choose(name, names(), load, "use case")


def choose(name: str, known: Sequence[str], load: Callable[[str], T], kind: str) -> T:
    """One of the known by name or alias."""
    wanted = name.lower()
    if wanted in known:
        return load(wanted)
    cases = [load(each) for each in known]
    for case in cases:
        if wanted in case.aliases:
            return case
    every = [*known, *(alias for case in cases for alias in case.aliases)]
    close = difflib.get_close_matches(wanted, every, 1)
    guess = f"did you mean {close[0]}? " if close else ""
    raise UsageError(f"unknown {kind} {name!r}", hint=f"{guess}there are: {', '.join(known)}")
