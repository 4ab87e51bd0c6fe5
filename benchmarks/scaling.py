"""What an item costs, from a thousand items to a million: CPU and peak memory of each path, start-up taken off."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import _measure, ledger, listing, ontap_scan
from benchmarks.s3_origin import origin

SIZES = (1_000, 10_000, 100_000, 1_000_000)
HEADERS = """
import sys
from fsxap.usecases.healthcare_dicom.classify import HEADER, classify
from fsxap.usecases.healthcare_dicom.process import header, profile_of
from fsxap.providers.local.folder import FolderStore
chosen = profile_of({"preset": "basic", "retain": (), "clean": (), "policy": ""})
source = FolderStore(sys.argv[1])
for _ in range(int(sys.argv[2])):
    assert classify(header(source, "one.dcm", source.read("one.dcm", 0, HEADER), chosen)).modality == "CT"
"""


def _listing(number: int, folder: Path) -> _measure.Run:
    with origin(keys=number) as url:
        return listing.fsxap(url, folder / "out")


def _ledger(number: int, folder: Path) -> _measure.Run:
    return ledger.joined(number, folder)[0]


def _folder(number: int, folder: Path) -> _measure.Run:
    root = folder / f"tree-{number}"
    for index in range(number):
        if index % 250 == 0:
            (root / f"{index // 250:06d}").mkdir(parents=True, exist_ok=True)
        (root / f"{index // 250:06d}" / f"{index:08d}.dcm").touch()
    return _measure.run((_measure.FSXAP, "discover", root, "--output", "jsonl", "--quiet"))


def _acl(number: int, _folder: Path) -> _measure.Run:
    with ontap_scan.emulator(number, 0) as server:
        done = ontap_scan.scan(server, 8)
    return _measure.Run(done.seconds, done.cpu, done.peak_mb)


def _headers(number: int, folder: Path) -> _measure.Run:
    place = folder / "dicom"
    if not place.exists():
        place.mkdir()
        # Not here: what is imported counts as memory of every process that this one starts.
        made = "import sys, pathlib; from benchmarks.dicom_header import slices; slices(pathlib.Path(sys.argv[1]), 1)"
        _measure.run((sys.executable, "-c", made, place))
        (place / "000000.dcm").rename(place / "one.dcm")
    return _measure.run((sys.executable, "-c", HEADERS, place, str(number)))


PATHS: dict[str, tuple[Callable[[int, Path], _measure.Run], int]] = {
    "list a bucket": (_listing, 1_000_000),
    "join with the ledger": (_ledger, 1_000_000),
    "list a folder": (_folder, 100_000),
    "classify DICOM headers": (_headers, 100_000),
    "audit folders by ONTAP": (_acl, 10_000),
}
"""Path → how it is run for N items, and up to how many."""


def main(*, quick: bool = False) -> dict[str, Any]:
    rows, figures = [], []
    largest = 10_000 if quick else max(SIZES)
    with tempfile.TemporaryDirectory() as name:
        for path, (work, most) in PATHS.items():
            sizes = [size for size in SIZES if size <= min(most, largest)]
            work(1, Path(name))
            start = _measure.best([work(1, Path(name)) for _ in range(3)])
            runs = {
                size: _measure.best([work(size, Path(name)) for _ in range(1 if size > 10_000 else 2)])
                for size in sizes
            }
            each = {size: (run.cpu - start.cpu) / size * 1e6 for size, run in runs.items()}
            rows += [
                {"path": path, "items": size, "cpu_us_an_item": round(each[size], 2), "peak_mb": round(run.peak_mb)}
                for size, run in runs.items()
            ]
            if len(sizes) > 1 and sizes[-1] > 10_000:
                said = f"{path}: CPU an item at {sizes[-1]:,} against 10,000"
                figures.append(_measure.figure(said, "≤ 1.2", each[sizes[-1]] / each[10_000]))
    return {"rows": rows, "figures": figures}
