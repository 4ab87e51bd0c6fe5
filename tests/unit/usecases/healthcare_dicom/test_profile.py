from __future__ import annotations

from pathlib import Path

import pytest

from fsxap.errors import ConfigurationError
from fsxap.usecases.healthcare_dicom import profile
from fsxap.usecases.healthcare_dicom.profile import choose, overrides, resolve
from tests.unit.usecases.healthcare_dicom.made import CT, chosen


def test_the_table_is_whole() -> None:
    listed = profile.tables().listed
    assert len(listed) > 640
    assert {row[1] for row in listed.values()} == {"X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"}
    assert "2024b" in profile.tables().edition
    assert "2025b" in profile.tables().edition
    assert 0x0010_0012 in listed, "an addition of 2025b"


@pytest.mark.parametrize(
    ("written", "kind", "action"),
    [
        ("X", "3", "X"),
        ("X", "2", "Z"),
        ("X", "1", "D"),
        ("Z", "1", "D"),
        ("X/Z", "3", "X"),
        ("X/Z", "2", "Z"),
        ("X/Z", "", "Z"),
        ("X/D", "3", "X"),
        ("X/D", "1", "D"),
        ("X/D", "", "D"),
        ("Z/D", "2", "Z"),
        ("Z/D", "1C", "D"),
        ("X/Z/D", "3", "X"),
        ("X/Z/D", "2C", "Z"),
        ("X/Z/D", "1", "D"),
        ("X/Z/U*", "3", "U"),
        ("X/Z/U*", "1", "U"),
        ("K", "1", "K"),
    ],
)
def test_compound_actions_are_resolved_by_type(written: str, kind: str, action: str) -> None:
    assert resolve(written, kind) == action


@pytest.mark.parametrize(
    ("tag", "options", "action"),
    [
        (0x00100010, (), "Z"),
        (0x00080018, (), "U"),
        (0x00080018, ("uids",), "K"),
        (0x00080080, ("institution",), "K"),
        (0x00080020, ("full-dates",), "K"),
        (0x00080020, ("modified-dates",), "C"),
        (0x00081030, (), "X"),
        (0x00081030, ("descriptors",), "C"),
        (0x00101010, ("patient",), "K"),
        (0x00181000, ("device",), "K"),
        (0x00280010, (), None),
    ],
)
def test_options_change_the_action(tag: int, options: tuple[str, ...], action: str | None) -> None:
    assert chosen(*options).action(tag, CT) == action


def test_the_type_comes_from_the_iod() -> None:
    assert chosen().type_of(0x00200052, CT, 0) == "1"
    assert chosen().type_of(0x00081030, CT, 0) == "3"
    assert chosen().type_of(0x00200052, "1.2.3", 0) == ""


def test_contradictory_and_unknown_options_are_refused() -> None:
    with pytest.raises(ValueError, match="exclude"):
        choose("basic", ("full-dates", "modified-dates"), ())
    with pytest.raises(ValueError, match="everything"):
        choose("basic", ("everything",), ())
    assert "modified-dates" in choose("tcia", (), ())


def test_a_policy_overrides_and_earns_no_code_for_what_it_keeps(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text('"(0008,0070)": X\n"00081030": K\n')
    made = overrides(str(path))
    assert made == {0x00080070: "X", 0x00081030: "K"}
    policed = chosen(overrides=made)
    assert policed.action(0x00080070) == "X"
    assert policed.codes == ()
    assert chosen(overrides={0x00080070: "X"}).codes[0][0] == "113100"


@pytest.mark.parametrize("text", ["[1]", '"0008,0070": Q', "PatientName: K", "a: [", "1: X"])
def test_a_policy_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        overrides(str(path))


def test_codes_name_what_was_applied() -> None:
    assert [code for code, _ in chosen().codes] == ["113100"]
    assert {code for code, _ in chosen("uids", "descriptors").codes} == {"113100", "113105", "113110"}
