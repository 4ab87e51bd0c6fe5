"""Owns what is asked of whole runs: one key everywhere, nothing lost, resumed after a kill, quiet, and fast."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.dicom import made, program, search
from benchmarks.dicom.case import Case, Plant
from benchmarks.dicom.draw import Draw

SLICES, SLICE = 300, 512
WIDE = 8
"""Bytes of a number of numpy's."""


def folder(at: Path, files: Mapping[str, bytes]) -> Path:
    at.mkdir(parents=True)
    for name, body in files.items():
        (at / name).write_bytes(body)
    return at


def tree(at: Path) -> dict[str, bytes]:
    return {str(path.relative_to(at)): path.read_bytes() for path in sorted(at.rglob("*")) if path.is_file()}


def keys(files: Mapping[str, bytes], work: Path, params: tuple[str, ...]) -> dict[str, bool]:
    """One key in two runs with two states, and another key."""
    source = folder(work / "in", files)
    runs = [("one", "a key of one site"), ("again", "a key of one site"), ("other", "a key of another site")]
    for name, key in runs:
        program.run(source, work / name, work / f"state-{name}", params, key)
    one, again, other = (tree(work / name) for name, _ in runs)
    return {
        "one key, two runs: the same bytes": bool(one) and one == again,
        "another key: no UID, ID or date in common": bool(other) and not _common(one, other),
    }


def _common(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> set[str]:
    """Patient IDs, dates and UIDs that are not the standard's, found in both."""
    return _said(one.values()) & _said(other.values())


def _said(bodies: Iterable[bytes]) -> set[str]:
    import io

    import pydicom

    found = set()
    for body in bodies:
        for element in pydicom.dcmread(io.BytesIO(body), force=True).iterall():
            value = str(element.value or "")
            if element.VR == "UI" and value and not value.startswith("1.2.840.10008."):
                found.add(value)
            if (
                element.VR in ("DA", "DT", "LO")
                and element.keyword in ("PatientID", "StudyDate", "ContentDate")
                and value
            ):
                found.add(value)
    return found


def resumed(source: Path, work: Path) -> dict[str, int]:
    """Killed in the middle and run again: how many files were lost, and how many done twice."""
    to, state = work / "out", work / "state"
    started = subprocess.Popen(
        program.command(source, to, state),
        env=program.environment("a key of one site"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    seen = 0
    assert started.stdout is not None
    for line in started.stdout:
        seen += b'"type":"result"' in line.replace(b": ", b":")
        if seen >= 20:
            break
    os.kill(started.pid, signal.SIGKILL)
    started.stdout.close()
    started.wait()
    before = {path: path.stat().st_mtime_ns for path in to.rglob("*.dcm")}
    second = program.run(source, to, state, key="a key of one site")
    status = Counter(record["status"] for record in second.records if record["type"] == "result")
    again = sum(path.stat().st_mtime_ns != written for path, written in before.items() if path.exists())
    third = program.run(source, to, state, key="a key of one site")
    redone = sum(record["type"] == "result" and record["status"] == "ok" for record in third.records)
    total = sum(path.is_file() for path in source.iterdir())
    summary = next(record for record in second.records if record["type"] == "summary")
    return {
        "files": total,
        "records in all": summary["coverage"]["seen"],
        "told before the kill": seen,
        "done in the second run": status["ok"] + status["skipped"] + status["failed"],
        "written again after the kill": again,
        "done again in a third run": redone,
        "lost": total - summary["coverage"]["seen"],
    }


CODED = re.compile(rb"gAAAA[\w=-]+|;base64,[A-Za-z0-9+/=]+")
"""Sealed lines and pictures: megabytes of letters, in which any five stand by chance."""


def told(cases: Iterable[Case], released: program.Released, state: Path, to: Path) -> list[Plant]:
    """Plants that stand in what the program printed, kept in words, or named its outputs."""
    names = "\n".join(str(path.relative_to(to)) for path in to.rglob("*"))
    files = [path for path in (*to.rglob("*"), *state.rglob("*")) if path.is_file() and path.suffix != ".dcm"]
    heard = b"\0".join((released.told.encode(), names.encode(), *(path.read_bytes() for path in files)))
    heard = CODED.sub(b"", heard)
    heard += b"\0" + heard.lower()
    runs = {length: _runs(heard, length) for length in (search.LEAST, WIDE)}
    unsaid = ("time", "age", "bytes", "whole")
    return [
        plant
        for case in cases
        for plant in case.plants
        if plant.form not in unsaid
        and any(_may(written, runs) and _said_in(heard, written) for written in search.written(plant))
    ]


def _said_in(heard: bytes, written: bytes) -> bool:
    """Digits only by themselves: the digests that are kept hold any eight of them by chance."""
    if not written.isdigit():
        return written in heard
    return re.search(rb"(?<![0-9a-f])" + written + rb"(?![0-9a-f])", heard) is not None


def _runs(heard: bytes, length: int) -> NDArray[np.uint64]:
    """Every run of so many bytes as a number, sorted: thousands of plants are looked for in megabytes."""
    values = np.frombuffer(heard, np.uint8).astype(np.uint64)
    last = len(values) - length
    return np.sort(sum(values[at : last + at] << np.uint64(8 * at) for at in range(length)))


def _may(written: bytes, runs: Mapping[int, NDArray[np.uint64]]) -> bool:
    """False when its beginning or its end stands nowhere."""
    length = WIDE if len(written) >= WIDE else search.LEAST
    known = runs[length]
    sought = np.array([int.from_bytes(end, "little") for end in (written[:length], written[-length:])], np.uint64)
    return bool((known[np.minimum(np.searchsorted(known, sought), len(known) - 1)] == sought).all())


def slices(seed: int) -> dict[str, bytes]:
    """300 CT slices of half a megabyte, of one series."""
    draw = Draw(seed + 6000)
    header = made.base("CT", draw)
    noise = np.random.default_rng(seed).integers(0, 2000, (SLICE, SLICE)).astype("<u2")
    made.put(header, Rows=SLICE, Columns=SLICE)
    files = {}
    for number in range(SLICES):
        made.put(header, SOPInstanceUID=draw.uid(), InstanceNumber=str(number + 1))
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        header.add_new(0x7FE00010, "OW", np.roll(noise, number).tobytes())
        files[f"slice{number:03d}"] = made.stored(header)
    return files


def speed(source: Path, work: Path) -> tuple[int, float, float]:
    """Files released, CPU seconds, and wall seconds; starting up and the summary are counted."""
    began = time.monotonic()
    done = program.run(source, work / "out", work / "state")
    taken = time.monotonic() - began
    shutil.rmtree(work / "out")
    return len(done.outputs), done.cpu, taken
