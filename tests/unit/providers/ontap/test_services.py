from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsxap.acl.described import ExportRule, NameMapping
from fsxap.acl.site import (
    AccessPoints,
    AuditConfig,
    ExportPolicy,
    LocalGroup,
    LocalUser,
    PolicyRule,
    S3AccessPoint,
    Site,
    SmbService,
)
from fsxap.emulator import Folder, serve
from fsxap.emulator.sample_permissions import description
from fsxap.errors import AccessDenied, NotFound, ServiceError, Unauthenticated, Unreachable
from fsxap.model import Record
from fsxap.providers.local.permissions import FolderPermissions
from fsxap.providers.local.sidecar import SIDECAR
from fsxap.providers.ontap.client import Query
from fsxap.providers.ontap.ontap import RestOntap, connect
from fsxap.providers.ontap.services import read_site

SMB, NFS, AUDIT = "/protocols/cifs/services/u", "/protocols/nfs/services/u", "/protocols/audit/u"
EXPORTS, RULES = "/protocols/nfs/export-policies", "/protocols/nfs/export-policies/7/rules"
USERS, GROUPS = "/protocols/cifs/local-users", "/protocols/cifs/local-groups"
PRIVILEGES, MAPPINGS = "/protocols/cifs/users-and-groups/privileges", "/name-services/name-mappings"
SVM, UNIX_USERS, UNIX_GROUPS = "/svm/svms/u", "/name-services/unix-users", "/name-services/unix-groups"

ANSWERS: dict[str, Any] = {
    SMB: {
        "name": "FILES",
        "enabled": True,
        "default_unix_user": "pcuser",
        "security": {"smb_signing": False, "restrict_anonymous": "no_access"},
    },
    NFS: {"enabled": True},
    AUDIT: {"enabled": True, "guarantee": False, "events": {"file_operations": True}},
    EXPORTS: [{"id": 7, "name": "office"}],
    RULES: [
        {"index": 9, "clients": [{"match": "0.0.0.0/0"}], "ro_rule": ["any"], "rw_rule": ["never"], "allow_suid": True},
        {
            "index": 2,
            "clients": [{"match": "10.0.0.1"}, {"match": "@net"}],
            "ro_rule": ["sys"],
            "rw_rule": ["sys"],
            "superuser": ["sys"],
            "anonymous_user": "65534",
            "protocols": ["nfs3"],
        },
    ],
    USERS: [{"name": "FILES\\ann", "sid": "S-1-5-21-1-2-3-1001", "account_disabled": True}, {"name": "FILES\\bob"}],
    GROUPS: [{"name": "FILES\\g", "sid": "S-1-5-32-544", "members": [{"name": "Z"}, {"name": "A"}]}, {"name": "e"}],
    PRIVILEGES: [{"name": "CORP\\ann", "privileges": ["sebackupprivilege"]}, {"name": "none"}],
    MAPPINGS: [{"direction": "unix_win", "index": 1, "pattern": "ann", "replacement": "CORP\\\\ann"}],
    SVM: {"nsswitch": {"passwd": ["files"], "group": ["files", "ldap"]}},
    UNIX_USERS: [{"name": "root", "id": 0, "primary_gid": 1}],
    UNIX_GROUPS: [{"name": "daemon", "id": 1}],
}


def read(asked: list[tuple[str, Query]] | None = None, **changed: Any) -> Site:
    """The site with some answers changed, named by the constant; an exception is raised."""
    answers = ANSWERS | {globals()[name]: answer for name, answer in changed.items()}

    def answer(path: str, query: Query) -> Any:
        if asked is not None:
            asked.append((path, query))
        found = answers[path]
        if isinstance(found, Exception):
            raise found
        return found

    def records(path: str, query: Query) -> Iterator[Record]:
        yield from answer(path, query)

    return read_site(answer, records, "svm1", "u", {"office": ("v2", "v1")})


def test_everything_answered() -> None:
    narrow = ExportRule(("10.0.0.1", "@net"), ("sys",), ("sys",), ("sys",), "65534", False)
    wide = ExportRule(("0.0.0.0/0",), ("any",), ("never",), (), "", True)
    site = read()
    assert site.smb == SmbService(True, "FILES", False, "no_access", "pcuser")
    assert site.nfs is True
    assert site.audit == AuditConfig(True, True, False)
    rules = (PolicyRule(2, narrow, ("nfs3",)), PolicyRule(9, wide, ("any",)))
    assert site.exports == (ExportPolicy("office", rules, ("v1", "v2")),)
    assert site.users == (LocalUser("FILES\\ann", "S-1-5-21-1-2-3-1001", True), LocalUser("FILES\\bob"))
    assert site.groups == (LocalGroup("FILES\\g", "S-1-5-32-544", ("A", "Z")), LocalGroup("e"))
    assert site.privileges == {"CORP\\ann": ("sebackupprivilege",), "none": ()}
    assert site.mappings == (NameMapping("unix_win", "ann", "CORP\\ann"),)
    assert (site.uids, site.gids, site.accounts) == ({0}, None, {"FILES\\ann", "FILES\\bob"})
    assert (site.svm, site.svm_uuid, site.unknown, site.access_points) == ("svm1", "u", (), None)


def test_only_this_svm_is_asked_about() -> None:
    asked: list[tuple[str, Query]] = []
    read(asked)
    assert {path for path, _ in asked} == set(ANSWERS)
    for path, query in asked:
        assert path == RULES or path.endswith("/u") or query["svm.uuid"] == "u"
        assert query["fields"]


PARTS = {
    "SMB": "smb",
    "NFS": "nfs",
    "AUDIT": "audit",
    "EXPORTS": "exports",
    "USERS": "users",
    "GROUPS": "groups",
    "PRIVILEGES": "privileges",
    "MAPPINGS": "mappings",
    "SVM": "names",
    "UNIX_USERS": "unix_users",
    "UNIX_GROUPS": "unix_groups",
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("error", [AccessDenied("no"), ServiceError("odd", code="unsupported")])
def test_a_refused_question_is_a_line_and_leaves_the_others(name: str, error: ServiceError) -> None:
    site, whole = read(**{name: error}), read()
    assert getattr(site, PARTS[name]) is None
    (line,) = site.unknown
    assert line.endswith(f"{error.message} [{error.code}]")
    same = set(PARTS.values()) - {PARTS[name]}
    assert all(getattr(site, part) == getattr(whole, part) for part in same)


@pytest.mark.parametrize("name", ["EXPORTS", "USERS", "GROUPS", "PRIVILEGES", "MAPPINGS", "UNIX_USERS"])
def test_a_collection_that_is_not_there_is_not_an_empty_one(name: str) -> None:
    site = read(**{name: NotFound("API not found")})
    assert getattr(site, PARTS[name]) is None
    assert len(site.unknown) == 1


def test_a_service_the_svm_does_not_have_is_off() -> None:
    missing = NotFound("entry doesn't exist")
    site = read(SMB=missing, NFS=missing, AUDIT=missing)
    assert (site.smb, site.nfs, site.audit) == (SmbService(False), False, AuditConfig(False))
    assert site.unknown == ()


def test_rules_of_one_policy_refused() -> None:
    site = read(RULES=AccessDenied("no"))
    assert site.exports == ()
    assert site.unknown == ("rules of export policy office: no [access-denied]",)


@pytest.mark.parametrize("error", [Unauthenticated("no"), Unreachable("gone")])
@pytest.mark.parametrize("name", ["SMB", "RULES", "GROUPS"])
def test_what_stops_the_run_is_raised(name: str, error: Exception) -> None:
    with pytest.raises(type(error)):
        read(**{name: error})


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("SMB", {"enabled": True, "security": "odd"}),
        ("EXPORTS", [{"name": "office"}]),
        ("EXPORTS", [{"id": "seven", "name": "office"}]),
        ("RULES", [{"index": 1, "clients": ["odd"]}]),
        ("RULES", [{"index": 1, "ro_rule": "sys"}]),
        ("USERS", [{"sid": "S-1"}]),
        ("GROUPS", [{"name": "g", "members": ["odd"]}]),
        ("PRIVILEGES", [{"name": "g", "privileges": 7}]),
        ("MAPPINGS", [{"pattern": "x"}]),
        ("UNIX_USERS", [{"name": "x", "id": None, "primary_gid": 1}]),
        ("UNIX_GROUPS", [{"name": "x"}]),
        ("SVM", {"nsswitch": {"passwd": "files"}}),
        ("AUDIT", {"events": "odd"}),
    ],
)
def test_an_answer_in_another_shape_is_told(name: str, answer: Any) -> None:
    (line,) = read(**{name: answer}).unknown
    assert line.endswith("[malformed-answer]")


@pytest.mark.parametrize(
    ("security", "lines"),
    [({}, 2), ({"smb_signing": True}, 1), ({"restrict_anonymous": "no_access"}, 1)],
)
def test_a_switch_not_reported_is_told(security: Any, lines: int) -> None:
    assert len(read(SMB={"enabled": True, "security": security}).unknown) == lines
    assert read(SMB={"enabled": False, "security": security}).unknown == ()


# Over the wire


def rest(folder: Path, look: Callable[[RestOntap], Site], **more: Any) -> Site:
    with (
        serve([Folder(folder)]) as emulator,
        connect(emulator.url, emulator.user, emulator.password, ca_file=emulator.ca_file, **more) as found,
    ):
        return look(found)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"services": {"native_audit": True}},
        {"svm": {"name": "files", "cifs": False, "nfs": False, "ad": "none"}},
        {"name_mappings": [{"direction": "unix_win", "pattern": "a", "replacement": "CORP\\a"}], "privileges": {}},
    ],
)
def test_ontap_and_the_description_tell_the_same(tmp_path: Path, changes: dict[str, Any]) -> None:
    (tmp_path / SIDECAR).write_text(yaml.safe_dump({**description(), **changes, "permissions": {}}))
    told, described = rest(tmp_path, RestOntap.site), FolderPermissions(tmp_path).site()
    assert told.unknown == ("S3 access points of the volumes: AWS was not asked",)
    for name in Site.__dataclass_fields__:
        if name != "unknown":
            assert getattr(told, name) == getattr(described, name), name


def test_access_points_join_by_svm(tmp_path: Path) -> None:
    (tmp_path / SIDECAR).write_text(yaml.safe_dump({**description(), "permissions": {}}))
    mine = S3AccessPoint("mine", svm_uuid=FolderPermissions(tmp_path).site().svm_uuid)
    found = AccessPoints((mine, S3AccessPoint("foreign", svm_uuid="other")), ("policy: no [access-denied]",))
    site = rest(tmp_path, RestOntap.site, access_points=lambda: found)
    assert site.access_points == (mine,)
    assert site.unknown == ("policy: no [access-denied]",)


def test_a_plain_folder_has_no_svm(tmp_path: Path) -> None:
    assert FolderPermissions(tmp_path).site() == Site()
