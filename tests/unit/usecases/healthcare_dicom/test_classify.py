from __future__ import annotations

from typing import Any

import pytest

from fsxap.usecases.healthcare_dicom.classify import STORAGE, classify, is_dicom
from tests.unit.usecases.healthcare_dicom.made import dataset, parsed, stored

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "image", "low"),
    ({"BurnedInAnnotation": "YES"}, "image", "high"),
    ({"SOPClassUID": f"{STORAGE}6.1", "Modality": "US"}, "image", "high"),
    ({"SOPClassUID": f"{STORAGE}7"}, "secondary-capture", "high"),
    ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "image", "high"),
    ({"ConversionType": "WSD"}, "image", "high"),
    ({"Modality": "ZZ"}, "image", "high"),
    ({"Modality": None}, "image", "high"),
    ({"SOPClassUID": f"{STORAGE}88.11", "Rows": None, "PixelData": None}, "structured-report", "none"),
    ({"SOPClassUID": f"{STORAGE}88.67", "Rows": None, "PixelData": None}, "dose-report", "none"),
    ({"SOPClassUID": f"{STORAGE}104.1", "Rows": None, "PixelData": None}, "document", "none"),
    ({"SOPClassUID": f"{STORAGE}11.1", "Rows": None, "PixelData": None}, "presentation-state", "none"),
    ({"SOPClassUID": f"{STORAGE}481.3", "Rows": None, "PixelData": None}, "radiotherapy", "none"),
    ({"SOPClassUID": f"{STORAGE}66.4", "Modality": "SEG"}, "segmentation", "low"),
    ({"SOPClassUID": f"{STORAGE}66"}, "raw-data", "low"),
    ({"SOPClassUID": "1.2.3.4"}, "private", "low"),
]


@pytest.mark.parametrize(("changes", "kind", "risk"), CASES)
def test_kind_and_risk_come_from_the_header(changes: dict[str, Any], kind: str, risk: str) -> None:
    about = classify(parsed(stored(dataset(**changes))))
    assert (about.kind, about.risk) == (kind, risk)
    assert (about.risk == "high") == bool(about.why)


@pytest.mark.parametrize("kind", ["1.2.840.10008.1.3.10", f"{STORAGE}104.1", f"{STORAGE}66", "1.2.3.4"])
def test_what_cannot_be_cleaned_is_refused_with_a_reason(kind: str) -> None:
    assert classify(parsed(stored(dataset(SOPClassUID=kind)))).refused


def test_a_head_is_a_face() -> None:
    assert classify(parsed(stored(dataset(BodyPartExamined="HEAD")))).face
    assert not classify(parsed(stored(dataset()))).face


def test_a_header_cannot_smuggle_words_into_the_result() -> None:
    about = classify(parsed(stored(dataset(BodyPartExamined="QUARRINGTON Z", Modality="Q Z"))))
    assert (about.body_part, about.modality) == ("", "")
    about = classify(parsed(stored(dataset(BodyPartExamined="QUARRINGTON", Modality="SMITH"))))
    assert (about.body_part, about.modality) == ("", "")
    about = classify(parsed(stored(dataset(SOPClassUID=f"{STORAGE}2.982248744"))))
    assert (about.sop_class, about.kind, bool(about.refused)) == ("", "unregistered", True)


WHOLE = stored(dataset())


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (WHOLE, True),
        (WHOLE[132:], True),
        (WHOLE[WHOLE.index(b"\x08\x00\x05\x00CS") :], True),
        (b"\x08\x00\x05\x00\x0a\0\0\0ISO_IR 100", True),
        (b"\x00\x08\x00\x05CS\x00\x0aISO_IR 100", True),
        (b"", False),
        (b"PK\x03\x04" + bytes(200), False),
        (b"%PDF-1.7" + bytes(200), False),
        (b"FORMAT dicom\n", False),
        (bytes(200), False),
    ],
)
def test_dicom_is_known_by_content(head: bytes, answer: bool) -> None:
    assert is_dicom(head) is answer
