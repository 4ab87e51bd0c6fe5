"""Finds what can be deployed: use cases, and patterns by scanning their folder as the catalogue does with use cases."""

from __future__ import annotations

import importlib
import pkgutil

import fsxap.patterns
from fsxap import regions
from fsxap.engine import catalog
from fsxap.engine.types import Pattern, UseCase

Target = UseCase | Pattern


def pattern_names() -> list[str]:
    """Names of all patterns, without importing one."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(fsxap.patterns.__path__))


def names() -> list[str]:
    return sorted((*catalog.names(), *pattern_names()))


def load(name: str) -> Target:
    if name not in pattern_names():
        return catalog.load(name)
    found: Pattern = importlib.import_module(f"fsxap.patterns.{name.replace('-', '_')}").PATTERN
    return found


def find(name: str) -> Target:
    """A use case or pattern by name or alias; an unknown one is a usage error that lists the known."""
    return catalog.choose(name, names(), load, "use case or pattern")


def services(target: Target | None) -> list[str]:
    """What AWS must have in the region for it, by the names of regions.json."""
    if isinstance(target, Pattern):
        return sorted(target.services)
    return regions.services_of(target.engines if target else ())
