"""What one identity can do at a path by each way in, and everybody who can do something there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl import exports
from fsxap.acl.access import Reach, can, who
from fsxap.acl.described import ExportRule
from fsxap.acl.evaluate import granted
from fsxap.acl.groups import Groups, Identity, read_csv
from fsxap.acl.model import Ace, Descriptor, Share, ShareAce
from fsxap.acl.rights import (
    DELETE,
    DELETE_CHILD,
    FULL,
    MODIFY,
    READ,
    READ_AND_EXECUTE,
    READ_DATA,
    WRITE_DAC,
    WRITE_DATA,
)
from fsxap.acl.token import Token, token
from fsxap.acl.ways import AccessPoint, Surroundings
from tests.unit.acl.builders import (
    ADMINS,
    ALICE,
    SALES,
    TRUSTEES,
    C,
    F,
    ace,
    aces,
    conditional,
    deny,
    file,
    folder,
    unhurried,
    unix,
)

MEMBERS = read_csv(f"{ALICE},{SALES}\nCORP\\bob,{SALES}\nCORP\\bob,CORP\\Temps\n")
ALICE_KNOWN = MEMBERS.identity(ALICE)
UNKNOWN = Groups().identity(ALICE)


def share(permission: str = "full_control", trustee: str = "Everyone", **more: Any) -> Share:
    return Share(more.pop("name", "HR"), more.pop("path", "/vol1"), aces=(ShareAce(trustee, permission),), **more)


def by(*shares: Share, **more: Any) -> Surroundings:
    return Surroundings(shares, **more)


@pytest.mark.parametrize(
    ("place", "around", "mask"),
    [
        (folder(ace(SALES, MODIFY)), by(share()), MODIFY),
        (folder(ace(SALES, MODIFY)), by(share("read")), MODIFY & READ_AND_EXECUTE),
        (folder(ace(SALES, MODIFY)), by(share("read"), share("change", SALES, name="Sales")), MODIFY),
        (folder(ace(SALES, MODIFY)), by(share("no_access", SALES)), 0),
        (folder(ace(SALES, MODIFY)), by(share(path="/vol1/other")), 0),
        (folder(ace(SALES, MODIFY)), by(), 0),
        (folder(ace(SALES, MODIFY), ace(SALES, READ, layer="slag")), by(share()), READ),
        (folder(deny(ALICE, READ), ace(SALES, MODIFY)), by(share()), MODIFY & ~READ),
        (folder(ace(SALES, MODIFY, (C, F))), by(share()), 0),
        (folder(owner=SALES), by(share()), 0x60000),
        (folder(owner=SALES), by(share("change")), 0x20000),
    ],
)
def test_share_guard_and_file_together(place: Descriptor, around: Surroundings, mask: int) -> None:
    reach = who(ALICE_KNOWN, place, around)
    assert reach.mask == mask
    assert reach.certain


def test_the_record_has_the_contracts_fields_and_the_layers() -> None:
    row = who(ALICE_KNOWN, folder(ace(SALES, MODIFY)), by(share("read"))).record()
    assert (row["type"], row["path"], row["trustee"], row["certain"]) == ("access", "/vol1/data", ALICE, True)
    assert (row["level"], row["file"], row["share"], row["nfs"], row["access_point"]) == (
        "read",
        "modify",
        "read",
        None,
        None,
    )
    assert "read_data" in row["rights"]
    assert "write_data" not in row["rights"]
    assert row["via"] == [
        "share HR: read and execute",
        "share HR: Everyone read",
        "allow CORP\\Sales: modify",
        "group CORP\\Sales",
    ]


def test_without_shares_the_files_own_permissions_are_told_but_not_certain() -> None:
    reach = who(ALICE_KNOWN, folder(ace(SALES, MODIFY)))
    assert (reach.mask, reach.certain) == (MODIFY, False)
    assert "not read" in reach.notes[0]


def test_exports_that_were_not_read_leave_unix_users_uncertain() -> None:
    for identity in (user(1000), ALICE_KNOWN):
        reach = who(identity, unix(0o750), by())
        assert not reach.certain
        assert "exports were not read: these are the file's permissions alone" in reach.notes
    assert who(user(1000), unix(0o750), by()).level == "change-permissions"
    point = AccessPoint("ap1", "/vol1", "root")
    exposed = [reach for reach in can(unix(0o750), by(access_points=(point,))) if "ap1" in reach.trustee]
    assert [(reach.level, reach.certain) for reach in exposed] == [("full", True)]


def test_unknown_membership_widens_the_answer() -> None:
    place = folder(ace(ALICE, READ), ace(SALES, MODIFY), owner="")
    reach = who(UNKNOWN, place, by(share()))
    assert (reach.mask, reach.possible, reach.certain) == (READ, MODIFY, False)
    refused = who(UNKNOWN, folder(deny(SALES, READ_DATA), ace(ALICE, READ), owner=""), by(share()))
    assert (refused.mask, refused.possible) == (READ & ~READ_DATA, READ)
    assert who(UNKNOWN, folder(ace(ALICE, READ), owner=""), by(share())).certain


def test_an_owner_by_name_is_one_whatever_groups_it_is_in() -> None:
    reach = who(UNKNOWN, folder(ace(SALES, READ), owner=ALICE), by(share()))
    assert (reach.mask, reach.possible) == (0x60000, READ | 0x60000)


def test_a_share_for_unknown_groups_widens_too() -> None:
    place = folder(ace("Everyone", MODIFY), owner="")
    reach = who(UNKNOWN, place, by(share("change", SALES)))
    assert (reach.mask, reach.possible) == (0, MODIFY)


def test_the_folder_may_let_delete() -> None:
    parent = folder(ace(SALES, DELETE_CHILD))
    reach = who(ALICE_KNOWN, file(ace(SALES, READ)), by(share()), parent=parent)
    assert reach.mask == READ | DELETE


def test_privileges_and_administrators_go_round_permissions() -> None:
    around = by(share(), privileges={SALES: ("sebackupprivilege", "sechangenotifyprivilege")})
    reach = who(ALICE_KNOWN, folder(), around)
    assert reach.level == "none"
    assert not reach.certain
    assert reach.bypass == ("sebackupprivilege through CORP\\Sales: reads any file, whatever its permissions",)
    admin = read_csv(f"{ALICE},{ADMINS}").identity(ALICE)
    assert "take ownership" in who(admin, folder(), by(share())).record()["bypass"][0]


def test_home_directory_shares_are_not_guessed() -> None:
    reach = who(ALICE_KNOWN, folder(ace(SALES, READ)), by(share(path="/vol1/%w")))
    assert reach.mask == 0
    assert any("home-directory" in note for note in reach.notes)


def rule(*clients: str, **more: Any) -> ExportRule:
    return ExportRule(clients or ("0.0.0.0/0",), **more)


def user(uid: int, *gids: int) -> Identity:
    return Identity(f"UNIXPermUid\\{uid}", Token(uid=uid, gids=frozenset(gids)), True)


@pytest.mark.parametrize(
    ("identity", "rules", "level"),
    [
        (user(1000), [rule()], "change-permissions"),
        (user(5, 100), [rule()], "read"),
        (user(5), [rule()], "none"),
        (user(1000), [rule(rw=("never",))], "read"),
        (user(1000), [rule(ro=("never",))], "none"),
        (user(1000), [rule(ro=("krb5",), rw=("krb5",))], "none"),
        (user(0), [rule()], "none"),
        (user(0), [rule(superuser=("sys",))], "full"),
        (user(0), [rule(anonymous="0")], "full"),
        (user(0), [rule(anonymous="65535", superuser=("none",))], "none"),
        (user(1000), [rule(ro=("none",), rw=("none",), anonymous="1000")], "change-permissions"),
        (user(1000), [], "none"),
    ],
)
def test_modes_behind_exports(identity: Identity, rules: list[ExportRule], level: str) -> None:
    reach = who(identity, unix(0o750), Surroundings((), tuple(rules)))
    assert reach.level == level
    assert reach.certain


@pytest.mark.parametrize(
    ("client", "level", "certain"),
    [("10.1.2.3", "read", True), ("192.168.0.9", "change-permissions", True), ("8.8.8.8", "none", True)],
)
def test_the_first_rule_for_the_client_counts(client: str, level: str, certain: bool) -> None:
    rules = (rule("10.0.0.0/8", rw=("never",)), rule("192.168.0.0/16", "10.1.2.3"))
    reach = who(user(1000), unix(0o750), Surroundings((), rules, client=client))
    assert (reach.level, reach.certain) == (level, certain)


@pytest.mark.parametrize(
    ("pattern", "client", "expected"),
    [
        ("10.0.0.0/8", "10.9.9.9", True),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.0/255.0.0.0", "11.0.0.1", False),
        ("::/0", "10.0.0.1", False),
        ("0.0.0.0/0", "host.corp", True),
        ("10.0.0.0/8", "host.corp", None),
        (".corp", "host.corp", True),
        ("host.corp", "HOST.corp", True),
        ("host.corp", "other.corp", False),
        ("host.corp", "10.0.0.1", None),
        ("@trusted", "host.corp", None),
    ],
)
def test_clients(pattern: str, client: str, expected: bool | None) -> None:
    assert exports.matches(pattern, client) is expected


def test_a_netgroup_before_the_match_makes_the_answer_unsure() -> None:
    rules = (rule("@trusted", rw=("never",)), rule())
    reach = who(user(1000), unix(0o750), Surroundings((), rules, client="10.0.0.1"))
    assert not reach.certain


def test_doubts_about_unix_identities_and_nfsv4_lists() -> None:
    windows = who(ALICE_KNOWN, unix(0o750), by(share()))
    assert (windows.level, windows.certain) == ("none", False)
    assert windows.possible & WRITE_DAC
    behind = who(user(1000), unix(0o750), Surroundings((), (rule(),), nfs4_acl=True))
    assert not behind.certain
    mapped = who(user(1000), folder(ace(SALES, READ)), Surroundings((), (rule(),)))
    assert (mapped.mask, mapped.possible) == (0, FULL)


def test_the_access_points_user_passes_shares_and_exports() -> None:
    point = AccessPoint("ap1", "/vol1", "alice", "windows")
    reach = who(ALICE_KNOWN, folder(ace(SALES, MODIFY)), Surroundings((), (), (point,)))
    assert (reach.mask, reach.certain) == (MODIFY, True)
    assert reach.via[0] == "access point ap1: past shares and exports"
    assert who(MEMBERS.identity("CORP\\bob"), folder(ace(SALES, MODIFY)), Surroundings((), (), (point,))).mask == 0
    elsewhere = replace(point, path="/vol2")
    assert who(ALICE_KNOWN, folder(ace(SALES, MODIFY)), Surroundings((), (), (elsewhere,))).mask == 0


def everybody(*arguments: Any, **more: Any) -> dict[str, Reach]:
    return {reach.trustee: reach for reach in can(*arguments, **more)}


def test_everybody_of_all_layers_with_members() -> None:
    place = folder(deny("CORP\\Temps", WRITE_DATA), ace(SALES, MODIFY), ace(ADMINS, FULL))
    found = everybody(place, by(share(), privileges={"CORP\\Backup": ("sebackupprivilege",)}), MEMBERS)
    assert {name: reach.level for name, reach in found.items()} == {
        ADMINS: "full",
        SALES: "modify",
        "CORP\\alice": "modify",
        "CORP\\bob": "write",
        "CORP\\Backup": "none",
    }
    assert found["CORP\\Backup"].bypass
    assert any("less for those who are also CORP\\Temps" in note for note in found[SALES].notes)
    assert everybody(folder(ace(SALES, MODIFY), owner="")).keys() == {SALES}


def test_the_classes_of_a_mode_and_the_access_point_as_root() -> None:
    point = AccessPoint("ap1", "/vol1", "root")
    found = everybody(unix(0o754), Surroundings((), (rule(),), (point,)))
    assert {name: reach.level for name, reach in found.items()} == {
        "UNIXPermUid\\1000": "change-permissions",
        "UNIXPermGid\\100": "read",
        "UNIXPermUid\\0": "list",
        "any other UNIX user": "list",
        "access point ap1 (as root)": "full",
    }


def test_a_missing_list_lets_everyone_in() -> None:
    assert everybody(folder(control=0x8000, owner=""), by(share()))["Everyone"].level == "full"


joined = st.sets(st.sampled_from([name for name in TRUSTEES if "\\" in name and name.startswith("CORP")]))


@given(
    st.lists(st.one_of(aces(), st.builds(conditional, st.just(SALES))), min_size=1, max_size=6),
    joined,
    st.sampled_from(["", SALES, "CORP\\somebody-else"]),
)
@unhurried
def test_whatever_groups_it_is_in_the_truth_lies_between(listed: list[Ace], groups: set[str], owner: str) -> None:
    place = folder(*listed, owner=owner)
    reach = who(UNKNOWN, place, by(share()))
    truth = granted(place, UNKNOWN.token | token(*groups))
    assert not reach.mask & ~truth.mask & FULL
    assert not truth.possible & FULL & ~reach.possible
