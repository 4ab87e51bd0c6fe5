from __future__ import annotations

import pytest

from fsxap.acl import rights
from fsxap.acl.model import Ace, Descriptor
from fsxap.acl.records import acl_record
from fsxap.model import Finding, Item, Result, Waiver
from fsxap.usecases.legal_compliance.overview import Overview, levels


def folder(*aces: Ace, control: int = 0x8004) -> Descriptor:
    return Descriptor("/v/a", "directory", "ntfs", "ntfs", control=control, aces=aces)


@pytest.mark.parametrize(
    ("descriptor", "expected"),
    [
        (folder(Ace("CORP\\HR", "allow", rights.MODIFY)), {"CORP\\HR": "modify"}),
        (folder(Ace("CORP\\HR", "allow", None)), {"CORP\\HR": None}),
        (folder(Ace("CORP\\HR", "allow", rights.FULL, this_folder=False, files=True)), {}),
        (folder(), {}),
        (folder(control=0x8000), {"Everyone": "full"}),
        (
            Descriptor("/v/u", "directory", "unix", "unix", mode=0o754),
            {"owner": "modify", "group": "read", "others": "read"},
        ),
        (
            Descriptor("/v/u", "directory", "unix", "unix", mode=0o710),
            {"owner": "modify", "group": "list", "others": "none"},
        ),
    ],
)
def test_levels(descriptor: Descriptor, expected: dict[str, str | None]) -> None:
    assert levels(descriptor) == expected


def test_the_pictures_hold_what_passed_and_pass_it_on() -> None:
    open_here = Finding("open-access-full", "critical", "m", "/v/a")
    waived = Finding("deny-ace", "low", "m", "/v/a", waived=Waiver("r", "2999-01-01"))
    share = Finding("share-everyone-full", "low", "m", "share://s/HR")
    acl = acl_record(folder(Ace("CORP\\HR", "allow", rights.FULL)))
    results = [Result(Item("/v/a"), "ok", {"acl": acl}, findings=(open_here, waived, share))]
    overview = Overview()
    assert list(overview.watch(results)) == results
    tree, matrix = overview.sections()
    assert "CORP\\HR" in matrix.columns
    numbers = [cell for row in tree.rows for cell in row if isinstance(cell, int)]
    assert 1 in numbers
    assert not any("share:" in str(cell) for row in tree.rows for cell in row)


def test_nothing_found_makes_no_picture() -> None:
    overview = Overview()
    assert list(overview.watch([])) == []
    assert overview.sections() == ()
