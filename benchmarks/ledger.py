"""What it costs to see that nothing has changed: a listing joined with the ledger of what was done."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import _measure

MAKE = """
import sys
from fsxap.engine.ledger import encode
from fsxap.model import Item, Result
with open(sys.argv[1], "wb") as ledger:
    for index in range(int(sys.argv[2])):
        key = f"imaging/site-{index // 50000:03d}/IM-{index:08d}.dcm"
        item = Item(key, 532480, "2026-01-05T08:30:00Z", f"{index:032x}")
        ledger.write(encode(Result(item, "ok", {"class": "image", "modality": "CT"}), "0123456789abcdef") + b"\\n")
"""
JOIN = """
import sys
from fsxap.engine.ledger import join, rows
from fsxap.model import Item
def listing(number):
    for index in range(number):
        key = f"imaging/site-{index // 50000:03d}/IM-{index:08d}.dcm"
        yield Item(key, 532480, "2026-01-05T08:30:00Z", f"{index:032x}")
same, number = 0, int(sys.argv[2])
with open(sys.argv[1], "rb") as ledger:
    lines = (line.rstrip(b"\\n") for line in ledger)
    for kind, _item, _row in join(listing(number), rows(lines), "0123456789abcdef", lambda row: False):
        same += kind == "same"
assert same == number, same
"""


def joined(number: int, folder: Path, turns: int = 1) -> list[_measure.Run]:
    """A process that joins so many unchanged items with their ledger."""
    path = folder / f"ledger-{number}"
    if not path.exists():
        _measure.run((sys.executable, "-c", MAKE, path, str(number)))
    job = partial(_measure.run, (sys.executable, "-c", JOIN, path, str(number)))
    return _measure.by_turns({"join": job}, turns)["join"]


def main(*, quick: bool = False) -> dict[str, Any]:
    sizes = (10_000, 100_000) if quick else (10_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        taken = {number: _measure.best(joined(number, Path(name), turns=3)) for number in sizes}
    rows = [
        {"unchanged": number, "cpu_s": round(run.cpu, 2), "peak_mb": round(run.peak_mb)}
        for number, run in taken.items()
    ]
    small, large = taken.values()
    name = f"ledger: {sizes[-1]:,} unchanged keys"
    figures = [
        _measure.figure(f"{name}: CPU of the join", "≤ 6", large.cpu, "s"),
        _measure.figure(f"{name}: peak memory against {sizes[0]:,}", "≤ 1.1", large.peak_mb / small.peak_mb),
    ]
    return {"rows": rows, "figures": figures}
