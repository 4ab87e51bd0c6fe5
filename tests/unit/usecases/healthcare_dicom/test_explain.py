from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsxap.errors import ConfigurationError
from fsxap.usecases.healthcare_dicom import PARAMS, USE_CASE
from fsxap.usecases.healthcare_dicom.explain import explain
from tests.unit.usecases.healthcare_dicom.made import chosen


def only(tag: int, *options: str, **overrides: dict[int, str]) -> tuple[str, str]:
    row = next(explain(chosen(*options, **overrides), [tag]))
    return row.action, row.why


def test_every_attribute_of_the_table_has_a_row() -> None:
    rows = list(explain(chosen()))
    assert len(rows) == len(chosen().tables.listed)
    assert rows == sorted(rows)
    name = next(row for row in rows if row.tag == "(0010,0010)")
    assert (name.keyword, name.name, name.action) == ("PatientName", "Patient's Name", "Z")


@pytest.mark.parametrize(
    ("tag", "options", "action", "why"),
    [
        (0x00081030, (), "X", "Basic Profile"),
        (0x00081030, ("descriptors",), "C", "option descriptors"),
        (0x00101010, ("patient",), "K", "option patient"),
        (0x00080020, ("modified-dates",), "C", "option modified-dates"),
        (0x00280010, (), "C", "names nobody"),
        (0x00091001, (), "X", "private"),
        (0x00091001, ("safe-private",), "C", "safe list"),
        (0x60003000, (), "X", "overlays"),
        (0x60003000, ("graphics",), "C", "option graphics"),
        (0x00180FF1, (), "X", "unknown to the standard"),
        (0x00082218, (), "K", "walked"),
        (0x00181050, (), "C", "names nobody"),
    ],
)
def test_the_reason_names_what_decided(tag: int, options: tuple[str, ...], action: str, why: str) -> None:
    assert only(tag, *options)[0] == action
    assert why in only(tag, *options)[1]


def test_a_policy_is_the_reason_for_what_it_decides() -> None:
    assert only(0x00280010, overrides={0x00280010: "X"}) == (
        "X",
        "removed, or emptied where its IOD requires it: local policy",
    )
    assert len(list(explain(chosen(overrides={0x00280010: "X"})))) == len(chosen().tables.listed) + 1


def told(**params: Any) -> dict[str, dict[str, Any]]:
    assert USE_CASE.explain is not None
    rows = USE_CASE.explain({param.name: param.default for param in PARAMS} | params)
    return {row["tag"]: row for row in rows if row["type"] == "attribute"}


def test_the_parameters_of_a_run_decide_what_is_told(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text('"0008,0070": X\n"(0028,0010)": K\n')
    rows = told(policy=str(policy), retain=("patient",), preset="tcia")
    assert rows["(0010,1010)"]["action"] == "K"
    assert rows["(0008,0020)"]["action"] == "C"
    assert (rows["(0008,0070)"]["action"], rows["(0028,0010)"]["action"]) == ("X", "K")
    assert "local policy" in rows["(0028,0010)"]["why"]
    assert told()["(0010,1010)"]["action"] == "X"


@pytest.mark.parametrize("written", ['"0008,0070": Q', "Modality: X", "- X", "{", '"0008,007": X'])
def test_a_policy_that_cannot_be_meant_is_an_error(written: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(written)
    with pytest.raises(ConfigurationError, match="the policy"):
        told(policy=str(policy))


def test_an_unknown_option_is_an_error_that_names_the_known() -> None:
    with pytest.raises(ConfigurationError, match="unknown option") as caught:
        told(retain=("names",))
    assert "safe-private" in str(caught.value.hint)
