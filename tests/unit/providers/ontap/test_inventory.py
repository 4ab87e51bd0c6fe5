from __future__ import annotations

import copy
from typing import Any

import pytest

from fsxap.errors import NotFound, ServiceError, UsageError
from fsxap.providers.ontap.inventory import choose

from .recordings import recording


def records(**other: dict[str, Any]) -> list[dict[str, Any]]:
    """The recorded volumes, and more volumes like vol1, each with its differences."""
    found: list[dict[str, Any]] = recording("volumes")["records"]
    for name, differences in other.items():
        found.append({**copy.deepcopy(found[1]), "name": name, "uuid": f"u-{name}", **differences})
    return found


SECOND = {"projects": {"nas": {"path": "/projects"}}}
OTHER_SVM = {"far": {"svm": {"name": "svm2", "uuid": "s2"}, "nas": {"path": "/far"}}}


@pytest.mark.parametrize(
    ("more", "svm", "names", "chosen"),
    [
        ({}, "", [], ["vol1"]),
        ({}, "svm1", ["vol1"], ["vol1"]),
        ({}, "", ["*"], ["vol1"]),
        (SECOND, "", ["*"], ["vol1", "projects"]),
        (SECOND, "", ["projects", "vol1", "projects"], ["projects", "vol1"]),
        (OTHER_SVM, "svm2", [], ["far"]),
        (OTHER_SVM, "", ["far"], ["far"]),
        (OTHER_SVM, "svm1", ["*"], ["vol1"]),
    ],
)
def test_chosen(more: dict[str, Any], svm: str, names: list[str], chosen: list[str]) -> None:
    found = choose(records(**more), svm, names)
    assert [volume.name for volume in found.chosen] == chosen
    assert len({volume.svm for volume in found.mounted}) == 1


@pytest.mark.parametrize(
    ("more", "svm", "names", "code", "told"),
    [
        (SECOND, "", [], "volume-required", "projects, vol1, or *"),
        (SECOND, "", ["vol2"], "unknown-volume", "projects, vol1"),
        ({}, "", ["vol1_dp"], "volume-unfit", "vol1"),
        ({}, "", ["archive"], "volume-unfit", "vol1"),
        ({}, "", ["scratch"], "volume-unfit", "vol1"),
        ({}, "", ["svm1_root"], "volume-unfit", "vol1"),
        ({}, "svm9", [], "unknown-svm", "svm1"),
        (OTHER_SVM, "", [], "svm-required", "svm1, svm2"),
        (OTHER_SVM, "", ["*"], "svm-required", "svm1, svm2"),
        (OTHER_SVM, "", ["vol1", "far"], "svm-required", "svm1, svm2"),
        (OTHER_SVM, "svm2", ["vol1"], "unknown-volume", "far"),
    ],
)
def test_what_is_unclear_is_asked_back(more: dict[str, Any], svm: str, names: list[str], code: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(records(**more), svm, names)
    assert caught.value.code == code
    assert told in caught.value.hint


def test_what_is_left_out_has_a_reason() -> None:
    part = {"style": "flexgroup_constituent"}
    found = choose(records(vol1__0001=part), "", ["*"])
    assert set(found.left_out) == {"svm1_root", "vol1_dp", "archive", "scratch", "vol1__0001"}
    assert "not mounted" in found.left_out["scratch"]
    assert "offline" in found.left_out["archive"]


def test_mounted_volumes_own_their_paths_though_they_are_not_audited() -> None:
    assert {volume.path for volume in choose(records(), "", []).mounted} == {"/", "/vol1", "/archive"}


@pytest.mark.parametrize("found", [[], recording("volumes")["records"][2:]])
def test_nothing_to_audit(found: list[dict[str, Any]]) -> None:
    with pytest.raises(NotFound) as caught:
        choose(found, "", [])
    assert caught.value.code == "no-volume"


def test_many_names_are_not_all_listed() -> None:
    many = {f"v{number:03}": {"nas": {"path": f"/v{number}"}} for number in range(50)}
    with pytest.raises(UsageError) as caught:
        choose(records(**many), "", [])
    assert "and 31 more" in caught.value.hint


def test_a_volume_in_another_shape() -> None:
    with pytest.raises(ServiceError):
        choose([{"name": "x", "nas": "text"}], "", [])
