"""Owns the other tools: fetched into a folder of their own, run over the same files, each file by itself.

Python tools come from PyPI into one virtual environment, programs from Debian by `apt-get download` without being
installed. What is not to be had is left out, and the table says so.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dicom.program import Released

PYTHON = {"dicognito": "dicognito", "dicom-anonymizer": "dicomanonymizer", "deid": "deid"}
"""Package on PyPI → module."""
DEBIAN = {"gdcmanon": "libgdcm-tools", "dcmodify": "dcmtk", "dciodvfy": "dicom3tools"}
EACH = """
import sys, warnings, logging
from pathlib import Path
warnings.simplefilter("ignore")
{start}
source, to = Path(sys.argv[1]), Path(sys.argv[2])
for path in sorted(source.iterdir()):
    try:
        one(path, to / path.name)
    except (Exception, SystemExit) as error:
        print("failed", path.name, type(error).__name__, file=sys.stderr)
"""
STARTS = {
    "dicognito": """
import pydicom
from dicognito.anonymizer import Anonymizer
tool = Anonymizer(seed="one")
def one(path, to):
    read = pydicom.dcmread(path, force=True)
    tool.anonymize(read)
    read.save_as(to)
""",
    "dicom-anonymizer": """
from dicomanonymizer import anonymize_dicom_file
def one(path, to):
    anonymize_dicom_file(str(path), str(to))
""",
    "deid": """
from deid.dicom import replace_identifiers
from deid.config import DeidRecipe
def one(path, to):
    replace_identifiers(dicom_files=[str(path)], deid=DeidRecipe(), save=True,
        output_folder=str(to.parent), overwrite=True, force=True)
""",
}
BASIC = (
    "PatientName=X", "PatientID=X", "PatientBirthDate=", "AccessionNumber=", "ReferringPhysicianName=", "StudyID=",
)  # fmt: skip
ERASED = (
    "PatientAddress", "OtherPatientIDs", "OtherPatientNames", "PatientTelephoneNumbers", "InstitutionName",
    "InstitutionAddress", "OperatorsName", "PerformingPhysicianName", "NameOfPhysiciansReadingStudy", "StationName",
    "PatientComments", "AdditionalPatientHistory", "RequestingPhysician", "DeviceSerialNumber", "StudyDescription",
    "SeriesDescription", "ProtocolName", "ImageComments", "PatientAge", "PatientWeight", "PatientSize",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool that can be run here, and the version it says it has."""

    name: str
    version: str
    run: Callable[[Path, Path], subprocess.CompletedProcess[bytes]]


def fetch(folder: Path) -> list[str]:
    """Brings what is missing into the folder; the answer names what could not be had, with the reason."""
    missing = []
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = folder / "venv" / "bin" / "python"
    if not interpreter.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    for package, module in PYTHON.items():
        if subprocess.run([interpreter, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            done = subprocess.run(
                [interpreter, "-m", "pip", "-q", "install", package], capture_output=True, check=False
            )
            missing += [f"{package}: {_last(done.stderr)}"] if done.returncode else []
    for program, package in DEBIAN.items():
        if found(folder, program) is None:
            why = _debian(folder, package)
            missing += [f"{program}: {why}"] if why or found(folder, program) is None else []
    return missing


def _debian(folder: Path, package: str) -> str:
    """Downloads a package with what it needs and this system lacks, and unpacks it."""
    if shutil.which("apt-get") is None:
        return "not a Debian system"
    asked = ["apt-get", "install", "-s", "--no-install-recommends", package]
    planned = subprocess.run(asked, capture_output=True, check=False)
    names = re.findall(r"^Inst (\S+)", planned.stdout.decode(), re.MULTILINE)
    debs = folder / "debs"
    debs.mkdir(exist_ok=True)
    got = subprocess.run(["apt-get", "download", *names], cwd=debs, capture_output=True, check=False)
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg", "-x", deb, folder / "debian"], check=True)
        deb.unlink()
    return _last(got.stderr) if got.returncode else "" if names else _last(planned.stderr) or "no such package"


def _last(said: bytes) -> str:
    return (said.decode(errors="replace").strip().splitlines() or [""])[-1][:200]


def found(folder: Path, program: str) -> Path | None:
    """A program of the folder, or of the system."""
    inside = folder / "debian" / "usr" / "bin" / program
    system = shutil.which(program)
    return inside if inside.exists() else Path(system) if system else None


def environment(folder: Path) -> dict[str, str]:
    libraries = folder / "debian" / "usr" / "lib"
    places = [libraries, *libraries.glob("*-linux-gnu"), *libraries.glob("*-linux-gnu/*/")]
    share = folder / "debian" / "usr" / "share"
    dictionary = next(share.glob("*dcmtk*/dicom.dic"), Path("/usr/share/dcmtk/dicom.dic"))
    paths = os.pathsep.join(str(each) for each in places if each.is_dir())
    return {**os.environ, "LD_LIBRARY_PATH": paths, "DCMDICTPATH": str(dictionary), "OMP_NUM_THREADS": "1"}


def peers(folder: Path) -> list[Peer]:
    """Those that are in the folder."""
    interpreter = folder / "venv" / "bin" / "python"
    known: list[Peer] = []
    for package, module in PYTHON.items():
        asked = f"import {module}; from importlib.metadata import version; print(version('{package}'))"
        done = subprocess.run([interpreter, "-c", asked], capture_output=True, check=False)
        if not done.returncode:
            known.append(Peer(package, _last(done.stdout), _python(interpreter, package)))
    for program, run in (("gdcmanon", _gdcmanon), ("dcmodify", _dcmodify)):
        path = found(folder, program)
        if path is not None:
            said = subprocess.run([path, "--version"], env=environment(folder), capture_output=True, check=False)
            version = re.search(rb"[0-9]+[.][0-9]+[.][0-9]+", said.stdout + said.stderr)
            known.append(Peer(program, version.group().decode() if version else "", run(path, folder)))
    return known


def _python(interpreter: Path, package: str) -> Callable[[Path, Path], subprocess.CompletedProcess[bytes]]:
    program = EACH.format(start=STARTS[package])
    return lambda source, to: subprocess.run(
        [interpreter, "-c", program, source, to], capture_output=True, check=False, env=_one_thread()
    )


def _one_thread() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def _each(commands: Mapping[str, list[str]], folder: Path) -> subprocess.CompletedProcess[bytes]:
    told = b""
    for name, command in commands.items():
        done = subprocess.run(command, env=environment(folder), capture_output=True, check=False)
        told += done.stdout + done.stderr + (f"failed {name}\n".encode() if done.returncode else b"")
    return subprocess.CompletedProcess([], 0, b"", told)


def _gdcmanon(path: Path, folder: Path) -> Callable[[Path, Path], subprocess.CompletedProcess[bytes]]:
    certificate = folder / "certificate.pem"
    if not certificate.exists():
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=examination"]
        subprocess.run([*made, "-keyout", folder / "key.pem", "-out", certificate], capture_output=True, check=True)

    def run(source: Path, to: Path) -> subprocess.CompletedProcess[bytes]:
        return _each(
            {
                each.name: [str(path), "-e", "-c", str(certificate), "-i", str(each), "-o", str(to / each.name)]
                for each in sorted(source.iterdir())
            },
            folder,
        )

    return run


def _dcmodify(path: Path, folder: Path) -> Callable[[Path, Path], subprocess.CompletedProcess[bytes]]:
    changes = [part for each in BASIC for part in ("-m", each)]
    changes += [part for each in ERASED for part in ("-ea", each)]

    def run(source: Path, to: Path) -> subprocess.CompletedProcess[bytes]:
        commands = {}
        for each in sorted(source.iterdir()):
            shutil.copyfile(each, to / each.name)
            commands[each.name] = [
                str(path),
                "-nb",
                "-imt",
                "-ep",
                "-gst",
                "-gse",
                "-gin",
                *changes,
                str(to / each.name),
            ]
        return _each(commands, folder)

    return run


def run(peer: Peer, source: Path, to: Path) -> Released:
    to.mkdir(parents=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = peer.run(source, to)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    outputs = {path.name: path.read_bytes() for path in to.rglob("*") if path.is_file() and path.stat().st_size}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Released(outputs, {}, (done.stdout + done.stderr).decode(errors="replace"), done.returncode, cpu)
