from __future__ import annotations

import pytest

from fsxap.usecases.healthcare_dicom.profile import tables
from fsxap.usecases.healthcare_dicom.text import Detector, Identity

IDENTITY = Identity(
    phrases=frozenset({"quarrington zebulon", "mrn-4471923", "ostrava general hospital"}),
    tokens=frozenset({"quarrington", "zebulon", "山田"}),
)
DETECTOR = Detector(IDENTITY, tables().vocabulary)

NAMING = [
    "scan of QUARRINGTON",
    "zebulon_axial",
    "山田太郎",
    "see MRN-4471923",
    "at Ostrava  General Hospital",
    "seen by Dr. Fennimore",
    "Weber^Klaus",
    "Klaus Weberling",
    "born 27.03.1951",
    "March 27, 1951",
    "昭和26年3月27日",
    "2024-06-11",
    "call 555-201-4477",
    "a.weber@clinic.example",
    "078-05-1120",
    "12 Elm Grove Road",
    "ID: A1234567",
    "1.2.826.0.1.3680043.9",
    "C:\\data\\weber",
]
TECHNICAL = [
    "WINDOW1",
    "BRAIN",
    "Chest CT routine",
    "B30f",
    "MAGNETOM Avanto",
    "Full fidelity image, uncompressed or lossless compressed",
    "*fl3d1_ns",
    "2.6.3",
    "syngo",
    "Lead I (Einthoven)",
    "1.5T",
]


@pytest.mark.parametrize("text", NAMING)
def test_what_names_somebody_is_seen(text: str) -> None:
    assert DETECTOR.suspicious(text)


@pytest.mark.parametrize("text", TECHNICAL)
def test_technical_texts_are_left_alone(text: str) -> None:
    assert not DETECTOR.suspicious(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("CT CHEST WITH CONTRAST", "CT CHEST WITH CONTRAST"),
        ("CT chest Quarrington", "CT chest"),
        ("seen by Dr. Fennimore, contrast given", "seen by Dr. , contrast given"),
        ("brain 20240611", "brain"),
        ("axial T2 FLAIR", "axial T2 FLAIR"),
    ],
)
def test_cleaning_takes_out_what_names_and_leaves_the_rest(text: str, cleaned: str) -> None:
    assert DETECTOR.clean(text) == cleaned


@pytest.mark.parametrize("text", NAMING)
def test_cleaned_text_says_nothing_of_the_header(text: str) -> None:
    assert not DETECTOR.known(DETECTOR.clean(text))


def test_a_header_without_names_is_no_excuse_for_shapes() -> None:
    assert Detector(Identity(), tables().vocabulary).suspicious("Klaus Weberling, 27.03.1951")
