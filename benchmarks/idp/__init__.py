"""How well documents are read and understood: `python -m benchmarks idp [--fields-only] [--folder PATH]…`.

Without folders it reads ../shared/data/idp; a folder holds documents and beside each `NAME.EXT.true.json`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import _measure

DATA = Path(__file__).parents[3] / "shared" / "data" / "idp"


def main(options: Sequence[str] = ()) -> Mapping[str, Any]:
    from benchmarks.idp import fields, forms, reading, signatures

    parser = argparse.ArgumentParser(prog="python -m benchmarks idp")
    parser.add_argument("--folder", type=Path, action="append", default=[], help="a labelled folder; repeatable")
    parser.add_argument("--fields-only", action="store_true", help="leave out reading, forms and signatures")
    chosen = parser.parse_args(options)
    rows: list[Mapping[str, Any]] = []
    if not chosen.folder and not chosen.fields_only:
        rows += [*reading.rows(DATA), *forms.rows(), *signatures.rows()]
    rows += fields.rows(DATA, tuple(chosen.folder))
    name = f"OCR: pages of receipts a minute on {os.cpu_count()} cores"
    figures = [
        _measure.figure(name, "≥ 20", row["pages_a_minute"])
        for row in rows
        if row["set"] == "receipts" and "pages_a_minute" in row
    ]
    return {"rapidocr": version("rapidocr"), "pypdfium2": version("pypdfium2"), "rows": rows, "figures": figures}
