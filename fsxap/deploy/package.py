"""Makes the zip of a use case: the same input gives the same bytes, for another machine than this one."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from fsxap.deploy.bill import materials
from fsxap.deploy.render import RUNTIME
from fsxap.engine.packed import ARCHIVE
from fsxap.engine.types import UseCase
from fsxap.errors import ConfigurationError
from fsxap.jsontext import digest

LIMIT = 262_144_000
"""Bytes unzipped that Lambda takes."""
LEFT_OUT = ("cli", "deploy", "emulator", "patterns", "_templates")
"""Packages of fsxap that never run in Lambda."""
PURE = ("urllib3",)
"""Copied from this machine. Lambda's runtime brings boto3, but an urllib3 of its own choice."""
NOISE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
PLATFORMS = {
    # Lambda's Amazon Linux 2023 has glibc 2.34; asked for 2014 alone, pip would settle for old releases.
    "arm64": ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "x86_64": ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
}
CA = "ontap-ca.pem"
"""Name in the zip of the certificate of the ONTAP endpoint's CA."""
TASK = "/var/task"
_INSIDE = f"{ARCHIVE}/"

Wheels = Callable[[tuple[str, ...], str], Path]
"""From names of packages and an architecture to a folder that holds them and what they need."""


@dataclass(frozen=True, slots=True)
class Package:
    """`digest` is of the contents, so that another zlib does not make another name. Sizes in bytes."""

    path: Path
    digest: str
    key: str
    unzipped: int
    bill: Path


def build(
    use_case: UseCase,
    folder: Path,
    *,
    architecture: str = "arm64",
    ca_file: str = "",
    wheels: Wheels | None = None,
) -> Package:
    """Write the zip and its bill of materials into `folder`, named by its contents.

    `wheels` finds native packages (by default with pip).
    """
    content = dict(contents(use_case, architecture, wheels or download))
    if ca_file:
        content[CA] = Path(ca_file)
    total, bill_of = _digest(content), {name.removeprefix(_INSIDE): path for name, path in content.items()}
    packed = {name.removeprefix(_INSIDE): content.pop(name) for name in sorted(content) if name.startswith(_INSIDE)}
    name = f"{use_case.name}-{architecture}-{total[:16]}"
    target, bill = folder / f"{name}.zip", folder / f"{name}.cdx.json"
    with tempfile.TemporaryDirectory() as scratch:
        if packed:
            content[ARCHIVE] = Path(scratch, ARCHIVE)
            _write(content[ARCHIVE], packed)
        unzipped = sum(path.stat().st_size for path in content.values())
        if unzipped > LIMIT:
            raise ConfigurationError(
                f"the code of {use_case.name} takes {unzipped >> 20} MB unzipped, and Lambda {LIMIT >> 20} MB at most",
                code="too-large",
                hint=f"the largest: {', '.join(_largest(content))}",
            )
        folder.mkdir(parents=True, exist_ok=True)
        _write(target, content)
    bill.write_text(materials(name, total, bill_of), encoding="utf-8")
    return Package(target, total, f"fsxap/{target.name}", unzipped, bill)


def contents(use_case: UseCase, architecture: str, wheels: Wheels) -> Iterator[tuple[str, Path]]:
    """Name in the zip → file here; what stays packed has names below the archive's."""
    yield from _ours(use_case)
    for name in PURE:
        yield from _installed(name)
    if packages := native(use_case):
        folder = wheels(packages, architecture)
        packed = _files(folder, use_case.footprint.packed)
        for name, path in _below(folder):
            yield (_INSIDE + name if name in packed else name), path


def native(use_case: UseCase) -> tuple[str, ...]:
    """What the footprint names, and what opens sealed state."""
    return (*use_case.footprint.packages, *(("cryptography",) if use_case.seal is not None else ()))


def _ours(use_case: UseCase) -> Iterator[tuple[str, Path]]:
    root = Path(__file__).parents[1]
    wanted = use_case.name.replace("-", "_")
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        foreign = parts[0] == "usecases" and len(parts) > 2 and parts[1] != wanted
        if path.is_file() and not foreign and parts[0] not in LEFT_OUT and "__pycache__" not in parts:
            yield "/".join(("fsxap", *parts)), path


def _installed(name: str) -> Iterator[tuple[str, Path]]:
    for file in metadata.distribution(name).files or ():
        path = Path(str(file.locate()))
        if ".." not in file.parts and "__pycache__" not in file.parts and file.name not in NOISE and path.is_file():
            yield file.as_posix(), path


def _files(folder: Path, packages: tuple[str, ...]) -> set[str]:
    """What of a folder of unpacked wheels belongs to these packages."""
    found = (each for each in metadata.distributions(path=[str(folder)]) if each.metadata["Name"] in packages)
    return {file.as_posix() for each in found for file in each.files or ()}


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] != "bin" and "__pycache__" not in parts and path.name not in NOISE:
            yield "/".join(parts), path


def _digest(content: Mapping[str, Path]) -> str:
    total = hashlib.sha256()
    for name in sorted(content):
        with content[name].open("rb") as stream:
            total.update(name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _write(target: Path, content: Mapping[str, Path]) -> None:
    """Whole or absent; entries in order, without times, owners and modes of this machine."""
    temporary = target.with_suffix(".tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_STORED if name == ARCHIVE else zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            with content[name].open("rb") as source, archive.open(entry, "w") as stream:
                shutil.copyfileobj(source, stream, 1 << 20)
    temporary.replace(target)


def _largest(content: Mapping[str, Path]) -> list[str]:
    sizes: dict[str, int] = {}
    for name, path in content.items():
        top = name.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + path.stat().st_size
    return [f"{name} {sizes[name] >> 20} MB" for name in sorted(sizes, key=lambda name: -sizes[name])[:4]]


def download(packages: tuple[str, ...], architecture: str) -> Path:
    """Wheels of another platform, unpacked in a cache. Versions are those installed here, where they are."""
    pins = sorted(
        f"{found.metadata['Name']}=={found.version}"
        for found in metadata.distributions()
        if found.metadata["Name"] and "+" not in found.version and found.metadata["Name"] != "fsxap"
    )
    place = _cache() / digest(packages, architecture, RUNTIME, pins, size=16)
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(pins) + "\n", encoding="utf-8")
        made = Path(folder, "made")
        _pip(packages, architecture, made, constraints)
        made.replace(place)
    return place


def _pip(packages: tuple[str, ...], architecture: str, target: Path, constraints: Path) -> None:
    platforms = [part for name in PLATFORMS[architecture] for part in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--target", str(target), "--only-binary", ":all:", "--no-compile", "--constraint", str(constraints)]
    command += ["--python-version", RUNTIME, "--implementation", "cp", *platforms, *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # no shell; names are ours
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigurationError(
            f"pip could not fetch {', '.join(packages)} for Lambda ({architecture}, Python {RUNTIME}): {last}",
            code="packaging",
            hint="packaging this use case needs pip and a package index",
        )


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fsxap" / "wheels"
