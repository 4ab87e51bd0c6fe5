from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.records import acl_record, descriptor_from_record
from fsxap.acl.rights import FULL, READ
from fsxap.model import dumps
from tests.unit.acl.builders import ORPHAN, PROTECTED, SALES, C, F, T, ace, deny, folder, unhurried, unix

text = st.text(max_size=12)
optional = st.none() | st.integers(0, 0xFFFFFFFF)
entries = st.builds(
    Ace,
    trustee=text,
    access=st.sampled_from(["allow", "deny", "audit", "other"]),
    mask=optional,
    inherited=st.booleans(),
    this_folder=st.booleans(),
    sub_folders=st.booleans(),
    files=st.booleans(),
    layer=st.sampled_from(["file", "slag", "share"]),
    sid=text,
    raw=text,
)
styles = st.sampled_from(["ntfs", "unix", "mixed", "unified", ""])
descriptors = st.builds(
    Descriptor,
    path=text,
    kind=st.sampled_from(["directory", "file", "symlink", "junction", "stream", "other"]),
    style=styles,
    volume_style=styles,
    owner=text,
    group=text,
    control=st.none() | st.integers(0, 0xFFFF),
    aces=st.lists(entries, max_size=4).map(tuple),
    mode=st.none() | st.integers(0, 0o7777),
    uid=optional,
    gid=optional,
    inode=st.integers(0, 2**63),
    dos=text,
)


@given(descriptors)
@unhurried
def test_a_record_read_back_is_the_same_descriptor(descriptor: Descriptor) -> None:
    assert descriptor_from_record(json.loads(dumps(acl_record(descriptor)))) == descriptor


def test_the_fields_of_the_contract() -> None:
    place = folder(
        ace(SALES, READ, inherited=True),
        deny(ORPHAN, FULL, (C, F), sid=ORPHAN),
        ace("Everyone", None, (T,), layer="slag"),
        control=PROTECTED,
        inode=97,
        group="CORP\\Domain Users",
    )
    assert acl_record(place) == {
        "type": "acl",
        "path": "/vol1/data",
        "kind": "directory",
        "inode": 97,
        "owner": "BUILTIN\\Administrators",
        "group": "CORP\\Domain Users",
        "style": "ntfs",
        "volume_style": "ntfs",
        "protected": True,
        "control": "0x9004",
        "mode": None,
        "uid": None,
        "gid": None,
        "undecoded": 1,
        "aces": [
            {
                "trustee": SALES,
                "access": "allow",
                "level": "read",
                "mask": READ,
                "inherited": True,
                "applies_to": [T, C, F],
                "layer": "file",
            },
            {
                "trustee": ORPHAN,
                "sid": ORPHAN,
                "access": "deny",
                "level": "full",
                "mask": FULL,
                "inherited": False,
                "applies_to": [C, F],
                "layer": "file",
            },
            {
                "trustee": "Everyone",
                "access": "allow",
                "level": None,
                "mask": None,
                "inherited": False,
                "applies_to": [T],
                "layer": "slag",
            },
        ],
    }


@pytest.mark.parametrize(("mode", "shown"), [(0o1777, "1777"), (0o755, "755"), (0o7, "007"), (0, "000")])
def test_a_mode_is_octal_text(mode: int, shown: str) -> None:
    assert acl_record(unix(mode))["mode"] == shown


def test_a_baseline_that_only_says_protected_is_protected() -> None:
    row = acl_record(folder(control=PROTECTED))
    del row["control"]
    assert descriptor_from_record(row).protected


GOOD = acl_record(folder(ace(SALES, READ), control=PROTECTED))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "door"}, "kind is 'door'"),
        ({"path": None}, "path is None"),
        ({"mode": "9"}, "9"),
        ({"control": "zz"}, "zz"),
        ({"uid": "0"}, "uid is '0'"),
        ({"inode": True}, "inode is True"),
        ({"aces": None}, "not well formed"),
        ({"aces": ["x"]}, "not well formed"),
        ({"aces": [GOOD["aces"][0] | {"applies_to": ["everything"]}]}, "applies_to is 'everything'"),
        ({"aces": [GOOD["aces"][0] | {"access": "maybe"}]}, "access is 'maybe'"),
        ({"aces": [GOOD["aces"][0] | {"mask": "full"}]}, "mask is 'full'"),
    ],
)
def test_a_damaged_baseline_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        descriptor_from_record(GOOD | change)


@pytest.mark.parametrize("field", ["path", "kind", "aces"])
def test_a_missing_field_is_named(field: str) -> None:
    row = {name: value for name, value in GOOD.items() if name != field}
    with pytest.raises(ValueError, match=field):
        descriptor_from_record(row)
