from __future__ import annotations

import io
import struct

import pydicom
import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.release import NotProved, release
from tests.unit.usecases.healthcare_dicom.made import (
    BORN,
    CT,
    KEY,
    MRN,
    NAME,
    PLANTS,
    ROOT,
    chosen,
    dataset,
    given_back,
    item,
    parsed,
    said,
    sequence,
    stored,
)

SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def clean(body: bytes) -> None:
    for plant in PLANTS:
        assert plant.lower() not in said(body), plant


def test_the_header_loses_its_identifiers_and_keeps_its_physics() -> None:
    original = dataset()
    made, body = given_back(stored(original))
    clean(body)
    for keyword in ("Modality", "Manufacturer", "SliceThickness", "KVP", "ImagePositionPatient", "PixelData", "Rows"):
        assert made[keyword].value == original[keyword].value, keyword
    assert made.PatientName == made.PatientID
    assert str(made.PatientID).startswith("P")
    assert made.StudyDate == ""
    assert "StudyDescription" not in made


def test_it_says_truthfully_what_was_done() -> None:
    made, _ = given_back(stored(dataset()))
    assert made.PatientIdentityRemoved == "YES"
    assert [code.CodeValue for code in made.DeidentificationMethodCodeSequence] == ["113100"]
    assert made.LongitudinalTemporalInformationModified == "REMOVED"
    made, _ = given_back(stored(dataset()), "modified-dates")
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"
    made, _ = given_back(stored(dataset()), "full-dates")
    assert made.LongitudinalTemporalInformationModified == "UNMODIFIED"
    assert made.StudyDate == "20240611"


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_encoding_gives_the_same_answer(syntax: pydicom.uid.UID) -> None:
    original = dataset()
    original.file_meta.TransferSyntaxUID = syntax
    if not syntax.is_little_endian:
        data = original.PixelData
        original.PixelData = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    original["PixelData"].VR = "OW"
    made, body = given_back(stored(original))
    clean(body)
    assert made.PixelData == original.PixelData
    assert made.PatientName == given_back(stored(dataset()))[0].PatientName
    deflated = syntax == DeflatedExplicitVRLittleEndian
    assert made.file_meta.TransferSyntaxUID == (ExplicitVRLittleEndian if deflated else syntax)


def test_uids_stay_consistent_wherever_they_are_referred_to() -> None:
    made, _ = given_back(
        stored(dataset(SourceImageSequence=sequence(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{ROOT}.3")))
    )
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID
    assert made.SOPInstanceUID == KEY.uid(f"{ROOT}.3")
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == made.SOPInstanceUID
    kept, _ = given_back(stored(dataset()), "uids")
    assert kept.SOPInstanceUID == f"{ROOT}.3"


ECHOES = [
    {"WindowCenterWidthExplanation": "for QUARRINGTON"},
    {"WindowCenterWidthExplanation": f"id {MRN}"},
    {"ManufacturerModelName": "Zebulon 3000"},
    {"ConvolutionKernel": "Zebulon"},
    {"ContributionDescription": "seen by Dr. Fennimore"},
    {
        "AnatomicRegionSequence": sequence(
            CodeValue="T-D3000", CodingSchemeDesignator="SRT", CodeMeaning="of Quarrington"
        )
    },
    {"AnatomicRegionSequence": sequence(CodeValue="1", CodingSchemeDesignator="99X", CodeMeaning="Klaus Weberling")},
    {"SoftwareVersions": ["VB11", BORN]},
    {"ScanOptions": "QUARRINGTON"},
    {"ImageComments": "Ostrava 11 June 2024"},
    {"ReferencedPatientSequence": sequence(PatientName=NAME)},
    {"RequestAttributesSequence": sequence(ScheduledProcedureStepDescription="Quarrington")},
    {"OriginalAttributesSequence": sequence(ModifiedAttributesSequence=sequence(PatientID=MRN))},
]


@pytest.mark.parametrize("echo", ECHOES, ids=lambda echo: next(iter(echo)))
@pytest.mark.parametrize("options", [(), ("descriptors", "modified-dates", "patient", "device", "safe-private")])
def test_what_the_header_says_is_said_nowhere_else(echo: dict[str, object], options: tuple[str, ...]) -> None:
    _made, body = given_back(stored(dataset(**echo)), *options)
    for plant in ("quarrington", "zebulon", "4471923", "fennimore", "weberling", "ostrava", BORN):
        assert plant not in said(body), plant


CORNERS = [
    (0x00091001, "LO", "private Quarrington"),
    (0x00091001, "UN", b"Quarrington "),
    (0x00180FF1, "LO", "Quarrington"),
    (0x60003000, "OW", b"Quarrington "),
    (0x60004000, "LT", "Quarrington"),
    (0x50003000, "OW", b"Quarrington "),
    (0xFFFCFFFC, "OB", b"Quarrington "),
    (0x00880904, "LO", "Quarrington"),
    (0x00081080, "LO", "Quarrington"),
    (0x00282000, "OB", b"Quarrington " * 20),
    (0x00120063, "LO", "Quarrington"),
]


@pytest.mark.parametrize(("tag", "vr", "value"), CORNERS, ids=lambda value: str(value))
def test_odd_corners_are_empty(tag: int, vr: str, value: str | bytes) -> None:
    original = dataset()
    if tag >> 16 & 1:
        original.add_new(tag & 0xFFFF0000 | 0x10, "LO", "QUARRINGTON INC")
    original.add_new(tag, vr, value)
    _, body = given_back(stored(original))
    assert "quarrington" not in said(body)


def test_uids_of_classes_are_kept_only_where_somebody_registered_them() -> None:
    made, body = given_back(
        stored(
            dataset(
                ContextUID="1.2.840.10008.6.1.2",
                ReferencedImageSequence=sequence(
                    ReferencedSOPClassUID=f"{ROOT}.77", ReferencedSOPInstanceUID=f"{ROOT}.3"
                ),
            )
        )
    )
    assert made.ContextUID == "1.2.840.10008.6.1.2"
    assert made.ReferencedImageSequence[0].ReferencedSOPClassUID == KEY.uid(f"{ROOT}.77")
    assert ROOT not in said(body)


def test_a_picture_inside_a_sequence_is_no_picture_of_the_file() -> None:
    inner = sequence(Rows=1, Columns=1, PixelData=b"\1\2", BitsAllocated=8)
    made, _ = given_back(stored(dataset(AnatomicRegionSequence=inner)))
    assert "PixelData" not in made.AnatomicRegionSequence[0]


def test_a_number_is_found_without_its_prefix() -> None:
    made, body = given_back(stored(dataset(AcquisitionNumber="4471923", ManufacturerModelName="no 4471923")))
    assert made.AcquisitionNumber == 0
    assert "4471923" not in said(body)


def test_preamble_trailing_bytes_and_text_behind_a_nul_are_gone() -> None:
    original = dataset(ManufacturerModelName="Model\0Quarrington")
    body = b"Quarrington".ljust(128, b" ") + stored(original)[128:] + b"Quarrington trailing"
    made, out = given_back(body)
    assert made.ManufacturerModelName == "Model"
    assert "quarrington" not in said(out)


def test_a_sequence_written_as_un_is_walked_like_any_other() -> None:
    inner = DicomBytesIO()
    inner.is_little_endian, inner.is_implicit_VR = True, True
    write_dataset(inner, item(PatientName=NAME, SeriesInstanceUID=f"{ROOT}.2"))
    body = inner.getvalue()
    items = struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body
    element = struct.pack("<HH2sHL", 8, 0x1115, b"UN", 0, len(items)) + items
    before = stored(dataset())
    at = before.index(b"\x10\x00\x10\x00PN")
    made, body = given_back(before[:at] + element + before[at:])
    clean(body)
    assert made.ReferencedSeriesSequence[0].SeriesInstanceUID == KEY.uid(f"{ROOT}.2")


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 192", "Wang^XiaoDong=王^小東"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 144", "Люкceмбypг"),
    ],
)
def test_names_in_every_script_are_found_where_they_are_echoed(charset: str | list[str], name: str) -> None:
    word = name.split("=")[1].replace("^", " ") if "=" in name else name
    original = dataset(SpecificCharacterSet=charset, PatientName=name, ImageComments=word, ManufacturerModelName=word)
    made, _ = given_back(stored(original), "descriptors")
    texts = [str(element.value) for element in made if element.tag.group < 0x7FE0]
    assert not any(part in text for part in word.split() for text in texts)


def test_the_same_key_gives_the_same_bytes_and_another_key_nothing_in_common() -> None:
    body = stored(dataset())
    options = ("modified-dates", "patient")
    first, again, other = (given_back(body, *options, key=Pseudonyms(key)) for key in (b"1" * 32, b"1" * 32, b"2" * 32))
    assert first[1] == again[1]
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "PatientID", "StudyDate", "FrameOfReferenceUID"):
        assert first[0][keyword].value != other[0][keyword].value, keyword


def test_safe_private_elements_stay_with_their_creator() -> None:
    original = dataset()
    block = original.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    block.add_new(0xF0, "LO", "Quarrington")
    made, body = given_back(stored(original), "safe-private")
    assert made.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000
    assert "quarrington" not in said(body)
    assert not any(each.tag.is_private for each in given_back(stored(original))[0])


def test_outputs_are_named_by_new_uids() -> None:
    body = stored(dataset())
    made = release(parsed(body), body, chosen(), KEY)
    study, series, name = made.key.split("/")
    assert study == KEY.uid(f"{ROOT}.1")
    assert series == KEY.uid(f"{ROOT}.2")
    assert name.startswith(KEY.uid(f"{ROOT}.3") + "-")


@pytest.mark.parametrize("uid", ["../../etc", "1..2", "1.2/3", "x" * 70])
def test_a_retained_uid_leads_nowhere(uid: str) -> None:
    body = stored(dataset()).replace(f"{ROOT}.1".encode(), uid.encode().ljust(len(ROOT) + 2, b"\0")[: len(ROOT) + 2])
    try:
        made = release(parsed(body), body, chosen("uids"), KEY)
    except NotProved:
        return
    assert ".." not in made.key
    assert made.key.count("/") == 2


def test_an_output_that_cannot_be_proved_is_not_made() -> None:
    """The name as numbers: nothing in the walk looks into them, the proof does."""
    original = dataset()
    original.add_new(0x00660016, "OF", bytes(range(1, 21)) + b"\0quarrington")
    body = stored(original)
    with pytest.raises(NotProved) as caught:
        release(parsed(body), body, chosen(), KEY)
    assert "quarrington" not in str(caught.value).lower()


def test_pydicom_reads_what_was_written_and_writes_it_again() -> None:
    made, _ = given_back(stored(dataset()))
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    assert pydicom.dcmread(io.BytesIO(stream.getvalue())).SOPInstanceUID == made.SOPInstanceUID
