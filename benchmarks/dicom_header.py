"""What classifying a DICOM file by its header costs, beside pydicom reading as far as the pixels."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

FILES = 400
SIDE = 512
TAGS = ("SOPClassUID", "ImageType", "Modality", "ConversionType", "BodyPartExamined", "BurnedInAnnotation")
TAGS += ("PhotometricInterpretation", "Rows", "StudyInstanceUID", "SeriesInstanceUID")


def slices(folder: Path, number: int) -> None:
    """CT slices as scanners write them: about 90 attributes, a private block, half a megabyte of pixels."""
    from benchmarks.dicom import made
    from benchmarks.dicom.draw import Draw

    for index in range(number):
        draw = Draw(index)
        ct = made.base("CT", draw)
        made.put(ct, Rows=SIDE, Columns=SIDE, BodyPartExamined="CHEST", PixelData=bytes(2 * SIDE * SIDE))
        block = ct.private_block(0x0019, "SIEMENS CT VA0 COAD", create=True)
        for element in range(40):
            block.add_new(element, "LO", f"setting {element} of the scanner")
        made.put(ct, Exposure="180", XRayTubeCurrent="240", ExposureTime="750", FilterType="FLAT", TableHeight="125")
        made.put(ct, GantryDetectorTilt="0", ConvolutionKernel="B31f", PatientPosition="HFS", RotationDirection="CW")
        (folder / f"{index:06d}.dcm").write_bytes(made.stored(ct))


def main(*, quick: bool = False) -> dict[str, Any]:
    import pydicom

    from benchmarks._measure import figure
    from fsxap.providers.local.folder import FolderStore
    from fsxap.usecases.healthcare_dicom import profile
    from fsxap.usecases.healthcare_dicom.classify import HEADER, classify
    from fsxap.usecases.healthcare_dicom.process import header, profile_of

    number = 100 if quick else FILES
    chosen = profile_of({"preset": "basic", "retain": (), "clean": (), "policy": ""})
    profile.names()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        slices(folder, number)
        source, asked = FolderStore(folder), list[int]()
        keys = [path.name for path in sorted(folder.iterdir())]

        def ours(key: str) -> str:
            head = source.read(key, 0, HEADER)
            asked.append(len(head))
            file = header(source, key, head, chosen)
            assert file is not None
            return classify(file).modality

        def pydicoms(key: str) -> str:
            read = pydicom.dcmread(folder / key, stop_before_pixels=True)
            values = [str(read.get(tag, "")) for tag in TAGS]
            return values[2]

        jobs: dict[str, Callable[[str], str]] = {"header walk": ours, "pydicom, stop_before_pixels": pydicoms}
        taken: dict[str, list[float]] = {job: [] for job in jobs}
        for _ in range(3 if quick else 9):
            for job, work in jobs.items():
                used = time.process_time()
                assert {work(key) for key in keys} == {"CT"}
                taken[job].append((time.process_time() - used) / number * 1e6)
    walk, peer = taken.values()
    rows = [
        {"reader": job, "cpu_us_a_file": round(min(each)), "files_a_cpu_second": round(1e6 / min(each))}
        for job, each in taken.items()
    ]
    rows[0]["bytes_read"] = max(asked)
    return {
        "pydicom": pydicom.__version__,
        "files": number,
        "rows": rows,
        "figures": [
            figure(
                "DICOM header: CPU against pydicom's `stop_before_pixels`",
                "≤ 0.2",
                median(a / b for a, b in zip(walk, peer, strict=True)),
            ),
            figure("DICOM header: bytes read of a CT slice", "≤ 65536", max(asked), "bytes"),
        ],
    }
