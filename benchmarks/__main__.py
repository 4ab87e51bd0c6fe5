"""`python -m benchmarks [NAME…] [OPTIONS]`: runs each module's `main()`, keeps what it measured and writes one table.

A benchmark is a module or package here whose `main()` returns a mapping with `rows`, a list of flat mappings, beside
whatever describes how they were made; one that is asked for alone is given the options, if it takes some.
Results go to benchmarks/results/NAME.json and benchmarks/results/README.md.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SERVERS = ("s3_origin", "render_overlays", "render_sequences")
"""Modules that make or serve what others measure."""
OPTIONS = ("ask", "dicom", "idp")
"""Benchmarks that take options."""


def names() -> list[str]:
    modules = [path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_")]
    found = modules + [path.parent.name for path in HERE.glob("*/__init__.py")]
    return sorted(name for name in found if name not in SERVERS)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns), *([str(row.get(name, "")) for name in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page(results: Path) -> str:
    """Every kept result as Markdown."""
    parts = ["# Benchmark results", "Ratios are between numbers of one run; CPU time is the process's own."]
    for path in sorted(results.glob("*.json")):
        kept = json.loads(path.read_text())
        about = ", ".join(f"{name} {value}" for name, value in kept.items() if name != "rows")
        parts += [f"## {path.stem}", about, table(kept["rows"])]
    return "\n\n".join(part for part in parts if part) + "\n"


def main(arguments: Sequence[str]) -> int:
    known = names()
    first = next((at for at, each in enumerate(arguments) if each.startswith("-")), len(arguments))
    asked, options = arguments[:first], arguments[first:]
    unknown = [name for name in asked if name not in known]
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    if options and (len(asked) != 1 or asked[0] not in OPTIONS):
        sys.stderr.write(f"options go to one benchmark: {', '.join(OPTIONS)}\n")
        return 2
    RESULTS.mkdir(exist_ok=True)
    for name in asked or known:
        measured = importlib.import_module(f"benchmarks.{name}").main(*([options] if options else []))
        (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=2) + "\n")
        print(f"{name}\n{table(measured['rows'])}\n")
    (RESULTS / "README.md").write_text(page(RESULTS))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
