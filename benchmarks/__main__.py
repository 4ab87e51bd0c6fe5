"""`python -m benchmarks [NAME…] [--quick] [OPTIONS]`: runs each module's `main()` and keeps what it measured.

A benchmark is a module or package here whose `main()` returns a mapping with `rows`, a list of flat mappings, and
perhaps `figures`, those that have a goal, beside whatever describes how they were made; one that is asked for alone is
given the options, if it takes some. Results go to benchmarks/results/NAME.json, from which `make docs` makes the
tables and charts of docs/benchmarks.md. `--quick` shows that everything runs: small inputs, and nothing is kept.
"""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import _measure, _page

HERE = Path(__file__).parent
SERVERS = ("s3_origin", "render_overlays", "render_sequences", "ontap_replay")
OTHERS = (*SERVERS, "advisories", "wheel_bill", "hostile", "prove")
"""Beside modules that make or serve what others measure: checks of the release, and what writes a page of its own."""
OPTIONS = ("ask", "dicom", "idp")
"""Benchmarks that take options."""


def names() -> list[str]:
    modules = [path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_")]
    found = modules + [path.parent.name for path in HERE.glob("*/__init__.py")]
    return sorted(name for name in found if name not in OTHERS)


def main(arguments: Sequence[str]) -> int:
    known, quick = names(), "--quick" in arguments
    arguments = [each for each in arguments if each != "--quick"]
    first = next((at for at, each in enumerate(arguments) if each.startswith("-")), len(arguments))
    asked, options = arguments[:first], arguments[first:]
    unknown = [name for name in asked if name not in known]
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    if options and (len(asked) != 1 or asked[0] not in OPTIONS):
        sys.stderr.write(f"options go to one benchmark: {', '.join(OPTIONS)}\n")
        return 2
    _page.RESULTS.mkdir(exist_ok=True)
    chosen = asked or known
    if len(chosen) > 1:
        # A process counts its parent's memory as its own peak, so what one benchmark imported would be in the next.
        command, flags = [sys.executable, "-m", "benchmarks"], ["--quick"] if quick else []
        return max([subprocess.run([*command, name, *flags], check=False).returncode for name in chosen])
    (name,) = chosen
    measure = importlib.import_module(f"benchmarks.{name}").main
    sizes = {"quick": quick} if "quick" in inspect.signature(measure).parameters else {}
    conditions = _measure.conditions()
    measured = conditions | measure(*([options] if options else []), **sizes)
    if options:
        measured["options"] = options
    if not quick:
        (_page.RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")
    print(f"{name}\n\n{_page.table(measured.get('figures', ()))}\n\n{_page.table(measured['rows'])}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
