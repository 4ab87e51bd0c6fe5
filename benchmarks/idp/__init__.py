"""How well documents are read and understood: `python -m benchmarks idp [--fields-only] [--folder PATH]…`.

Without folders it reads ../shared/data/idp; a folder holds documents and beside each `NAME.EXT.true.json`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

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
    return {"rapidocr": version("rapidocr"), "pypdfium2": version("pypdfium2"), "rows": rows}
