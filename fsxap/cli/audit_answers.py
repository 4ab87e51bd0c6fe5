"""What a finished scan is asked besides findings, each question reading its results as they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fsxap.acl.groups import Groups
from fsxap.acl.model import Descriptor
from fsxap.cli.audit_drift import compare, extent_of
from fsxap.cli.audit_files import Waiving, baseline_extent, read_baseline
from fsxap.cli.audit_fixes import Fixes
from fsxap.cli.audit_verify import sampled, verified
from fsxap.cli.audit_views import Who, Write
from fsxap.cli.output import written
from fsxap.engine.types import Digest, Kit
from fsxap.model import Finding, Result
from fsxap.usecases.legal_compliance.overview import Overview
from fsxap.usecases.legal_compliance.summary import not_checked


@dataclass(frozen=True, slots=True)
class Questions:
    """The flags that ask."""

    emit: str
    who: str
    groups: Groups
    baseline: str
    plan: str
    waiving: Waiving | None
    verify: int

    def summarise(self, results: Iterable[Result], kit: Kit, write: Write, scratch: Path) -> Digest:
        overview = Overview()
        stream = overview.watch(results)
        with ExitStack() as open_files:
            if self.who:
                stream = Who(self.who, self.groups, write).watch(stream, kit)
            if self.plan:
                output = open_files.enter_context(written(self.plan))
                stream = Fixes(output).watch(stream, kit)
            sample: list[Descriptor] = []
            if self.verify:
                stream = sampled(stream, self.verify, sample)
            found = self._drift(stream, kit, scratch, write)
        drifted = len(found)
        if self.waiving:
            found += tuple(_written(self.waiving.unused(), write))
        data: dict[str, Any] = {
            "not_checked": not_checked(kit, imported=bool(self.groups.accounts)),
            "extent": asdict(extent_of(kit.params)),
        }
        if self.baseline:
            data["drift"] = drifted
        if self.verify:
            data["verified"] = verified(kit, sample, self.who, self.groups, write)
        return Digest(data, overview.sections(), findings=found)

    def _drift(self, results: Iterable[Result], kit: Kit, scratch: Path, write: Write) -> tuple[Finding, ...]:
        if not self.baseline:
            for _ in results:
                continue
            return ()
        then = baseline_extent(self.baseline)
        now = extent_of(kit.params)
        extents = (now,) if then is None else (now, extent_of(then))
        mounts = [volume.path for volume in kit.memo("volumes", kit.ontap.volumes)]
        drifted = compare(read_baseline(self.baseline), results, scratch, extents, mounts)
        return tuple(_written(drifted, write))


def _written(findings: Iterable[Finding], write: Write) -> Iterator[Finding]:
    for finding in findings:
        write(finding.record())
        yield finding
