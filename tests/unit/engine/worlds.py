"""A small world to run use cases in: a source held in memory, a kit without engines, runs that can be killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from fsxap.engine import execute
from fsxap.engine.budget import Budget
from fsxap.engine.cancel import Cancel
from fsxap.engine.execute import Errand, Outcome
from fsxap.engine.runs import Job
from fsxap.engine.scope import Scope
from fsxap.engine.stages import Plan
from fsxap.engine.state import DiskState
from fsxap.engine.types import Kit, UseCase
from fsxap.errors import ItemError, NotFound
from fsxap.model import Finding, Item, Record, Result


class Killed(BaseException):
    """The process dies here."""


class Quiet:
    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, number: int = 1) -> None: ...

    def note(self, message: str) -> None: ...


@dataclass
class Source:
    """Keys with versions; `broken` ones fail when processed."""

    files: dict[str, int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    location: str = "memory"

    def item(self, key: str) -> Item:
        return Item(key, 1, "2026-01-01T00:00:00Z", str(self.files[key]))

    def list(self, prefix: str = "", start_after: str = "") -> Iterator[Item]:
        for key in sorted(self.files):
            if key.startswith(prefix) and key > start_after:
                yield self.item(key)

    def head(self, key: str) -> Item:
        if key not in self.files:
            raise NotFound(key)
        return self.item(key)


class FakeKit:
    def __init__(self, source: Source, cancel: Cancel) -> None:
        self.source, self.cancel = source, cancel
        self.params: dict[str, Any] = {}
        self.progress = Quiet()
        self.run = "run"

    def used(self) -> dict[str, int]:
        return {}


@dataclass
class World:
    """Counts every success per (key, version), which is what must be exactly one."""

    root: Path
    source: Source = field(default_factory=Source)
    successes: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: bool = False
    written: int = 0

    def use_case(self, summarise: Any = None) -> UseCase:
        def process(item: Item, kit: Kit) -> Result:
            if item.key in self.source.broken:
                raise ItemError("broken", code="broken")
            found = (Finding("rule", "low", "m", item.key),) if self.findings else ()
            return Result(item, "ok", {"n": item.version}, findings=found, usage={"units": 1})

        return UseCase("case", "Case", process, summarise=summarise)

    def run(
        self,
        *,
        kill_after: int | None = None,
        digest: str = "d",
        scope: Scope | None = None,
        force: bool = False,
        only_failed: bool = False,
        cancel: Cancel | None = None,
        budget: Decimal | None = None,
        case: UseCase | None = None,
        tell: Callable[[Result], None] | None = None,
    ) -> Outcome:
        told = 0

        def heard(result: Result, _line: str) -> None:
            nonlocal told
            if kill_after is not None and told >= kill_after:
                raise Killed
            told += 1
            if tell:
                tell(result)

        scope = scope or Scope()
        state = DiskState(self.root)
        job = Job("case", "memory", digest, scope.record() | ({"force": True} if force else {}))
        plan = Plan(scope, force, only_failed)
        errand = Errand(job, plan, state, self.root, workers=2)
        self.state, self.job = state, job
        return execute.execute(
            case or self.use_case(),
            FakeKit(self.source, cancel or Cancel()),  # type: ignore[arg-type]
            execute.begin(errand),
            errand,
            lambda: scope.select(self.source.list(scope.prefix)),
            budget=Budget(budget, lambda usage: Decimal(usage.get("units", 0))),
            tell=heard,
            unchanged=self.unchanged.append,
            pay=lambda usage: {},
        )

    unchanged: list[Record] = field(default_factory=list)
