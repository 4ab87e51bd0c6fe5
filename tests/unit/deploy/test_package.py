"""Zips: the same input gives the same bytes, nothing too much, nothing missing."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from fsxap.deploy import package
from fsxap.deploy.render import RUNTIME
from fsxap.engine import catalog
from fsxap.engine.packed import ARCHIVE
from fsxap.errors import ConfigurationError
from tests.unit.deploy.templates import NAMES


def no_wheels(packages: tuple[str, ...], architecture: str) -> Path:
    raise AssertionError(f"{packages} are not needed")


def needed(names: Sequence[str]) -> list[str]:
    """The packages and, as pip would find them, all that they need."""
    found: dict[str, None] = {}
    open_ = list(names)
    while open_:
        name = open_.pop()
        if name not in found:
            found[name] = None
            wanted = map(Requirement, metadata.requires(name) or ())
            open_ += [each.name for each in wanted if not each.marker or each.marker.evaluate({"extra": ""})]
    return list(found)


def local_wheels(folder: Path) -> package.Wheels:
    """This machine's own copies instead of another platform's: for running the zip here."""

    def find(packages: tuple[str, ...], architecture: str) -> Path:
        for name in needed(packages):
            for file in metadata.files(name) or ():
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    target = folder / file
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if not target.exists():
                        target.symlink_to(Path(str(file.locate())))
        return folder

    return find


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    case = catalog.load("legal-compliance")
    one = package.build(case, tmp_path / "one", wheels=no_wheels)
    two = package.build(case, tmp_path / "two", wheels=no_wheels)
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.bill.read_bytes() == two.bill.read_bytes()
    assert one.key == two.key == f"fsxap/{one.path.name}"


def test_another_content_is_another_key(tmp_path: Path) -> None:
    """A key that stays would leave the old code in place: CloudFormation sees no change."""
    case = catalog.load("legal-compliance")
    ca = tmp_path / "ca.pem"
    keys = set()
    for text in (None, "one", "two"):
        if text:
            ca.write_text(text)
        keys.add(package.build(case, tmp_path, ca_file=str(ca) if text else "", wheels=no_wheels).key)
    assert len(keys) == 3


def test_entries_say_nothing_of_this_machine(tmp_path: Path) -> None:
    made = package.build(catalog.load("legal-compliance"), tmp_path, wheels=no_wheels)
    with zipfile.ZipFile(made.path) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {(entry.date_time, entry.create_system, entry.external_attr >> 16) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 3, 0o100644)
    }
    assert not [entry for entry in entries if entry.filename.startswith(("/", "..")) or "__pycache__" in entry.filename]


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_holds_one_use_case_and_no_command_line(name: str, tmp_path: Path) -> None:
    made = package.build(catalog.load(name), tmp_path, wheels=lambda packages, architecture: tmp_path / "none")
    found = names_in(made.path)
    assert {part.split("/")[2] for part in found if part.startswith("fsxap/usecases/") and part.count("/") > 2} == {
        name.replace("-", "_")
    }
    assert not [part for part in found if part.startswith(("fsxap/cli/", "fsxap/emulator/", "fsxap/deploy/"))]
    assert "fsxap/costs/prices.json" in found and "fsxap/reports/assets/report.css" in found
    assert not [part for part in found if part.startswith(("boto3/", "typer/", "rich/", "jinja2/", "yaml/"))]


def test_native_packages_are_those_of_the_footprint_and_of_the_seal() -> None:
    for name in NAMES:
        case = catalog.load(name)
        assert set(case.footprint.packages) <= set(package.native(case))
        assert ("cryptography" in package.native(case)) >= (case.seal is not None)
    assert package.native(catalog.load("legal-compliance")) == ()


def test_code_beyond_lambdas_limit_is_refused_with_its_largest_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LIMIT", 1000)
    with pytest.raises(ConfigurationError, match="unzipped") as refused:
        package.build(catalog.load("legal-compliance"), tmp_path, wheels=no_wheels)
    assert "fsxap" in refused.value.hint
    assert not list(tmp_path.iterdir())


def written(folder: Path, package: str, *names: str) -> None:
    """A wheel unpacked by pip: its files, each of random bytes, and the record of them."""
    about = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(100_000))
    (about / "RECORD").write_text("".join(f"{name},,\n" for name in (*names, f"{about.name}/METADATA")))


def test_what_stays_packed_counts_as_small_as_it_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = catalog.load("manufacturing-analytics")
    written(tmp_path / "wheels", "opencv-python-headless", "cv2/cv2.so", "opencv_python_headless.libs/lib.so")
    written(tmp_path / "wheels", "duckdb", "duckdb/duckdb.so")
    built = [package.build(case, tmp_path / name, wheels=lambda *_: tmp_path / "wheels") for name in ("one", "two")]
    assert built[0].path.read_bytes() == built[1].path.read_bytes()
    with zipfile.ZipFile(built[0].path) as archive:
        names = archive.namelist()
        assert "duckdb/duckdb.so" in names and not [name for name in names if "cv2" in name or "opencv" in name]
        assert built[0].unzipped == sum(entry.file_size for entry in archive.infolist())
        (tmp_path / ARCHIVE).write_bytes(archive.read(ARCHIVE))
    assert {"cv2/cv2.so", "opencv_python_headless.libs/lib.so"} < set(names_in(tmp_path / ARCHIVE))
    unpacked = dict(package.contents(case, "arm64", lambda *_: tmp_path / "wheels"))
    whole = sum(path.stat().st_size for path in unpacked.values())
    monkeypatch.setattr(package, "LIMIT", whole - 150_000)
    assert package.build(case, tmp_path / "three", wheels=lambda *_: tmp_path / "wheels").digest == built[0].digest


def test_packed_packages_are_packages() -> None:
    for name in NAMES:
        footprint = catalog.load(name).footprint
        assert set(footprint.packed) <= set(footprint.packages)


def test_sensors_and_pictures_fit_lambda(tmp_path: Path) -> None:
    """By this machine's wheels, and without packing them: native code packs to two fifths."""
    case = catalog.load("manufacturing-analytics")
    for name in case.footprint.packages:
        pytest.importorskip({"opencv-python-headless": "cv2", "pillow": "PIL"}.get(name, name))
    inside, beside = 0, 0
    for name, path in package.contents(case, "x86_64", local_wheels(tmp_path)):
        inside += path.stat().st_size if name.startswith(ARCHIVE) else 0
        beside += 0 if name.startswith(ARCHIVE) else path.stat().st_size
    assert inside > 0 and beside + inside / 2 < 0.95 * package.LIMIT


@pytest.mark.parametrize(("architecture", "platform"), [("arm64", "aarch64"), ("x86_64", "x86_64")])
def test_wheels_are_fetched_for_lambdas_platform_once(
    architecture: str, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked: list[Sequence[str]] = []

    def pip(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        target = Path(command[command.index("--target") + 1])
        target.mkdir()
        (target / "native.so").write_bytes(b"elf")
        pins = Path(command[command.index("--constraint") + 1]).read_text()
        assert f"cryptography=={metadata.version('cryptography')}" in pins.splitlines()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    places = {package.download(("cryptography",), architecture) for _ in range(2)}
    assert len(places) == 1 and (places.pop() / "native.so").is_file()
    (command,) = asked
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert command[command.index("--python-version") + 1] == RUNTIME
    platforms = [command[place + 1] for place, part in enumerate(command) if part == "--platform"]
    assert platforms and all(each.endswith(platform) for each in platforms)
    assert not [each for each in platforms if "2_3" in each and "2_34" not in each], (
        "glibc of Amazon Linux 2023 is 2.34"
    )


def test_a_package_that_pip_cannot_fetch_is_an_error_with_pips_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: failed)
    with pytest.raises(ConfigurationError, match="No matching distribution found"):
        package.download(("cryptography",), "arm64")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
