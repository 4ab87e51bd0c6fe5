"""Places where identifiers are not expected, each with the name of the patient in it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pydicom
import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.bulk import speaks
from fsxap.usecases.healthcare_dicom.release import release
from tests.unit.usecases.healthcare_dicom.made import (
    BORN,
    CT,
    KEY,
    MRN,
    NAME,
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

AT = b"\x10\x00\x10\x00PN"
"""Where the patient's name starts in an explicit data set; elements with lower tags go before it."""


def implicit(made: pydicom.Dataset) -> bytes:
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, True
    write_dataset(stream, made)
    return stream.getvalue()


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    size = len(value) if length is None else length
    if vr in (b"UN", b"SQ", b"OB", b"OW", b"UT"):
        return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr, 0, size) + value
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, size) + value


def items(*bodies: bytes) -> bytes:
    return b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body for body in bodies)


def spliced(extra: bytes) -> bytes:
    body = stored(dataset())
    at = body.index(AT)
    return body[:at] + extra + body[at:]


DEEP = item(ReferencedSeriesSequence=sequence(PatientName=NAME, RequestAttributesSequence=sequence(PatientID=MRN)))
UN = 0x00081115

SPLICED: dict[str, Callable[[], bytes]] = {
    "text written as UN": lambda: element(0x00081090, b"UN", b"Quarrington "),
    "sequence written as UN": lambda: element(UN, b"UN", items(implicit(DEEP))),
    "sequence written as UN, without length": lambda: element(
        UN, b"UN", items(implicit(DEEP)) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0), 0xFFFFFFFF
    ),
    "words written as a sequence": lambda: element(0x00082112, b"UN", b"Quarrington was here"),
    "unknown even group": lambda: element(0x00082FF0, b"LO", b"Quarrington "),
    "creator that is no creator": lambda: element(0x00090010, b"LO", b"QUARRINGTON "),
    "private without a creator": lambda: element(0x00091010, b"LO", b"Quarrington "),
    "private below the blocks": lambda: element(0x00090001, b"LO", b"Quarrington "),
    "group length of text": lambda: element(0x00090000, b"UL", b"Quarrington "),
    "length to end": lambda: element(0x00080001, b"UL", b"Quarrington "),
    "wrong VR": lambda: element(0x00081040, b"US", b"Quarrington "),
    "odd length": lambda: element(0x00081040, b"LO", b"Quarrington"),
    "padded with NULs": lambda: element(0x00081090, b"LO", b"Quarrington\0\0\0"),
    "behind a NUL": lambda: element(0x00081090, b"LO", b"Model\0Quarrington"),
    "a date range": lambda: element(0x00082112, b"UN", f"{BORN}-{BORN} ".encode()),
}


@pytest.mark.parametrize("kind", SPLICED)
@pytest.mark.parametrize("options", [(), ("descriptors", "structured", "graphics", "safe-private", "modified-dates")])
def test_the_name_is_nowhere_in_what_is_released(kind: str, options: tuple[str, ...]) -> None:
    try:
        _, body = given_back(spliced(SPLICED[kind]()), *options)
    except ItemError as error:
        assert "quarrington" not in error.message.lower()
        return
    for plant in ("quarrington", "4471923", BORN):
        assert plant not in said(body)


NUMBERS = [(0x00283002, "US"), (0x00189602, "FD"), (0x00186050, "UL"), (0x00280009, "AT"), (0x00189087, "FD")]


@pytest.mark.parametrize(("tag", "vr"), NUMBERS)
@pytest.mark.parametrize("words", [b"Weberling, Klaus", b"Weberling" + bytes(7)])
def test_words_are_no_numbers(tag: int, vr: str, words: bytes) -> None:
    original = dataset()
    original.add_new(tag, "OB", words)
    body = stored(original)
    assert element(tag, b"OB", words) in body
    changed = body.replace(element(tag, b"OB", words), element(tag, vr.encode(), words))
    assert "weberling" not in said(given_back(changed)[1])


@pytest.mark.parametrize("tag", [0x00660016, 0x00281204, 0x54000110, 0x7FE00020, 0x7FE00030])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-8"])
def test_words_are_no_tables(tag: int, codec: str) -> None:
    original = dataset()
    original.add_new(tag, "OW", "Weberling, Klaus".encode(codec).rjust(64, b"\1"))
    assert "weberling" not in said(given_back(stored(original))[1]).replace("\0", "")


def test_tables_of_small_numbers_are_no_words() -> None:
    assert not speaks(b"".join(number.to_bytes(2, "little") for number in range(60, 123)))
    assert not speaks(b"".join(number.to_bytes(2, "little") for number in (70, 72, 75, 77, 76, 74, 71, 69)))
    assert not speaks("Weberling".encode("utf-16-le"), samples=True)
    assert speaks("Zainurun".encode("utf-16-le"))


@pytest.mark.parametrize(
    "echo", ["5175617272696e67746f6e", "Q u a r r i n g t o n", "Quarring\u00adton", "Q\u0301uarrington"]
)
def test_a_disguised_name_is_found(echo: str) -> None:
    made, _ = given_back(stored(dataset(SpecificCharacterSet="ISO_IR 192", WindowCenterWidthExplanation=echo)))
    assert made.WindowCenterWidthExplanation == "REMOVED"


def test_a_name_with_accents_is_found_without_them() -> None:
    changes = {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Wébérling^Kláus"}
    made, _ = given_back(stored(dataset(**changes, ScanOptions="WEBERLING")))
    assert made.ScanOptions == "REMOVED"


def test_a_name_of_two_letters_and_one_is_found() -> None:
    made, _ = given_back(stored(dataset(PatientName="Ng^O", WindowCenterWidthExplanation="O Ng")))
    assert made.WindowCenterWidthExplanation == "REMOVED"


@pytest.mark.parametrize(
    "name",
    [
        "ZEBULON QUARRINGTON",
        "Quarrington, Z.",
        "Z QUARRINGTON",
        "quarrington_zebulon",
        "QuarringtonZebulon",
        "Q, Zebulon",
    ],
)
def test_a_name_is_found_in_every_order(name: str) -> None:
    for word in ("quarrington", "zebulon"):
        assert word not in said(given_back(stored(dataset(ManufacturerModelName=name)))[1])


@pytest.mark.parametrize("written", ["447-1923", "447 19 23", "MRN4471923", "447.1923"])
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    assert written.lower() not in said(given_back(stored(dataset(ManufacturerModelName=f"no {written}")))[1])


def test_names_of_common_words_are_found_together_and_alone() -> None:
    for echo in ("Hand Young", "YOUNG_HAND", "Young"):
        made, _ = given_back(stored(dataset(PatientName="Young^Hand", ManufacturerModelName=echo)))
        assert made.ManufacturerModelName == "REMOVED", echo
    made, _ = given_back(stored(dataset(PatientName="Young^Hand", BodyPartExamined="HAND")))
    assert made.BodyPartExamined == "HAND"


def test_an_institution_is_found_inside_other_names() -> None:
    made, _ = given_back(stored(dataset(InstitutionName="TOSHIBA", Manufacturer="TOSHIBA_MEC")))
    assert made.Manufacturer == "REMOVED"


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "FrameOfReferenceUID", "IrradiationEventUID"])
def test_a_uid_that_only_looks_registered_is_replaced(keyword: str) -> None:
    uid = "1.2.840.10008.5.1.4.1.1.2.982248744"
    made, body = given_back(stored(dataset(**{keyword: uid})))
    assert "982248744" not in said(body)
    assert made[keyword].value == KEY.uid(uid)


def test_a_class_that_only_looks_registered_is_replaced() -> None:
    reference = sequence(ReferencedSOPClassUID=f"{CT}.982248744", ReferencedSOPInstanceUID=CT)
    made, body = given_back(stored(dataset(ReferencedImageSequence=reference)))
    assert "982248744" not in said(body)
    assert made.ReferencedImageSequence[0].ReferencedSOPInstanceUID == CT


def test_the_file_meta_group_says_nothing_of_the_original() -> None:
    original = dataset()
    original.file_meta.ImplementationVersionName = "QUARRINGTON"
    original.file_meta.ImplementationClassUID = UID(f"{ROOT}.9")
    original.file_meta.SendingApplicationEntityTitle = "QUARRINGTON"
    original.file_meta.PrivateInformationCreatorUID = UID(f"{ROOT}.8")
    original.file_meta.PrivateInformation = b"Quarrington "
    original.file_meta.MediaStorageSOPInstanceUID = UID(f"{ROOT}.77")
    made, body = given_back(stored(original))
    assert "quarrington" not in said(body)
    assert ROOT not in said(body)
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID


TABLE = bytes(range(256)) * 2


def test_tables_are_as_long_as_their_descriptors() -> None:
    original = dataset(ModalityLUTSequence=sequence(LUTDescriptor=[256, 0, 16], LUTData=TABLE, ModalityLUTType="HU"))
    original.ModalityLUTSequence[0]["LUTData"].VR = "OW"
    made, _ = given_back(stored(original))
    assert made.ModalityLUTSequence[0]["LUTData"].value
    original.ModalityLUTSequence[0].LUTData = TABLE + b"Weberling "
    made, body = given_back(stored(original))
    assert "weberling" not in said(body)


def test_a_grey_picture_has_no_palette() -> None:
    palette = {"RedPaletteColorLookupTableDescriptor": [256, 0, 16], "RedPaletteColorLookupTableData": TABLE}
    assert "RedPaletteColorLookupTableData" not in given_back(stored(dataset(**palette)))[0]
    made, _ = given_back(stored(dataset(**palette, PhotometricInterpretation="PALETTE COLOR")))
    assert made.RedPaletteColorLookupTableData == TABLE


def test_a_waveform_ends_with_its_last_sample() -> None:
    ecg = "1.2.840.10008.5.1.4.1.1.9.1.1"
    wave = item(NumberOfWaveformChannels=1, NumberOfWaveformSamples=4, WaveformBitsAllocated=16)
    wave.add_new(0x54001010, "OW", b"\1\0\2\0\3\0\4\0" + b"Weberling ")
    original = dataset(
        SOPClassUID=ecg, Modality="ECG", WaveformSequence=[wave], PixelData=None, Rows=None, BitsAllocated=None
    )
    made, body = given_back(stored(original))
    assert made.WaveformSequence[0].WaveformData == b"\1\0\2\0\3\0\4\0"
    assert "weberling" not in said(body)


def test_only_one_kind_of_pixels_stays() -> None:
    original = dataset()
    original.add_new(0x7FE00001, "OV", b"Weberling  Klaus")
    original.add_new(0x7FE00008, "OF", b"Weberling Klaus ")
    made, body = given_back(stored(original))
    assert "weberling" not in said(body)
    assert "PixelData" in made


@pytest.mark.parametrize(
    ("scheme", "code", "stays"),
    [
        ("SCT", "39607008", True),
        ("DCM", "113100", True),
        ("SRT", "T-D3000", True),
        ("UCUM", "mm[Hg]", True),
        ("LN", "18782-3", True),
        ("SCT", "Weberling", False),
        ("DCM", "99120043", False),
        ("UCUM", "Krovabraind", False),
        ("99X", "Weberling", False),
    ],
)
def test_codes_look_like_those_of_their_scheme(scheme: str, code: str, stays: bool) -> None:
    coded = sequence(CodeValue=code, CodingSchemeDesignator=scheme, CodeMeaning="Chest")
    made, _ = given_back(stored(dataset(AnatomicRegionSequence=coded)))
    assert (made.AnatomicRegionSequence[0].CodeValue == code) is stays


def test_one_value_of_several_is_replaced_alone() -> None:
    made, _ = given_back(stored(dataset(ImageType=["ORIGINAL", "PRIMARY", "WEBERLING"])))
    assert list(made.ImageType) == ["ORIGINAL", "PRIMARY", "REMOVED"]


@pytest.mark.parametrize(
    ("keyword", "value", "stays"),
    [
        ("AcquisitionNumber", "99120043", False),
        ("AcquisitionNumber", "19610214", False),
        ("AcquisitionNumber", "7", True),
        ("CountsAccumulated", "123456789", True),
        ("RescaleIntercept", "-1024.5", True),
    ],
)
def test_numbers_of_somebody_are_no_counts(keyword: str, value: Any, stays: bool) -> None:
    made, _ = given_back(stored(dataset(**{keyword: value})))
    assert (str(made[keyword].value) == value) is stays


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, UID("1.2.840.10008.1.2.1.99"), UID("1.2.840.10008.1.2.2")])
def test_bytes_behind_the_data_set_are_left_behind(syntax: UID) -> None:
    original = dataset()
    original.file_meta.TransferSyntaxUID = syntax
    original["PixelData"].VR = "OW"
    body = stored(original) + b"Quarrington" * 3
    assert "quarrington" not in said(release(parsed(body), body, chosen(), KEY).body)


def test_a_device_uid_that_is_kept_is_not_made_of_the_patient() -> None:
    made = dataset(PatientID="80177305")
    made.DeviceUID, made.ManufacturerDeviceClassUID = f"{ROOT}.80177305.7", f"{ROOT}.{BORN}.9"
    back, _ = given_back(stored(made), "device")
    assert back.DeviceUID == KEY.uid(made.DeviceUID)
    assert back.ManufacturerDeviceClassUID == KEY.uid(made.ManufacturerDeviceClassUID)
    made.DeviceUID = "1.2.840.99999.12.7"
    assert given_back(stored(made), "device")[0].DeviceUID == made.DeviceUID
