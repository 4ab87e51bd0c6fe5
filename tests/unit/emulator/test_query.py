from __future__ import annotations

from typing import Any

import pytest

from fsxap.emulator import schema
from fsxap.emulator.query import matches, pairs, project, select, sorted_by
from fsxap.emulator.refusal import Refusal

RECORD: dict[str, Any] = {
    "name": "vol_1",
    "size": 3 << 30,
    "is_svm_root": False,
    "svm": {"name": "svm1", "uuid": "u-1"},
    "nas": {"path": "/vol_1", "export_policy": {"name": "default"}},
    "acls": [{"user": "Everyone", "inherited": True}, {"user": "CORP\\bob"}],
    "_links": {"self": {"href": "/api/x"}},
}


@pytest.mark.parametrize(
    ("name", "expression", "accepted"),
    [
        ("name", "vol_1", True),
        ("name", "vol", False),
        ("name", "VOL_1", False),
        ("name", "vol*", True),
        ("name", "*_*", True),
        ("name", "*x*", False),
        ("name", "a|vol_1|b", True),
        ("name", "a|b*", False),
        ("name", "!vol_1", False),
        ("name", "!a|b", True),
        ("name", "!vol*", False),
        ("name", '"vol_1"', True),
        ("name", '"vol*"', False),
        ("name", "a..w", True),
        ("name", "null", False),
        ("name", "!null", True),
        ("comment", "null", True),
        ("comment", "!null", False),
        ("comment", "x", False),
        ("comment", "!x", True),
        ("size", ">2g", True),
        ("size", ">3g", False),
        ("size", ">=3g", True),
        ("size", "<4g", True),
        ("size", "<=3221225472", True),
        ("size", "1g..5g", True),
        ("size", "4g..5g", False),
        ("size", "3g", True),
        ("size", "3221225473", False),
        ("is_svm_root", "False", True),
        ("is_svm_root", "TRUE", False),
        ("svm.name", "svm*", True),
        ("nas.export_policy.name", "default", True),
        ("acls.user", "CORP*", True),
        ("acls.user", "nobody", False),
        ("acls.inherited", "true", True),
    ],
)
def test_filters(name: str, expression: str, accepted: bool) -> None:
    assert matches(RECORD, ((name, expression),)) is accepted


def test_all_filters_must_match() -> None:
    assert matches(RECORD, (("name", "vol*"), ("size", ">1")))
    assert not matches(RECORD, (("name", "vol*"), ("size", "<1")))


def test_a_plus_in_a_query_is_a_plus() -> None:
    assert pairs("name=a+b%20c%2Bd&fields=%2A&flag") == (("name", "a+b c+d"), ("fields", "*"), ("flag", ""))


@pytest.mark.parametrize(
    ("query", "collection", "kept"),
    [
        ("", True, {"uuid", "name"}),
        ("size=>1", True, {"uuid", "name", "size"}),
        ("fields=state", True, {"uuid", "name", "state"}),
        ("fields=*", True, {"uuid", "name", "state", "size", "nas", "svm"}),
        ("fields=nas.path", True, {"uuid", "name", "nas"}),
        ("fields=**", True, {"uuid", "name", "state", "size", "nas", "svm", "analytics"}),
        ("", False, {"uuid", "name", "state", "size", "nas", "svm"}),
        ("fields=state", False, {"uuid", "name", "state"}),
    ],
)
def test_which_fields_come(query: str, collection: bool, kept: set[str]) -> None:
    record = {
        "uuid": "u",
        "name": "v",
        "state": "online",
        "size": 5,
        "svm": {"name": "s"},
        "nas": {"path": "/v", "export_policy": {"name": "default"}},
        "analytics": {"state": "off"},
        "_links": {},
    }
    shape = schema.VOLUME
    found = project(record, shape, select(query, shape, collection=collection))
    assert set(found) == kept | {"_links"}
    if query == "fields=*" or not (collection or query):
        assert found["nas"] == {"export_policy": {"name": "default"}}, "nas.path must be named"
    if query == "fields=nas.path":
        assert found["nas"] == {"path": "/v"}


def test_fields_inside_lists() -> None:
    body = {"svm": {"uuid": "u", "name": "s"}, "path": "/", "acls": RECORD["acls"], "owner": "o"}
    found = project(body, schema.SECURITY, select("fields=acls.user", schema.SECURITY, collection=False))
    assert found["acls"] == [{"user": "Everyone"}, {"user": "CORP\\bob"}]
    assert "owner" not in found


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("fields=name,colour", 400, "262197"),
        ("fields=", 400, "262197"),
        ("fields=nas.colour", 400, "262197"),
        ("colour=red", 404, "262179"),
        ("colour", 404, "262179"),
        ("max_records=0", 400, "2"),
        ("max_records=many", 400, "2"),
        ("return_timeout=121", 400, "2"),
        ("return_timeout=x", 400, "2"),
        ("return_records=perhaps", 400, "2"),
        ("order_by=colour", 400, "262197"),
        ("order_by=name%20up", 400, "262197"),
    ],
)
def test_what_is_refused(query: str, status: int, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        select(query, schema.VOLUME, collection=True)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_unknown_fields_can_be_ignored() -> None:
    chosen = select("fields=name,colour&shape=round&ignore_unknown_fields=True", schema.VOLUME, collection=True)
    assert chosen.fields == ("name",)


def test_filters_belong_to_collections() -> None:
    with pytest.raises(Refusal):
        select("name=x", schema.VOLUME, collection=False)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("size", ["none", "b", "a", "c"]),
        ("size%20desc", ["c", "b", "a", "none"]),
        ("size%20desc,name", ["c", "a", "b", "none"]),
        ("state,name%20desc", ["none", "c", "b", "a"]),
    ],
)
def test_order(order: str, expected: list[str]) -> None:
    records: list[dict[str, Any]] = [
        {"name": "b", "size": 2, "state": "x"},
        {"name": "a", "size": 2, "state": "x"},
        {"name": "none"},
        {"name": "c", "size": 10, "state": "x"},
    ]
    chosen = select(f"order_by={order}", schema.VOLUME, collection=True)
    assert [record["name"] for record in sorted_by(records, chosen.order)] == expected
