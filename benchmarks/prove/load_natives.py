"""Runs where the code would: every native file of an unpacked zip is loaded, its packages and use case imported.

What stays zipped in it is unpacked by the code's own finder, at its first import.
"""

import ctypes
import importlib
import importlib.util
import sys
import time
import zipfile
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


def load_packed(archive: Path) -> str:
    """Absent until it is offered; then all of it lies in a folder elsewhere."""
    from fsxap.engine import packed

    with zipfile.ZipFile(archive) as opened:
        packages = [name.partition("/")[0] for name in opened.namelist() if name.endswith("/__init__.py")]
    names = sorted({name for name in packages if name.isidentifier()})
    assert names and not any(importlib.util.find_spec(name) for name in names)
    packed.offer(archive)
    (place,) = {Path(str(importlib.import_module(name).__file__)).parents[1] for name in names}
    assert place != archive.parent
    return f"from {archive.name} {load(place)}"


def start(name: str) -> None:
    from fsxap.engine import catalog, lambda_handler

    assert catalog.load(name).name == name and callable(lambda_handler.handle)


if __name__ == "__main__":
    folder, *use_cases = sys.argv[1:]
    sys.path.insert(0, folder)
    began = time.perf_counter()
    said = [load(Path(folder))]
    if (kept := Path(folder, "packed.zip")).is_file():
        said.append(load_packed(kept))
    for use_case in use_cases:
        start(use_case)
    print(f"{', '.join(said)}, {time.perf_counter() - began:.0f} s")
