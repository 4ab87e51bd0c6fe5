"""Who may read what: every doubt is a no, and names of what is withheld are nowhere."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fsxap.acl.groups import Groups, read_csv
from fsxap.acl.model import Descriptor
from fsxap.acl.rights import FULL, WRITE
from fsxap.patterns.knowledge_base.readers import Granted, granted
from tests.unit.patterns.audits import (
    ALICE,
    BEFORE,
    BOARD,
    BOB,
    EVERYONE,
    STAFF,
    STARTED,
    allow,
    audit,
    deny,
    folder,
    ntfs,
    rows,
    summary,
    unix,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ALL, RING = "CORP\\All", "CORP\\Ring"
PAIRS = ((ALICE, STAFF), (STAFF, ALL), (BOB, BOARD), (BOARD, ALL), (ALL, RING), (RING, ALL))
MEMBERS = "".join(f"{member},{group}\n" for member, group in PAIRS)


def ask(
    found: list[dict[str, Any]], keys: list[str], trustee: str = ALICE, groups: str = MEMBERS, **more: Any
) -> Granted:
    documents = [(key, more.pop("modified", BEFORE)) for key in keys]
    given = {"root": "/vol", "oldest": timedelta(days=7), "now": NOW} | more
    return granted(audit(found), trustee, read_csv(groups) if groups else Groups(), documents, **given)


def one(*aces: Any, owner: str = "CORP\\admin") -> list[dict[str, Any]]:
    return rows(folder(), ntfs("/vol/a.txt", *aces, owner=owner))


@pytest.mark.parametrize(
    ("aces", "readable"),
    [
        ([allow(ALICE)], True),
        ([allow(STAFF)], True),
        ([allow("CORP\\All")], True),
        ([allow(EVERYONE)], True),
        ([allow(ALICE, FULL)], True),
        ([allow(ALICE, WRITE)], False),
        ([allow(BOARD)], False),
        ([], False),
        ([deny(ALICE), allow(EVERYONE)], False),
        ([deny(STAFF), allow(ALICE)], False),
        ([deny("CORP\\All"), allow(ALICE)], False),
        # In stored order, as the file server walks it: what is granted first stays granted.
        ([allow(ALICE), deny(STAFF)], True),
        ([deny(BOARD), allow(STAFF)], True),
    ],
)
def test_entries_in_their_order(aces: list[Any], readable: bool) -> None:
    found = ask(one(*aces), ["a.txt"])
    assert found.keys == (frozenset({"a.txt"}) if readable else frozenset())
    assert found.withheld == ({} if readable else {"not-readable": 1}) and found.doubtful == 0


def test_what_is_not_known_of_a_trustee_counts_against_them() -> None:
    """Without an import a deny for a group may be theirs, and an allowance for one is not."""
    assert not ask(one(deny(BOARD), allow(EVERYONE), allow(ALICE, WRITE)), ["a.txt"], groups="").keys
    assert not ask(one(allow(STAFF), allow(ALICE, WRITE)), ["a.txt"], groups="").keys
    assert ask(one(allow(ALICE)), ["a.txt"], groups="").keys == {"a.txt"}


def test_an_entry_that_was_not_decoded_grants_nothing() -> None:
    found = one(allow(ALICE))
    found[1]["aces"][0]["mask"] = None
    assert not ask(found, ["a.txt"]).keys


@pytest.mark.parametrize("trustee", ["CORP\\mallory", "EVIL\\alice", "", "alice@evil.example", "UNIXPermUid\\4711"])
def test_an_unknown_trustee_reads_nothing_not_even_what_everyone_may(trustee: str) -> None:
    assert ask(one(allow(EVERYONE)), ["a.txt"], trustee).withheld == {"unknown-trustee": 1}


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ([], "audit-incomplete"),
        ([summary(complete=False)], "audit-incomplete"),
        ([summary(complete="yes")], "audit-incomplete"),
        ([summary(started="2026-11-01T10:00:00Z")], "audit-too-old"),
    ],
)
def test_an_audit_that_is_partial_or_stale_admits_nothing(end: list[dict[str, Any]], reason: str) -> None:
    found = rows(folder(), ntfs("/vol/a.txt", allow(EVERYONE)), end=False)
    asked = ask([*found, *end], ["a.txt", "b.txt"])
    assert asked.withheld == {reason: 2} and not asked.keys and asked.doubtful == 2


@pytest.mark.parametrize(
    ("modified", "readable"), [(BEFORE, True), (STARTED, False), ("2026-11-20T11:00:00Z", False), ("", False)]
)
def test_a_document_changed_since_the_audit_may_be_another(modified: str, readable: bool) -> None:
    found = ask(one(allow(EVERYONE)), ["a.txt"], modified=modified)
    assert bool(found.keys) is readable
    assert found.withheld == ({} if readable else {"changed-since-audit": 1})


COMPOSED, APART = (unicodedata.normalize(form, "b\u00fcro.txt") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    ("stored", "key"),
    [
        ("Report.txt", "report.txt"),
        (COMPOSED, APART),
        (APART, COMPOSED),
        ("report.txt", "report.txt "),
        ("report.txt", "./report.txt"),
        ("report.txt", "x/../report.txt"),
        ("report.txt", "//report.txt"),
        ("report.txt", "../vol/report.txt"),
        ("report.txt", "report.txt\0"),
        ("report.txt", "ｒeport.txt"),
        ("report.txt", "report.txt::$DATA"),
        ("report.txt", ""),
    ],
)
def test_a_name_that_only_looks_the_same_has_no_entry(stored: str, key: str) -> None:
    found = rows(folder(), ntfs(f"/vol/{stored}", allow(EVERYONE)))
    assert ask(found, [stored]).keys == {stored}
    assert ask(found, [key]).withheld == {"no-entry": 1}


def test_a_second_name_of_a_file_that_was_audited_under_another_has_no_entry() -> None:
    """An audit reports each inode once."""
    assert ask(one(allow(EVERYONE)), ["a.txt", "link.txt"]).keys == {"a.txt"}


def test_two_entries_for_one_path_must_both_allow() -> None:
    found = rows(folder(), ntfs("/vol/a.txt", allow(ALICE)), ntfs("/vol/a.txt", allow(BOB)))
    assert not ask(found, ["a.txt"]).keys and not ask(found, ["a.txt"], BOB).keys


@pytest.mark.parametrize("kind", ["directory", "symlink"])
def test_only_a_file_is_a_document(kind: str) -> None:
    assert ask(rows(folder(), ntfs("/vol/a.txt", allow(EVERYONE), kind=kind)), ["a.txt"]).withheld == {"no-entry": 1}


def test_a_folder_missing_from_the_audit_hides_what_is_in_it() -> None:
    inside = ntfs("/vol/sub/a.txt", allow(EVERYONE))
    assert ask(rows(folder(), inside), ["sub/a.txt"]).withheld == {"no-entry": 1}
    assert ask(rows(folder(), folder("/vol/sub"), inside), ["sub/a.txt"]).keys == {"sub/a.txt"}


UNIX = "UNIXPermUid\\1001"


@pytest.mark.parametrize(
    ("directory", "file", "readable"),
    [
        ((0o755, 0, 0), (0o644, 0, 0), True),
        ((0o755, 0, 0), (0o600, 1001, 0), True),
        ((0o755, 0, 0), (0o600, 0, 0), False),
        ((0o750, 0, 0), (0o644, 0, 0), False),
        ((0o700, 1001, 0), (0o644, 0, 0), True),
        # Whoever is in the group may not, and whether they are is not known.
        ((0o755, 0, 0), (0o604, 0, 7), False),
        ((0o705, 0, 7), (0o644, 0, 0), False),
        ((0o755, 0, 0), (0o040, 0, 7), False),
        ((0o755, 0, 0), (0o044, 1001, 7), False),
    ],
)
def test_modes_of_file_and_folders(directory: tuple[int, int, int], file: tuple[int, int, int], readable: bool) -> None:
    def made(path: str, about: tuple[int, int, int], kind: str = "file") -> Descriptor:
        return unix(path, *about, kind=kind)

    known = unix("/vol/mine.txt", 0o600, 1001)
    found = rows(made("/vol", directory, "directory"), made("/vol/a.txt", file), known)
    assert ("a.txt" in ask(found, ["a.txt"], UNIX).keys) is readable


def test_shares_count_where_the_audit_says_what_they_let_through() -> None:
    found = rows(
        folder(), ntfs("/vol/a.txt", allow(EVERYONE)), folder("/vol/in"), ntfs("/vol/in/b.txt", allow(EVERYONE))
    )

    def reach(path: str, *rights: str) -> dict[str, Any]:
        return {"type": "access", "path": path, "trustee": ALICE, "rights": list(rights)}

    keys = ["a.txt", "in/b.txt"]
    assert ask(found, keys).keys == set(keys)
    assert ask([*found, reach("/vol", "read_data")], keys).keys == set(keys)
    assert ask([*found, reach("/vol"), reach("/vol/in", "read_data")], keys).keys == {"in/b.txt"}
    assert ask([*found, reach("/vol", "read_data"), reach("/vol/in/b.txt")], keys).keys == {"a.txt"}
    assert ask([*found, reach("/vol/in", "read_data")], keys).keys == {"in/b.txt"}
    # Said of alice, and of nobody else.
    assert ask([*found, reach("/vol")], keys, BOB).keys == set(keys)


def test_the_answer_holds_no_name_of_what_is_withheld() -> None:
    found = rows(folder(), ntfs("/vol/secret.txt", allow(BOB)), ntfs("/vol/a.txt", allow(EVERYONE)))
    assert "secret" not in repr(ask(found, ["secret.txt", "a.txt", "unheard-of-secret.txt"]))


@pytest.mark.parametrize("row", [{"type": "acl"}, {"type": "summary"}, {"type": "access", "trustee": ALICE}])
def test_a_record_that_is_not_whole_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        audit([row])
