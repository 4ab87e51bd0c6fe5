"""What is installed and what is given out: locked by hashes, and the same wheel from the same sources."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", "")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in LOCK.splitlines():
        one = Requirement(line.partition(" --hash")[0])
        found.setdefault(one.name, set()).update(each.version for each in one.specifier)
    return found


def asked() -> Iterator[Requirement]:
    """What `.[local]` and the group `dev` need."""
    extras = PROJECT["project"]["optional-dependencies"]
    for line in PROJECT["project"]["dependencies"]:
        yield Requirement(line)
    for name in Requirement(extras["local"][0]).extras:
        yield from map(Requirement, extras[name])
    groups = PROJECT["dependency-groups"]
    for include in groups["dev"]:
        yield from map(Requirement, groups[include["include-group"]])


def test_the_lock_holds_everything_the_project_asks_for() -> None:
    """After a change of pyproject.toml: make lock."""
    versions = locked()
    for one in asked():
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        assert name in versions, f"{one} is not locked"
        assert any(one.specifier.contains(version) for version in versions[name]), f"{one}: {versions[name]}"


def test_every_locked_version_has_its_hashes() -> None:
    for line in LOCK.splitlines():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_the_same_sources_make_the_same_wheel(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        command = [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path / name),
            str(ROOT),
        ]
        subprocess.run(command, check=True, capture_output=True)
        made += (tmp_path / name).glob("*.whl")
    one, two = made
    assert one.name == two.name and one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"fsxap"}
    assert "fsxap/_templates/usecase.yaml.j2" in names
