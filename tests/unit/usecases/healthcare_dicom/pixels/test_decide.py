from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.ports import TextLine
from fsxap.usecases.healthcare_dicom.pixels.decide import own_of, reason, reasons
from fsxap.usecases.healthcare_dicom.pixels.labels import explained

LABELS = (
    "120 kV", "120kVp", "250 mA", "5 cm", "MI 1.1", "MI:1.1", "TIS 0.4", "TlS 0.4", "TIB 0.2", "L", "R", "LAT",
    "7.5MHz", "W 400 L 40", "WW 350 WL 40", "5.0 mm", "ZOOM 1.5", "Z00M 1.5", "FR 32 Hz", "Gain 62%", "AP", "PA",
    "R CC", "LMLO", "100 mAs", "DR 60dB", "FPS 25", "TE 90", "TR 2500", "SUPINE", "Depth 15 cm", "THK 3.0 mm", "10",
    "150", "0.5", "HR 72 bpm", "0.5 mGy", "FOV 240 mm", "PORTABLE", "2D", "CHEST PA", "MI 1.1 TIS 0.4", "Im: 12/60",
    "512 x 512 px", "12 cm/s", "Se: 3", "+", "-5", "kV", "TIS",
)  # fmt: skip
IDENTIFIERS = (
    "RAVENSWORTH", "Ottoline Ravensworth", "RAVEN5W0RTH", "0ttoline", "Ravensw0rth^0", "5518273", "ID: 5518273",
    "551827", "5518278", "17.09.1943", "1943-09-17", "17/09/43", "09171943", "17-SEP-1943", "A771043", "Acc A77I043",
    "St Agnes Hospital", "LAT 17.09.1943", "LAT RAVENSWORTH", "14:05:33", "10:32", "71Y M", "071Y", "M", "SMITH, J",
    "Dr. Nakagomi", "MRN 99120043", "12345", "1961", "+49 30 1234567", "L 1234567", "山田 太郎", "Jane 120 kV",
    "120 kV Jane", "5 cm 12.05.1961", "Fox", "Lee", "Mercy General", "kVarna", "LATHAM", "APPEL", "RL Stevens",
)  # fmt: skip
OWN = own_of(["RAVENSWORTH^OTTOLINE", "5518273", "19430917", "St. Agnes Hospital", "A771043"])


def line(text: str, left: float = 0, confidence: float = 0.95) -> TextLine:
    right = left + 10 * len(text)
    return TextLine(((left, 0), (right, 0), (right, 20), (left, 20)), text, confidence)


@pytest.mark.parametrize("text", LABELS)
def test_clinical_labels_stay(text: str) -> None:
    assert explained(text)
    assert reason(line(text), OWN) == ""


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_whatever_else_goes(text: str) -> None:
    assert reason(line(text), OWN)


def test_a_label_that_is_the_patients_own_name_goes() -> None:
    assert reason(line("CHEST"), own_of(["CHEST^A"])) == "identifier of the header"
    assert reason(line("DEPTH 5 cm"), own_of(["DEPTH^MARY"])) == "identifier of the header"


def test_an_initial_does_not_take_the_side_marker_with_it() -> None:
    assert reason(line("L"), own_of(["RAVENSWORTH^L", "L"])) == ""


def test_what_is_read_badly_goes_and_what_is_hardly_read_is_no_text() -> None:
    assert reason(line("120 kV", confidence=0.5), OWN) == "unread"
    assert reason(line("Ravenswor", confidence=0.3), OWN) == "unread"
    assert reason(line("n", confidence=0.3), OWN) == ""


def test_a_scrap_beside_an_identifier_goes_with_it() -> None:
    assert reasons([line("12"), line("MAY 1961", left=30)], OWN) == ["beside an identifier", "date or number"]
    assert reasons([line("12"), line("MAY 1961", left=300)], OWN)[0] == ""


@given(
    st.from_regex(r"[A-Z][a-z]{2,9} [A-Z][a-z]{3,9}|[0-9]{4,9}|[0-3][0-9][./-][01][0-9][./-]19[0-9]{2}", fullmatch=True)
)
def test_the_headers_values_never_stay(identifier: str) -> None:
    assert reason(line(identifier), own_of([identifier]))


@given(st.from_regex(r"[0-9]{5,12}|[A-Z]{1,3}[0-9]{5,9}|[0-9]{1,2}[.:/-][0-9]{2}[.:/-][0-9]{2,4}", fullmatch=True))
def test_nothing_shaped_like_a_number_or_date_is_a_label(text: str) -> None:
    assert not explained(text)
