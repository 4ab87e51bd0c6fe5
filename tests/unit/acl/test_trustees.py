from __future__ import annotations

import pytest

from fsxap.acl import trustees
from fsxap.acl.trustees import classify, identities, is_global, is_privileged, is_unresolved, key, label, unix_identity

UID = "S-1-5-21-2038298172-1297133386-11111-1003"
GID = "S-1-5-21-2038298172-1297133386-22222-50"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Everyone", "global"),
        ("EVERYONE", "global"),
        ("S-1-1-0", "global"),
        ("s-1-1-0", "global"),
        ("Jeder", "global"),
        ("Tout le monde", "global"),
        ("NT AUTHORITY\\Authenticated Users", "global"),
        ("nt authority\\authenticated users", "global"),
        ("NT-AUTORITÄT\\Authentifizierte Benutzer", "global"),
        ("NT AUTHORITY\\NETWORK", "global"),
        ("NT AUTHORITY\\INTERACTIVE", "global"),
        ("BUILTIN\\Users", "global"),
        ("BUILTIN\\Pre-Windows 2000 Compatible Access", "global"),
        ("CORP\\Domain Users", "global"),
        ("DOMÄNE\\Domänen-Benutzer", "global"),
        ("S-1-5-21-1-2-3-513", "global"),
        ("CORP\\Domain Computers", "global"),
        ("S-1-5-21-1-2-3-515", "global"),
        ("NT AUTHORITY\\ANONYMOUS LOGON", "anonymous"),
        ("S-1-5-7", "anonymous"),
        ("BUILTIN\\Guests", "guest"),
        ("CORP\\Domain Guests", "guest"),
        ("CORP\\Guest", "guest"),
        ("S-1-5-21-1-2-3-501", "guest"),
        ("NT AUTHORITY\\SYSTEM", "privileged"),
        ("BUILTIN\\Administrators", "privileged"),
        ("CORP\\Domain Admins", "privileged"),
        ("S-1-5-21-1-2-3-512", "privileged"),
        ("CORP\\Enterprise Admins", "privileged"),
        ("CORP\\Administrator", "privileged"),
        ("CORP\\Schema Admins", "domain"),
        ("CREATOR OWNER", "creator"),
        ("S-1-3-1", "creator"),
        ("OWNER RIGHTS", "owner-rights"),
        ("S-1-3-4", "owner-rights"),
        ("BUILTIN\\Backup Operators", "builtin"),
        ("BUILTIN\\Something Else", "builtin"),
        ("NT SERVICE\\TrustedInstaller", "builtin"),
        ("S-1-5-32-560", "builtin"),
        ("UNIXPermUid\\bob", "unix"),
        ("unixpermgid\\staff", "unix"),
        (UID, "unix"),
        (GID, "unix"),
        ("CORP\\Sales", "domain"),
        ("alice@corp.example", "domain"),
        ("CORP\\Everyone", "domain"),
        ("CORP\\Authenticated Users", "domain"),
        ("CORP\\Users", "domain"),
        ("CORP\\SYSTEM", "domain"),
        ("SVM1\\operator", "local"),
        ("operator", "local"),
        ("S-1-5-21-1-2-3-1105", "unresolved-sid"),
        ("S-1-12-1-1-2-3-4", "unresolved-sid"),
    ],
)
def test_classify(name: str, kind: str) -> None:
    assert classify(name, servers={"svm1"}) == kind


@pytest.mark.parametrize(
    ("name", "sid", "kind"),
    [
        ("Everyone", "S-1-5-21-1-2-3-1105", "local"),
        ("CORP\\Domain Admins", "S-1-5-21-1-2-3-1106", "domain"),
        ("Всё", "S-1-1-0", "global"),
        ("CORP\\ドメイン ユーザー", "S-1-5-21-1-2-3-513", "global"),
        ("CORP\\bob", UID, "unix"),
    ],
)
def test_the_sid_decides_over_the_name(name: str, sid: str, kind: str) -> None:
    assert classify(name, sid) == kind


@pytest.mark.parametrize("name", ["VORDEFINIERT\\Administratoren", "DOM\\Domänen-Admins", "BUILTIN\\Administrateurs"])
def test_a_localised_look_alike_is_never_taken_for_an_administrator(name: str) -> None:
    assert not is_privileged(name)
    assert is_privileged(name, extra=[name.upper()])
    assert is_privileged(name, "S-1-5-32-544")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("S-1-5-21-11-22-33-1105", True),
        ("s-1-5-21-11-22-33-513", True),
        (UID, False),
        (GID, False),
        ("S-1-5-32-544", False),
        ("S-1-1-0", False),
        ("CORP\\S-1-5-21-11-22-33-1105", False),
        ("", False),
    ],
)
def test_unresolved(name: str, expected: bool) -> None:
    assert is_unresolved(name) is expected


def test_guests_and_anonymous_belong_to_the_open_access_set() -> None:
    assert is_global("S-1-5-7")
    assert is_global("CORP\\Domain Guests")
    assert not is_global("CORP\\Sales")


@pytest.mark.parametrize(
    ("name", "sid", "kind", "account"),
    [("UNIXPermUid\\bob", "", "user", "bob"), (GID, "", "group", "50"), ("CORP\\bob", UID, "user", "1003")],
)
def test_unix_identities(name: str, sid: str, kind: str, account: str) -> None:
    identity = unix_identity(name, sid)
    assert identity is not None
    assert (identity.kind, identity.name) == (kind, account)


def test_no_unix_identity() -> None:
    assert unix_identity("CORP\\bob") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Everyone", ""), ("S-1-1-0", ""), True),
        (("BUILTIN\\Users", ""), ("BUILTIN\\Benutzer", "S-1-5-32-545"), True),
        (("CORP\\Sales", ""), ("corp\\SALES", ""), True),
        (("CORP\\Sales", "S-1-5-21-1-2-3-1"), ("X", "s-1-5-21-1-2-3-1"), True),
        (("CORP\\Domain Users", ""), ("LAB\\Domain Users", ""), False),
        (("CORP\\Sales", ""), ("CORP\\Sale", ""), False),
    ],
)
def test_key_groups_spellings(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert (key(*one) == key(*other)) is same


def test_a_look_alike_does_not_answer_to_the_well_known_name() -> None:
    impostor = identities("Everyone", "S-1-5-21-1-2-3-1105")
    assert impostor.isdisjoint(identities("Everyone"))
    assert impostor == {"S-1-5-21-1-2-3-1105"}


def test_an_account_is_listed_in_its_own_domain_only() -> None:
    assert trustees.is_one_of("CORP\\Domain Users", "", ["corp\\domain users"])
    assert trustees.is_one_of("CORP\\Domain Users", "", ["Domain Users"])
    assert not trustees.is_one_of("LAB\\Domain Users", "", ["CORP\\Domain Users"])
    assert not trustees.is_one_of("CORP\\Sales", "", [])


@pytest.mark.parametrize(
    ("name", "sid", "shown"),
    [("S-1-1-0", "", "Everyone"), ("jeder", "", "Everyone"), ("CORP\\Sales", "S-1-5-21-1-2-3-9", "CORP\\Sales")],
)
def test_label(name: str, sid: str, shown: str) -> None:
    assert label(name, sid) == shown
