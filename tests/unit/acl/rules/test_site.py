"""Rules about an SVM: its exports, accounts, name mapping, auditing, SMB server and S3 access points."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl.described import ExportRule, NameMapping, UnixUser
from fsxap.acl.model import SACL_PRESENT, Ace, Descriptor, Share, ShareAce
from fsxap.acl.rules import Context, RootSubject, SiteSubject, audit_root, audit_site
from fsxap.acl.rules.site import RULES as SITE_FAMILY
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
    with_access_points,
)
from tests.unit.acl.builders import ADMIN_FULL, PRESENT, ace, folder, unhurried, unix
from tests.unit.acl.rules.cases import Case, check

ANY, NET, OPEN = ("0.0.0.0/0",), ("10.0.0.0/8",), "export-open"
PRIVILEGED, WILDCARD, TO_ROOT = "privileged-local-account", "name-mapping-wildcard", "name-mapping-to-root"
ADMINISTRATORS = "BUILTIN\\Administrators"


def site(context: Context | None = None, shares: tuple[Share, ...] = (), **parts: Any) -> SiteSubject:
    return SiteSubject(Site(svm="svm1", svm_uuid="u", **parts), shares, context or Context())


def exported(*rules: ExportRule | PolicyRule, volumes: tuple[str, ...] = ("vol1",), nfs: bool | None = True) -> Any:
    listed = [one if isinstance(one, PolicyRule) else PolicyRule(index, one) for index, one in enumerate(rules, 1)]
    return site(exports=(ExportPolicy("office", tuple(listed), volumes),), nfs=nfs)


def rule(clients: tuple[str, ...] = ANY, **more: Any) -> ExportRule:
    calm: dict[str, Any] = {"ro": ("krb5p",), "rw": ("krb5p",), "suid": False}
    return ExportRule(clients, **(calm | more))


def weak(clients: tuple[str, ...] = ANY, **more: Any) -> ExportRule:
    return rule(clients, **({"ro": ("sys",), "rw": ("sys",)} | more))


def said(*aspects: str, index: int = 1) -> tuple[str, ...]:
    return tuple(f"office rule {index} {aspect}" for aspect in aspects)


EXPORTS = [
    Case(OPEN, "any client may write", exported(weak()), said("rw"), "high", "certain"),
    Case(OPEN, "of IPv6 too", exported(weak(("::/0",))), said("rw"), "high"),
    Case(OPEN, "any flavour", exported(rule(ro=("any",), rw=("any",))), said("rw"), "high"),
    Case(OPEN, "whoever, as anonymous", exported(rule(ro=("none",), rw=("none",))), said("rw"), "high"),
    Case(OPEN, "half of the Internet", exported(weak(("128.0.0.0/1",))), said("rw"), "high"),
    Case(OPEN, "read only", exported(weak(rw=("never",))), said("ro"), "medium"),
    Case(OPEN, "never wins", exported(weak(rw=("sys", "never"))), said("ro"), "medium"),
    Case(OPEN, "root stays root", exported(weak(NET, superuser=("any",))), said("superuser"), "medium"),
    Case(OPEN, "root of any client", exported(rule(superuser=("sys",))), said("superuser"), "high"),
    Case(OPEN, "anonymous is root", exported(weak(NET, anonymous="0")), said("anonymous"), "medium"),
    Case(OPEN, "by name", exported(rule(anonymous="root")), said("anonymous"), "high"),
    Case(OPEN, "setuid honoured", exported(weak(suid=True)), said("rw", "suid")),
    Case(
        OPEN,
        "all of it",
        exported(weak(superuser=("any",), anonymous="0", suid=True)),
        said("rw", "superuser", "anonymous", "suid"),
    ),
    Case(OPEN, "no volume uses it", exported(weak(), volumes=()), said("rw"), "low", "likely"),
    Case(OPEN, "no NFS", exported(weak(), nfs=False), said("rw"), "info", "certain"),
    Case(OPEN, "NFS not known", exported(weak(), nfs=None), said("rw"), "high", "likely"),
    Case(OPEN, "after a narrower rule", exported(weak(NET), weak()), said("rw", index=2)),
    Case(OPEN, "IPv6 is left", exported(rule(), weak(("0.0.0.0/0", "::/0"))), said("rw", index=2)),
    Case(
        OPEN,
        "SMB rules decide nothing",
        exported(PolicyRule(1, rule(), ("cifs",)), PolicyRule(2, weak())),
        said("rw", index=2),
    ),
    Case(
        OPEN,
        "a host by name is reached",
        exported(rule(), weak(("host1",), superuser=("any",))),
        said("superuser", index=2),
    ),
    Case(OPEN, "networks", exported(weak(NET), weak(("192.168.1.0/24", "host1", "@group", ".corp.example")))),
    Case(OPEN, "setuid in a network", exported(weak(NET, suid=True))),
    Case(OPEN, "Kerberos", exported(rule(superuser=("krb5",)))),
    Case(OPEN, "nothing without ro", exported(weak(ro=(), superuser=("any",)), weak(("::/0",), ro=("never",)))),
    Case(OPEN, "SMB only", exported(PolicyRule(1, weak(), ("cifs",)))),
    Case(OPEN, "never reached", exported(rule(), weak(superuser=("any",)), weak(NET, superuser=("any",)))),
    Case(OPEN, "not read", site()),
    Case(OPEN, "no rules", exported()),
]


def holding(**privileges: tuple[str, ...]) -> SiteSubject:
    return site(privileges={name.replace("__", "\\"): held for name, held in privileges.items()})


def grouped(*members: str, name: str = ADMINISTRATORS, sid: str = "S-1-5-32-544", **more: Any) -> SiteSubject:
    return site(groups=(LocalGroup(name, sid, members),), **more)


BACKUP = ("sebackupprivilege",)
OPERATORS = {"name": "BUILTIN\\Backup Operators", "sid": "S-1-5-32-551"}

ACCOUNTS = [
    *(
        Case(PRIVILEGED, word, holding(CORP__ann=(word,)), ("CORP\\ann",), "high", "certain")
        for word in ("sebackupprivilege", "serestoreprivilege", "setakeownershipprivilege", "SeTcbPrivilege")
    ),
    Case(
        PRIVILEGED, "an unexpected administrator", grouped("CORP\\ann", "CORP\\Domain Admins"), ("CORP\\ann",), "high"
    ),
    Case(PRIVILEGED, "a backup operator", grouped("CORP\\ann", **OPERATORS), ("CORP\\ann",)),
    Case(
        PRIVILEGED,
        "both ways is one account",
        grouped("CORP\\ann", privileges={"corp\\ANN": BACKUP}),
        ("corp\\ANN",),
        facts={"privileges": ["sebackupprivilege"], "groups": [ADMINISTRATORS]},
    ),
    Case(
        PRIVILEGED,
        "a local group",
        site(
            privileges={"FILES\\ops": BACKUP}, groups=(LocalGroup("FILES\\ops", "S-1-5-21-1-2-3-1001", ("CORP\\b",)),)
        ),
        ("FILES\\ops",),
        facts={"members": ["CORP\\b"]},
    ),
    Case(
        PRIVILEGED,
        "disabled",
        grouped("FILES\\old", users=(LocalUser("FILES\\old", disabled=True),)),
        ("FILES\\old",),
        "low",
    ),
    Case(PRIVILEGED, "everybody", holding(Everyone=BACKUP), ("Everyone",)),
    Case(PRIVILEGED, "administrators", site(privileges={ADMINISTRATORS: BACKUP, "BUILTIN\\Backup Operators": BACKUP})),
    Case(PRIVILEGED, "expected ones", grouped("FILES\\Administrator", "CORP\\Domain Admins")),
    Case(PRIVILEGED, "meant", grouped("CORP\\ann", context=Context(privileged=frozenset({"CORP\\ann"})))),
    Case(PRIVILEGED, "harmless", holding(CORP__ann=("sechangenotifyprivilege", "sesecurityprivilege"))),
    Case(PRIVILEGED, "another group", grouped("CORP\\ann", name="FILES\\staff", sid="S-1-5-21-1-2-3-1002")),
    Case(PRIVILEGED, "not read", site()),
]


def mapped(direction: str, pattern: str, replacement: str, **parts: Any) -> SiteSubject:
    return site(mappings=(NameMapping(direction, pattern, replacement),), **parts)


ROOTS = {"unix_users": (UnixUser("toor", 0, 0), UnixUser("build", 1001, 1001))}
MAPPINGS = [
    Case(
        WILDCARD,
        "many to one",
        mapped("win_unix", r"CORP\\(.+)", "build"),
        (r"win_unix CORP\\(.+)",),
        "medium",
        "certain",
    ),
    Case(WILDCARD, "star", mapped("unix_win", ".*", r"CORP\guest1"), ("unix_win .*",)),
    Case(WILDCARD, "a digit is no back-reference", mapped("unix_win", "x+", r"CORP\1st"), ("unix_win x+",)),
    Case(WILDCARD, "each to his own", mapped("win_unix", r"CORP\\(.+)", r"\1")),
    Case(WILDCARD, "in lower case", mapped("unix_win", "(.+)", r"CORP\\\1")),
    Case(WILDCARD, "one to one", mapped("win_unix", r"CORP\\j\.doe", "jdoe")),
    Case(WILDCARD, "an escaped plus", mapped("win_unix", r"CORP\\c\+\+", "cpp")),
    Case(WILDCARD, "root is the other rule's", mapped("win_unix", r"CORP\\(.+)", "root")),
    Case(WILDCARD, "not read", site()),
    Case(
        TO_ROOT,
        "everybody",
        mapped("win_unix", r"CORP\\(.+)", "root"),
        (r"win_unix CORP\\(.+)",),
        "critical",
        "certain",
    ),
    Case(TO_ROOT, "one user", mapped("win_unix", r"CORP\\ann", "root"), (r"win_unix CORP\\ann",), "high"),
    Case(TO_ROOT, "by number", mapped("krb_unix", "ann", "0"), ("krb_unix ann",)),
    Case(TO_ROOT, "another root", mapped("win_unix", "ann", "toor", **ROOTS), ("win_unix ann",)),
    Case(TO_ROOT, "administrator", mapped("unix_win", "ann", r"CORP\Administrator"), ("unix_win ann",)),
    Case(TO_ROOT, "an access point", mapped("s3_unix", "amazon-fsx-1", "root"), ("s3_unix amazon-fsx-1",)),
    Case(TO_ROOT, "and on Windows", mapped("s3_win", "amazon-fsx-1", "Administrator"), ("s3_win amazon-fsx-1",)),
    Case(
        TO_ROOT, "the default", site(smb=SmbService(True, default_unix_user="root")), ("default UNIX user",), "critical"
    ),
    Case(TO_ROOT, "no SMB", site(smb=SmbService(False, default_unix_user="root"))),
    Case(TO_ROOT, "a harmless default", site(smb=SmbService(True, default_unix_user="pcuser"))),
    Case(TO_ROOT, "an ordinary user", mapped("win_unix", r"CORP\\(.+)", "build", **ROOTS)),
    Case(TO_ROOT, "root is one already", mapped("unix_win", "root", r"CORP\Administrator")),
    Case(TO_ROOT, "so is the administrator", mapped("win_unix", r"CORP\\Administrator", "root")),
    Case(TO_ROOT, "a Windows user called root", mapped("unix_win", "ann", r"CORP\root")),
]


AUDITED = AuditConfig(True, True)


def smb(signing: bool | None = True, anonymous: str = "no_access", enabled: bool = True) -> SiteSubject:
    return site(smb=SmbService(enabled, "FILES", signing, anonymous))


def root(*aces: Ace, audit: AuditConfig | None = AUDITED, **more: Any) -> RootSubject:
    return of(folder(ADMIN_FULL, *aces, path="/vol1", **more), audit)


def of(descriptor: Descriptor, audit: AuditConfig | None = AUDITED, nfs4: bool = False) -> RootSubject:
    return RootSubject(descriptor, Site(svm="svm1", audit=audit), Context(nfs4_acl=nfs4))


AUDIT = ace("Everyone", access="audit")
HERE = ("",)
SERVICES = [
    Case("auditing-off", "off", site(audit=AuditConfig(False)), HERE, "medium", "certain"),
    Case("auditing-off", "without files", site(audit=AuditConfig(True, False)), HERE, facts={"file_operations": False}),
    Case("auditing-off", "on", site(audit=AuditConfig(True, True))),
    Case("auditing-off", "on, details not reported", site(audit=AuditConfig(True))),
    Case("auditing-off", "not read", site()),
    Case("no-sacl", "no entry", root(), HERE, "medium", "certain"),
    Case("no-sacl", "a list nobody shows", root(control=PRESENT | SACL_PRESENT), HERE, "info", "unknown"),
    Case("no-sacl", "modes only", of(unix(0o755)), HERE, "medium", "certain"),
    Case("no-sacl", "perhaps an NFSv4 ACL", of(unix(0o755), nfs4=True), HERE, "info", "unknown"),
    Case("no-sacl", "an entry", root(AUDIT)),
    Case("no-sacl", "in the guard", root(ace("Everyone", access="audit", layer="slag"))),
    Case("no-sacl", "a conditional one", root(Ace("Everyone", "other", 1, raw="system_audit_callback"))),
    Case("no-sacl", "auditing off", root(audit=AuditConfig(False))),
    Case("no-sacl", "files left out", root(audit=AuditConfig(True, False))),
    Case("no-sacl", "not read", root(audit=None)),
    Case("smb-signing-off", "off", smb(signing=False), HERE, "low", "certain", {"server": "FILES"}),
    Case("smb-signing-off", "on", smb()),
    Case("smb-signing-off", "not reported", smb(signing=None)),
    Case("smb-signing-off", "no SMB", smb(signing=False, enabled=False)),
    Case("smb-anonymous-enumeration", "open", smb(anonymous="no_restriction"), HERE, "low", "certain"),
    Case("smb-anonymous-enumeration", "closed", smb(anonymous="no_enumeration")),
    Case("smb-anonymous-enumeration", "not reported", smb(anonymous="")),
    Case("smb-anonymous-enumeration", "no SMB", smb(anonymous="no_restriction", enabled=False)),
    Case("smb-anonymous-enumeration", "not read", site()),
]

IDENTITY, PUBLIC, ORIGIN = "s3ap-privileged-identity", "s3ap-public", "s3ap-internet-origin"
BYPASS, MISCONFIGURED, AP = "s3ap-bypasses-share", "s3ap-misconfigured", ("ap1",)


def point(*, shares: tuple[Share, ...] = (), context: Context | None = None, parts: Any = None, **said: Any) -> Any:
    one = S3AccessPoint("ap1", **({"identity": "UNIX", "user": "build", "path": "/vol1"} | said))
    return site(context, shares, access_points=(one,), **(parts or {}))


def windows(user: str, **more: Any) -> Any:
    return point(identity="WINDOWS", user=user, **more)


def policy(*statements: dict[str, Any], **more: Any) -> Any:
    return point(policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), **more)


def allow(principal: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*", **more}


ELSEWHERE = {"Effect": "Deny", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
CONDITION = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
ROLE = "arn:aws:iam::123456789012:role/reader"


def share(path: str, trustee: str, name: str = "hr", permission: str = "change") -> Share:
    return Share(name, path, "svm1", aces=(ShareAce(trustee, permission),))


ADMIN_GROUP = {"groups": (LocalGroup(ADMINISTRATORS, "S-1-5-32-544", ("FILES\\scanner",)),)}
POINTS = [
    Case(IDENTITY, "root", point(user="root"), AP, "high", "certain"),
    Case(IDENTITY, "uid 0", point(user="toor", parts=ROOTS), AP),
    Case(IDENTITY, "administrator", windows("Administrator"), AP),
    Case(IDENTITY, "with its domain", windows("CORP\\Administrator"), AP),
    Case(IDENTITY, "in the administrators", windows("scanner", parts=ADMIN_GROUP), AP),
    Case(IDENTITY, "with privileges", windows("ann", parts={"privileges": {"CORP\\ann": BACKUP}}), AP),
    Case(IDENTITY, "the site's own", windows("CORP\\ops", context=Context(admins=frozenset({"CORP\\ops"}))), AP),
    Case(IDENTITY, "ordinary", point()),
    Case(IDENTITY, "ordinary on Windows", windows("ann", parts=ADMIN_GROUP)),
    Case(IDENTITY, "a Windows user called root", windows("root")),
    Case(IDENTITY, "no user", windows("")),
    Case(IDENTITY, "not read", site()),
    Case(PUBLIC, "S3 says so", policy(allow(), public=True), AP, "high", "certain"),
    Case(PUBLIC, "kept out", policy(allow(), public=True, blocked=True), AP, "medium", "certain"),
    Case(PUBLIC, "by its text", policy(allow({"AWS": ["*"]})), AP, "high", "likely"),
    Case(PUBLIC, "all but one", policy({"Effect": "Allow", "NotPrincipal": {"AWS": ROLE}}), AP, "high", "likely"),
    Case(PUBLIC, "under conditions", policy(allow(**CONDITION)), AP, "medium", "likely"),
    Case(PUBLIC, "S3 says so, text not read", point(public=True), AP, "high", "certain"),
    Case(PUBLIC, "one statement alone", point(policy=json.dumps({"Statement": allow()})), AP),
    Case(PUBLIC, "S3 says no", policy(allow(**CONDITION), public=False)),
    Case(PUBLIC, "a role", policy(allow({"AWS": ROLE}))),
    Case(PUBLIC, "a deny", policy({"Effect": "Deny", "Principal": "*"})),
    Case(PUBLIC, "no policy", point(policy="", public=False)),
    Case(PUBLIC, "no JSON", point(policy="{")),
    Case(PUBLIC, "not a policy", point(policy='{"Statement": ["x"]}')),
    Case(PUBLIC, "not read", point()),
    Case(ORIGIN, "Internet", point(origin="Internet"), AP, "medium", "certain"),
    Case(ORIGIN, "denied by network", policy(ELSEWHERE, origin="Internet"), AP, "info", "likely"),
    Case(ORIGIN, "an allow binds nothing", policy({**ELSEWHERE, "Effect": "Allow"}, origin="Internet"), AP, "medium"),
    Case(ORIGIN, "VPC", point(origin="VPC")),
    Case(ORIGIN, "not read", point()),
    Case(
        BYPASS, "a narrow share", point(shares=(share("/vol1/hr", "CORP\\HR"),)), AP, "medium", facts={"shares": ["hr"]}
    ),
    Case(BYPASS, "a share above", point(shares=(share("/", "CORP\\HR"),)), AP),
    Case(BYPASS, "an open share", point(shares=(share("/vol1/hr", "Everyone"),))),
    Case(BYPASS, "a share to read only", point(shares=(share("/vol1/hr", "Everyone", permission="read"),)), AP),
    Case(BYPASS, "no list reported", point(shares=(Share("hr", "/vol1/hr"),))),
    Case(BYPASS, "another volume", point(shares=(share("/vol2", "CORP\\HR"),))),
    Case(BYPASS, "administrative", point(shares=(share("/", "CORP\\HR", "c$"),))),
    Case(BYPASS, "home directories", point(shares=(share("/vol1/%w", "CORP\\HR"),))),
    Case(BYPASS, "no shares", point()),
    Case(BYPASS, "volume not known", point(path="", shares=(share("/vol1/hr", "CORP\\HR"),))),
    Case(
        MISCONFIGURED,
        "misconfigured",
        point(lifecycle="MISCONFIGURED", reason="no such user"),
        AP,
        "medium",
        facts={"service_says": "no such user"},
    ),
    Case(MISCONFIGURED, "failed", point(lifecycle="FAILED"), AP),
    Case(MISCONFIGURED, "fine", point(lifecycle="AVAILABLE")),
    Case(MISCONFIGURED, "on its way", point(lifecycle="CREATING")),
]

CASES = [*EXPORTS, *ACCOUNTS, *MAPPINGS, *SERVICES, *POINTS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_a_finding_stands_where_it_can_be_fixed() -> None:
    (finding,) = audit_site(site(audit=AuditConfig(False)))
    assert finding.where == "svm://svm1"
    (finding,) = audit_root(root())
    assert finding.where == "/vol1"


def test_nothing_read_finds_nothing() -> None:
    assert audit_site(SiteSubject(Site())) == []


def test_only_chooses_rules() -> None:
    subject = site(audit=AuditConfig(False), smb=SmbService(True, signing=False))
    assert {one.rule for one in audit_site(subject)} == {"auditing-off", "smb-signing-off"}
    assert [one.rule for one in audit_site(subject, lambda name: name.startswith("smb"))] == ["smb-signing-off"]
    assert audit_root(root(), lambda name: False) == []
    assert {rule.id for rule in SITE_FAMILY} > {"no-sacl", "auditing-off"}


def test_access_points_of_other_svms_are_left_out_and_doubtful_ones_kept() -> None:
    points = tuple(S3AccessPoint(uuid or "unclear", svm_uuid=uuid) for uuid in ("u", "other", ""))
    found = with_access_points(Site("svm1", "u", unknown=("a",)), AccessPoints(points, ("b",)))
    assert [one.name for one in found.access_points or ()] == ["u", "unclear"]
    assert found.unknown == ("a", "b")
    assert with_access_points(Site("svm1", "u"), AccessPoints(None)).access_points is None


@pytest.mark.parametrize(
    ("parts", "uids", "gids"),
    [
        ({"names": ("files",), "group_names": ("files",)}, {0, 1001}, {0, 1001, 5}),
        ({"names": ("files", "ldap"), "group_names": ("nis",)}, None, None),
        ({}, None, None),
    ],
)
def test_ids_are_known_only_where_no_directory_may_know_more(parts: Any, uids: Any, gids: Any) -> None:
    found = Site(unix_groups={"a": 5}, **ROOTS, **parts)
    assert (found.uids, found.gids) == (uids, gids)
    assert Site(unix_users=(), unix_groups={}, names=("files",), group_names=("files",)).uids is None


@given(
    st.lists(
        st.builds(
            ExportRule,
            st.lists(st.sampled_from(["0.0.0.0/0", "::/0", "10.0.0.0/8", "host", "@net", "x/y"]), max_size=3).map(
                tuple
            ),
            *(st.lists(st.sampled_from(["any", "none", "never", "sys", "krb5"]), max_size=2).map(tuple) for _ in "123"),
        ),
        max_size=4,
    )
)
@unhurried
def test_adding_a_rule_at_the_end_never_hides_an_earlier_one(rules: list[ExportRule]) -> None:
    before = {one.id for one in audit_site(exported(*rules), OPEN.__eq__)}
    after = {one.id for one in audit_site(exported(*rules, weak()), OPEN.__eq__)}
    assert before <= after


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["win_unix", "unix_win", "krb_unix", "s3_win"]))
def test_no_mapping_breaks_the_audit(pattern: str, replacement: str, direction: str) -> None:
    for finding in audit_site(mapped(direction, pattern, replacement)):
        assert finding.rule in (WILDCARD, TO_ROOT)


WORDS = st.sampled_from(["Statement", "Effect", "Principal", "AWS", "Condition"])


@given(st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner)))
def test_no_policy_breaks_the_audit(said: Any) -> None:
    for finding in audit_site(point(policy=json.dumps({"Statement": said}), origin="Internet")):
        assert finding.rule in (PUBLIC, ORIGIN)
