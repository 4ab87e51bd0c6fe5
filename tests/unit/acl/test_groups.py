"""Memberships from CSV and LDIF, nested and cyclic, and the tokens they give."""

from __future__ import annotations

import base64
import csv
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl.groups import read_csv, read_ldif
from fsxap.acl.ldif import sid_text
from tests.unit.acl.builders import unhurried

DOMAIN = "S-1-5-21-7-8-9"


def binary(sid: str) -> str:
    parts = [int(part) for part in sid.split("-")[2:]]
    raw = bytes([1, len(parts) - 1]) + parts[0].to_bytes(6, "big") + struct.pack(f"<{len(parts) - 1}I", *parts[1:])
    return base64.b64encode(raw).decode()


GROUP = base64.b64encode(b"CN=Finance\\, EMEA,OU=Groups,DC=corp,DC=example").decode()
LDIF = f"""\ufeffversion: 1
# people
dn: CN=Alice Ames,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: alice
objectSid:: {binary(DOMAIN + "-1104")}
primaryGroupID: 513
memberOf: CN=Finance\\2C EMEA,OU=Groups,
 DC=corp,DC=example

dn:: {GROUP}
sAMAccountName: fin-emea
objectSid: {DOMAIN}-2001
memberOf: cn=Staff, ou=Groups, dc=corp, dc=example

dn: CN=Staff,OU=Groups,DC=corp,DC=example
sAMAccountName: Staff
objectSid: {DOMAIN}-2002
jpegPhoto:: AAECAw==
member: CN=S-1-5-21-1-1-1-9,CN=ForeignSecurityPrincipals,DC=corp,DC=example
"""


def test_nested_memberships_and_cycles() -> None:
    groups = read_csv(
        "CORP\\alice,CORP\\Sales\nCORP\\Sales,CORP\\All\nCORP\\All,CORP\\World\nCORP\\World,CORP\\Sales\n"
    )
    token = groups.token("corp\\ALICE")
    assert all(token.holds(name) for name in ("CORP\\alice", "CORP\\sales", "CORP\\All", "CORP\\World", "Everyone"))
    assert not token.holds("CORP\\Other")
    assert groups.identity("CORP\\alice").groups == ("CORP\\All", "CORP\\Sales", "CORP\\World")
    assert [one.name for one in groups.members("CORP\\World")] == ["CORP\\alice"]
    assert groups.members("CORP\\Nobody") == ()


@pytest.mark.parametrize(
    ("text", "asked", "entry", "holds"),
    [
        ("member,group\nalice,Sales\n", "CORP\\alice", "CORP\\Sales", True),
        ("group,member\nSales,alice\n", "CORP\\alice", "CORP\\Sales", True),
        ('\ufeffMember,Group\n"alice","Sales, EMEA"\n', "alice", "CORP\\Sales, EMEA", True),
        ("CORP\\alice,CORP\\Sales\n", "alice", "CORP\\Sales", True),
        ("CORP\\alice,CORP\\Sales\n", "OTHER\\alice", "CORP\\Sales", False),
        ("CORP\\alice,CORP\\Sales\n", "CORP\\alice", "OTHER\\Sales", False),
        ("alice,Everyone\n", "alice", "CORP\\Everyone", False),
        ("alice,CORP\\Sales\n", "CORP\\alice", "Sales", False),
        ("member,group,group_sid\nalice,Sales,S-1-5-21-1-2-3-50\n", "alice", "S-1-5-21-1-2-3-50", True),
    ],
)
def test_names_with_and_without_domain(text: str, asked: str, entry: str, holds: bool) -> None:
    assert read_csv(text).token(asked).holds(entry) is holds


def test_where_both_sides_have_a_sid_the_sid_decides() -> None:
    token = read_csv("member,group,group_sid\nalice,Sales,S-1-5-21-1-2-3-50\n").token("alice")
    assert not token.holds("CORP\\Sales", "S-1-5-21-9-9-9-50")
    assert token.holds("CORP\\Sales")


def test_a_domain_given_at_import_binds_bare_names() -> None:
    token = read_csv("alice,Sales\nalice,Everyone\n", domain="CORP").token("CORP\\alice")
    assert token.holds("CORP\\Sales")
    assert not token.holds("OTHER\\Sales")


def test_ldif_with_folded_lines_escaped_and_encoded_names() -> None:
    groups = read_ldif(LDIF)
    identity = groups.identity("CORP\\alice")
    assert identity.known
    assert identity.groups == (f"{DOMAIN}-513", "Staff", "fin-emea")
    for entry in ("CORP\\fin-emea", f"{DOMAIN}-2001", f"{DOMAIN}-2002", "CORP\\Staff", f"{DOMAIN}-513"):
        assert identity.token.holds(entry), entry
    assert "Domain Users" not in identity.assumed
    assert [one.sid for one in groups.members("Staff")] == ["S-1-5-21-1-1-1-9", f"{DOMAIN}-1104"]
    assert groups.token(f"{DOMAIN}-1104").holds("CORP\\Staff")


def test_what_is_assumed_is_said() -> None:
    identity = read_csv("alice,Sales").identity("CORP\\bob")
    assert not identity.known
    assert identity.assumed == (
        "Everyone",
        "NT AUTHORITY\\Authenticated Users",
        "NT AUTHORITY\\NETWORK",
        "Domain Users",
        "BUILTIN\\Users",
    )
    assert read_csv("").identity("NT AUTHORITY\\ANONYMOUS LOGON").assumed == ("NT AUTHORITY\\NETWORK",)


def test_a_name_that_two_domains_have_is_not_guessed() -> None:
    groups = read_csv("CORP\\alice,CORP\\Sales\nLAB\\alice,LAB\\Root\n")
    identity = groups.identity("alice")
    assert not identity.known
    assert "CORP\\alice, LAB\\alice" in identity.notes[0]
    assert not identity.token.holds("CORP\\Sales")


def test_unix_identities_have_a_number_not_a_logon() -> None:
    token = read_csv("").token("UNIXPermUid\\1001")
    assert token.uid == 1001
    assert not token.holds("Everyone")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\nc\n", 2),
        ("a,b\n\nc,\n", 3),
        ("a,b\n,d\n", 2),
        ("member,group,colour\na,b,c\n", 1),
        ("member,group,group_sid\na,b,S-x\n", 2),
        ('a,b\n"c,d\n', 2),
        ("a,b\nx\x1b[31m,y\n", 2),
    ],
)
def test_csv_mistakes_name_their_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        read_csv(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dn: CN=a\nnonsense\n", 2),
        (" folded\n", 1),
        ("dn: CN=a\nobjectSid:: !!\n", 2),
        ("dn: CN=a\nobjectSid:: AAAA\n", 1),
        ("dn: CN=a\nmember:: /w==\n", 1),
        ("dn: CN=a\nmember:< file:///etc/passwd\n", 2),
        ("dn: CN=a\nchangetype: delete\n", 1),
        ("dn: CN=a\nmember;range=0-1499: CN=b\n", 1),
        ("dn: CN=a\nmember: nothing\n", 1),
    ],
)
def test_ldif_mistakes_name_their_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        read_ldif(text)


names = st.sampled_from([f"CORP\\g{number}" for number in range(7)])


@given(st.lists(st.tuples(names, names), max_size=14), names)
@unhurried
def test_groups_are_those_reachable_whatever_the_order(pairs: list[tuple[str, str]], asked: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(pairs)
    reached = {asked}
    for _ in pairs:
        reached |= {group for member, group in pairs if member in reached}
    groups = read_csv(text.getvalue())
    assert set(groups.identity(asked).groups) | {asked} == reached
    shuffled = io.StringIO()
    csv.writer(shuffled).writerows(reversed(pairs))
    assert read_csv(shuffled.getvalue()).token(asked) == groups.token(asked)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=15), st.integers(0, 2**48 - 1))
@unhurried
def test_binary_sids_read_back(parts: list[int], authority: int) -> None:
    raw = bytes([1, len(parts)]) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)
    assert sid_text(raw).split("-") == ["S", "1", str(authority), *map(str, parts)]
    with pytest.raises(ValueError, match="binary SID"):
        sid_text(raw + b"\0")
