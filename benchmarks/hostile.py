"""Gives every hostile file to every use case that reads such names, and writes what each cost: docs/hostile.md.

`python -m benchmarks.hostile`
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fsxap.cli.progress import Silent
from fsxap.engine import catalog, driver, params, settings
from fsxap.engine.cancel import Cancel
from fsxap.engine.kit import Kit
from fsxap.engine.locations import parse
from fsxap.engine.types import UseCase
from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from tests.hostile.bodies import MADE

PAGE = Path(__file__).parents[1] / "docs" / "hostile.md"
BEGIN, END = "<!-- table -->\n", "<!-- /table -->\n"
KINDS = {
    "healthcare-dicom": {"dicom", "pdf"},
    "idp": {"pdf", "tiff", "png", "jpeg", "xml", "other"},
    "manufacturing-analytics": {"csv", "tiff", "png", "jpeg", "other"},
    "media-vfx": {"exr", "dpx", "tga", "tiff", "png", "jpeg", "other"},
}
"""Folders of files that a use case is given."""
WARM = {
    "healthcare-dicom": "dicom/bent.dcm",
    "idp": "png/cut-short.png",
    "manufacturing-analytics": "csv/nul.csv",
    "media-vfx": "exr/noise.exr",
}
ASKED = {"healthcare-dicom": ("clean=pixels",), "manufacturing-analytics": ("golden=",)}


@dataclass(frozen=True, slots=True)
class Cost:
    use_case: str
    name: str
    outcome: str
    seconds: float
    megabytes: int
    """More than the process held before the file was read."""


def measured(only: set[str]) -> Iterator[Cost]:
    """One process, in which engines are loaded by a first file that is nobody's fault."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        source = FolderStore(place / "source")
        for case in map(catalog.load, catalog.names()):
            kinds = KINDS.get(case.name)
            if kinds is None or (only and case.name not in only):
                continue
            kit = _kit(case, place)
            given = [name for name in MADE if name.split("/")[0] in kinds and case.match(Item(name))]
            for turn, name in enumerate([WARM[case.name], *given]):
                source.put(name, MADE[name]())
                _forget_peak()
                before, begun = _memory("VmRSS"), time.perf_counter()
                outcome = _outcome(case, name, kit, source)
                seconds, more = time.perf_counter() - begun, _memory("VmHWM") - before
                source.delete(name)
                if turn:
                    yield Cost(case.name, name, outcome, seconds, max(0, more >> 10))
            kit.close()


def _kit(case: UseCase, place: Path) -> Kit:
    return Kit(
        case,
        settings.resolve({}, {}, []),
        params.parse(case, ASKED.get(case.name, ()), {}),
        run="hostile",
        source=parse(str(place / "source")),
        to=parse(str(place / "to")),
        cancel=Cancel(),
        progress=Silent(),
        scratch=place,
        keys=place / "keys",
    )


def _outcome(case: UseCase, name: str, kit: Kit, source: FolderStore) -> str:
    found = case.discover(kit) if case.discover else iter([source.head(name)])
    result = driver.attempt(case, next(each for each in found if isinstance(each, Item)), kit)
    why = result.error.code if result.error else result.data.get("code") or result.data.get("reason") or ""
    return f"{result.status} {' '.join(str(why).split())[:60]}".strip()


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    """kB of this process."""
    found = re.search(rf"^{name}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def table(costs: list[Cost]) -> str:
    lines = ["| file | use case | outcome | seconds | MB more |", "| --- | --- | --- | --: | --: |"]
    for each in sorted(costs, key=lambda cost: (cost.name, cost.use_case)):
        outcome = each.outcome.replace("|", "\\|")
        lines.append(f"| {each.name} | {each.use_case} | {outcome} | {each.seconds:.2f} | {each.megabytes} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    costs = []
    for cost in measured(set(sys.argv[1:])):
        costs.append(cost)
        print(f"{cost.use_case:24} {cost.name:32} {cost.outcome:50} {cost.seconds:7.2f} s {cost.megabytes:5} MB")
    if len(sys.argv) == 1:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}{table(costs)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
