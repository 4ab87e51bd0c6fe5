from __future__ import annotations

from collections.abc import Sequence

import pytest

from fsxap.ports import Span
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
    "Weberling",
    "WEBERLING KLAUS",
    "klaus weberling",
    "JohnSmith",
    "smith_john",
    "White, R.",
    "Dr. White",
    "Mrs Young",
    "patient John Hill",
    "Kim",
    "O'Brien",
    "王小明",
    "Иванов",
    "14.02.61",
    "14FEB1961",
    "14-FEB-61",
    "1961/2/14",
    "14th of February 1961",
    "14 février 1961",
    "14. Februar 1961",
    "born 1961",
    "DOB:021461",
    "92-year-old",
    "MRN99120043",
    "#99120043",
    "5298-7639",
    "K-882-194",
    "id 4417",
    "(555) 201-4477",
    "555.201.4477",
    "+49 30 1234567",
    "555-0199",
    "+44 (0)20 7946 0958",
    "742 Evergreen Terrace",
    "Hauptstr. 12",
    "10115 Berlin",
    "IL 62704",
    "P.O. Box 991",
    "SW1A 1AA",
    "pacs01.stmary.org",
    "Saint Mary Hospital",
    "Klinikum Rechts",
    "123.456.789-00",
    "seen by Grid Field",
    "read by field",
    "Li^Wu",
    "Ng^O",
    "T.D. 2006",
    "V2ViZXJsaW5n",
    "V2ViZXI=",
    "Adomaitis",
    "5765626572",
    "0057006500620065",
    "W e b e r",
    "W-e-b-e-r",
    "W.E.B.E.R",
    "chest\u200b scan",
    "ch\u00adest",
    "W\u0301e\u0301b\u0301",
    "Que\u0301rrington",
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
    "ABDOMEN^ROUTINE",
    "L-SPINE AP/LAT",
    "2 phase liver CT",
    "ep2d_diff_b50_400_800",
    "DIFFUSION b1000",
    "MR BRAIN",
    "DR CHEST 2V",
    "120 kV 512x512",
    "Hx of sarcoidosis, rule out lymphoma",
    "SOMATOM Definition Flash",
    "GE MEDICAL SYSTEMS",
    "t2_tse_sag_384",
    "Circle of Willis MRA",
    "R/O 3 mm stone",
    "G.E. Medical Systems",
    "CHESTABDPELVIS",
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
        ("CT CHEST for John Smith", "CT CHEST for"),
        ("MRI BRAIN Jane Doe 02/14/1961", "MRI BRAIN"),
        ("seen at 12 Elm Grove Road", "seen at"),
        ("scan of smith 14feb1961", "scan of"),
        ("Mercy General Hospital CT chest", "CT chest"),
        ("Head^HEAD_ROUTINE", "Head^HEAD_ROUTINE"),
        ("CT CHEST WITH CONTRAST", "CT CHEST WITH CONTRAST"),
        ("CT chest Quarrington", "CT chest"),
        ("seen by Dr. Fennimore, contrast given", "seen by Dr. , contrast given"),
        ("brain 20240611", "brain"),
        ("axial T2 FLAIR", "axial T2 FLAIR"),
        ("chest seen by Grid Field", "chest seen by"),
        ("CT^CHEST", "CT^CHEST"),
        ("chest Quar\u00adrington", "chest"),
        ("chest for Z\u0301ebulon", "chest for"),
        ("I.V. contrast", "I.V. contrast"),
    ],
)
def test_cleaning_takes_out_what_names_and_leaves_the_rest(text: str, cleaned: str) -> None:
    assert DETECTOR.clean(text) == cleaned


@pytest.mark.parametrize("text", NAMING)
def test_cleaned_text_says_nothing_of_the_header(text: str) -> None:
    assert not DETECTOR.known(DETECTOR.clean(text))


def test_a_header_without_names_is_no_excuse_for_shapes() -> None:
    assert Detector(Identity(), tables().vocabulary).suspicious("Klaus Weberling, 27.03.1951")


class Service:
    """Sees a name in every `Grid`, and remembers what it was asked."""

    engine = "made up"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, text: str) -> Sequence[Span]:
        self.asked.append(text)
        at = text.find("Grid")
        return [] if at < 0 else [Span(at, at + 4, "NAME", 0.1)]


def test_a_service_adds_to_the_rules_and_takes_nothing_away() -> None:
    service = Service()
    detector = Detector(IDENTITY, tables().vocabulary, service)
    assert DETECTOR.clean("chest Grid, Weberling") == "chest Grid"
    assert detector.clean("chest Grid, Weberling") == "chest"
    assert detector.recognised("chest Grid") and not detector.recognised("chest")
    assert not DETECTOR.recognised("chest Grid")
    for text in NAMING:
        assert len(detector.clean(text)) <= len(DETECTOR.clean(text))


def test_codes_are_not_sent_to_a_service() -> None:
    service = Service()
    detector = Detector(IDENTITY, tables().vocabulary, service)
    assert not detector.recognised("B30f") and not detector.recognised("1.5T")
    assert service.asked == []
