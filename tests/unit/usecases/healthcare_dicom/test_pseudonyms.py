from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms, capped, shifted

ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)


@given(st.text())
def test_uids_are_valid_and_depend_on_the_key(original: str) -> None:
    made = ONE.uid(original)
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d*)", made)
    assert len(made) <= 64
    assert made == Pseudonyms(b"1" * 32).uid(original)
    assert made != OTHER.uid(original)


def test_pseudonyms_are_the_same_on_every_machine() -> None:
    assert ONE.uid("1.2.3") == "2.25.156080987771582996958295332821859138501"
    assert ONE.patient("1") != ONE.identifier("1")
    assert "1111" not in repr(ONE)
    assert ONE.fingerprint != OTHER.fingerprint


@given(st.text(), st.dates(date(1920, 1, 1), date(2100, 1, 1)), st.dates(date(1920, 1, 1), date(2100, 1, 1)))
def test_a_shift_keeps_intervals_and_weekdays(patient: str, first: date, second: date) -> None:
    by = ONE.shift(patient)
    assert timedelta(weeks=-523) <= by <= timedelta(weeks=-53)
    moved = [shifted(f"{each:%Y%m%d}", by) or "" for each in (first, second)]
    made = [datetime.strptime(text, "%Y%m%d").date() for text in moved]
    assert made[1] - made[0] == second - first
    assert made[0].weekday() == first.weekday()


@pytest.mark.parametrize(
    ("original", "moved"),
    [
        ("20240611", "20240604"),
        (" 20240611 ", "20240604"),
        ("2024.06.11", "20240604"),
        ("20240611091500.12+0900", "20240604091500.12+0900"),
        ("202406", "202406"),
        ("2024", "2024"),
        ("2024+0100", "2024+0100"),
        ("20241399", None),
        ("20240611 Weber", None),
        ("2024061x", None),
        ("", None),
        ("yesterday", None),
        ("00010101", None),
    ],
)
def test_dates_of_every_precision_move(original: str, moved: str | None) -> None:
    assert shifted(original, timedelta(days=-7)) == moved


@pytest.mark.parametrize(
    ("age", "made"), [("073Y", "073Y"), ("090Y", "090Y"), ("103Y", "090Y"), ("103D", "103D"), ("old", None)]
)
def test_old_ages_are_one_group(age: str, made: str | None) -> None:
    assert capped(age) == made
