"""Runs in an emulated processor: every native file of an unpacked zip is loaded, its packages and use case imported."""

import ctypes
import importlib
import sys
import time
from pathlib import Path

OTHERS = {"fsxap", "adbc_driver_duckdb"}
"""The use case, which comes last, and a driver in DuckDB's wheel whose other half is not wanted."""


def load(task: Path) -> str:
    natives = sorted(path for path in task.rglob("*") if ".so" in path.suffixes)
    packages = {path.parent.name for path in task.glob("*/__init__.py")} - OTHERS
    for name in sorted(packages | {path.name.partition(".")[0] for path in natives if path.parent == task}):
        importlib.import_module(name)
    for path in natives:
        # All symbols at once, as no import asks for.
        ctypes.CDLL(str(path))
    return f"{len(natives)} native files, {len(packages)} packages"


def start(name: str) -> None:
    from fsxap.engine import catalog, lambda_handler

    assert catalog.load(name).name == name and callable(lambda_handler.handle)


if __name__ == "__main__":
    folder, *use_cases = sys.argv[1:]
    sys.path.insert(0, folder)
    began = time.perf_counter()
    said = load(Path(folder))
    for use_case in use_cases:
        start(use_case)
    print(f"{said}, {time.perf_counter() - began:.0f} s")
