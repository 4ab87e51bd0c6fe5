"""Zips of use cases as the program writes them: twice the same bytes, and unpacked as Lambda has them."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path

from benchmarks.prove.tools import BUILD, run
from benchmarks.prove.verdicts import Verdict
from fsxap.engine.packed import ARCHIVE


def rendered(name: str, architecture: str, attempt: str = "first", **environ: str) -> tuple[Path | None, Verdict]:
    """The folder that `fsxap deploy --render` wrote. Without an index nothing can be said; all else is a fault."""
    folder = BUILD / "rendered" / f"{name}-{architecture}-{attempt}"
    shutil.rmtree(folder, ignore_errors=True)
    program = Path(sys.executable).with_name("fsxap")
    code, said = run(
        program, "deploy", name, "--render", folder, "--architecture", architecture, "--output", "jsonl", **environ
    )
    what = f"{architecture} {name}: rendered by the program"
    if code:
        error = json.loads(said.splitlines()[-1])
        return None, (what, None if error.get("code") == "packaging" else code, error["message"])
    return folder, (what, 0, "")


def twice(name: str, architecture: str) -> tuple[Path | None, Verdict]:
    """Rendered once more, from wheels that are unpacked anew and with another seed of hashes."""
    folder, verdict = rendered(name, architecture, PYTHONHASHSEED="1")
    anew = BUILD / "tmp" / "cache"
    places = {"XDG_CACHE_HOME": str(anew), "PIP_CACHE_DIR": str(BUILD / "cache" / "pip")}
    again, second = rendered(name, architecture, "again", PYTHONHASHSEED="2", TZ="Asia/Tokyo", **places)
    shutil.rmtree(anew, ignore_errors=True)
    if folder is None or again is None:
        return folder, verdict if folder is None else second
    first, other = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.iterdir()}
        for place in (folder, again)
    )
    differ = sorted(name for name in first.keys() | other.keys() if first.get(name) != other.get(name))
    shutil.rmtree(again)
    return folder, (f"{verdict[0]} twice, equal bytes", int(bool(differ)), f"not equal: {', '.join(differ)}")


def unpacked(folder: Path) -> Path:
    """The code of a rendered use case as a function finds it."""
    (made,) = folder.glob("*.zip")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder / "task")
    return folder / "task"


def inside(task: Path) -> Path | None:
    """What stays zipped beside it, unpacked for tools that look into files."""
    if not (task / ARCHIVE).is_file():
        return None
    place = task.with_name("packed")
    with zipfile.ZipFile(task / ARCHIVE) as archive:
        archive.extractall(place)
    return place
