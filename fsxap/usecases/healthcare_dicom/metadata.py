"""Owns the table for research: a row for each released file, of what its released header says."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from fsxap.cells import plain_cell
from fsxap.model import Result
from fsxap.ports import Store
from fsxap.usecases.healthcare_dicom.charsets import terms
from fsxap.usecases.healthcare_dicom.identity import CHARSET, values
from fsxap.usecases.healthcare_dicom.parse import Elements

NAME = "metadata.csv"

COLUMNS = {
    0x00100020: "PatientID",
    0x00100040: "PatientSex",
    0x00101010: "PatientAge",
    0x00101020: "PatientSize",
    0x00101030: "PatientWeight",
    0x0020000D: "StudyInstanceUID",
    0x0020000E: "SeriesInstanceUID",
    0x00080018: "SOPInstanceUID",
    0x00080016: "SOPClassUID",
    0x00080060: "Modality",
    0x00080008: "ImageType",
    0x00180015: "BodyPartExamined",
    0x00200060: "Laterality",
    0x00080020: "StudyDate",
    0x00080021: "SeriesDate",
    0x00080022: "AcquisitionDate",
    0x00081030: "StudyDescription",
    0x0008103E: "SeriesDescription",
    0x00080070: "Manufacturer",
    0x00081090: "ManufacturerModelName",
    0x00180010: "ContrastBolusAgent",
    0x00180050: "SliceThickness",
    0x00180060: "KVP",
    0x00180080: "RepetitionTime",
    0x00180081: "EchoTime",
    0x00180087: "MagneticFieldStrength",
    0x00181210: "ConvolutionKernel",
    0x00200011: "SeriesNumber",
    0x00200013: "InstanceNumber",
    0x00280004: "PhotometricInterpretation",
    0x00280008: "NumberOfFrames",
    0x00280010: "Rows",
    0x00280011: "Columns",
    0x00280030: "PixelSpacing",
}
"""Attributes that say what a file is about, all of them text but for `BINARY`."""
BINARY = (0x00280010, 0x00280011)
"""Two bytes each."""


def metadata(elements: Elements, *, big: bool) -> dict[str, str]:
    """What of it the elements of an output say. Input never comes here."""
    charset = next((terms(each.value) for each in elements if each.tag == CHARSET), ())
    found = {}
    for element in elements:
        name = COLUMNS.get(element.tag)
        if name is None or element.items is not None or not element.value:
            continue
        if element.tag in BINARY:
            found[name] = str(int.from_bytes(element.value[:2], "big" if big else "little"))
        else:
            found[name] = "\\".join(values(element, charset))
    return found


def watch(results: Iterable[Result], table: IO[str]) -> Iterator[Result]:
    """The results as they come; each released one leaves its row."""
    rows = csv.writer(table)
    rows.writerow(("file", *COLUMNS.values()))
    for result in results:
        if result.data.get("released"):
            rows.writerow(row(result.data.get("metadata") or {}, result.outputs[0]))
        yield result


def row(found: Mapping[str, str], location: str) -> list[str]:
    """The file is named as below the outputs: study, series, instance."""
    name = "/".join(PurePosixPath(location.replace("\\", "/")).parts[-3:])
    return [name, *(plain_cell(found.get(column, "")) for column in COLUMNS.values())]


@contextmanager
def table(sink: Store) -> Iterator[IO[str]]:
    """A text that becomes the table of the outputs when all of it is written."""
    with tempfile.TemporaryFile() as body:
        text = io.TextIOWrapper(body, encoding="utf-8", newline="", write_through=True)
        yield text
        text.detach()
        body.seek(0)
        sink.put(NAME, body)
