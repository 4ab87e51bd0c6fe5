"""Who may do what in the sample company, and the problems planted there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
SERVER = "S-1-5-21-2790133745-1523419088-941735577"
ORPHAN = f"{DOMAIN}-4711"
ORPHAN_OWNER = f"{DOMAIN}-4712"

Said = dict[str, Any]


def entry(trustee: str, rights: Any, *, access: str = "allow", to: tuple[str, ...] = (), **more: Any) -> Said:
    found: Said = {"trustee": trustee, "rights": rights}
    if access != "allow":
        found = {"trustee": trustee, "access": access, "rights": rights}
    if to:
        found["apply_to"] = list(to)
    return found | more


_HERE = ("this_folder",)
_BELOW = ("sub_folders", "files")
_ADMINS = (entry("BUILTIN\\Administrators", "full_control"), entry("NT AUTHORITY\\SYSTEM", "full_control"))
_SPECIAL = ["read_data", "read_ea", "read_attr", "read_perm", "execute_file", "write_perm", "synchronize"]


def description() -> Said:
    """The sidecar of the sample, as plain values."""
    return {
        "version": 1,
        "svm": {"name": "files", "ad": "healthy", "server": "FILES", "domain": "corp.example"},
        "volume": {"name": "company", "path": "/company", "style": "ntfs", "export_policy": "office"},
        "other_volumes": [{"name": "files_root", "path": "/", "style": "unix"}],
        "shares": _shares(),
        "trustees": _trustees(),
        "users": [{"name": "FILES\\scanner", "sid": f"{SERVER}-1001"}],
        "groups": [
            {
                "name": "BUILTIN\\Administrators",
                "sid": "S-1-5-32-544",
                "members": ["CORP\\Domain Admins", "FILES\\scanner"],
            },
            {"name": "BUILTIN\\Users", "sid": "S-1-5-32-545", "members": ["CORP\\Domain Users"]},
            {"name": "BUILTIN\\Backup Operators", "sid": "S-1-5-32-551", "members": ["CORP\\svc-backup"]},
        ],
        "privileges": {
            "CORP\\svc-backup": ["sebackupprivilege", "serestoreprivilege"],
            "CORP\\svc-scan": ["setakeownershipprivilege"],
        },
        "unix_users": {"build": {"uid": 1001, "gid": 1001}, "root": {"uid": 0, "gid": 0}},
        "unix_groups": {"build": 1001, "daemon": 1},
        "name_mappings": [{"direction": "win_unix", "pattern": "CORP\\\\(.+)", "replacement": "build"}],
        "export_policies": {
            "office": [
                {"clients": ["10.20.0.0/16"], "ro": ["sys"], "rw": ["sys"]},
                {"clients": ["0.0.0.0/0"], "ro": ["any"], "rw": ["any"], "superuser": ["any"], "anonymous": "0"},
            ]
        },
        "services": {"smb_signing": False, "restrict_anonymous": "no_restriction"},
        "permissions": _permissions(),
    }


def _trustees() -> Said:
    groups = {
        "Domain Admins": (512, ["CORP\\Administrator"]),
        "Domain Users": (513, []),
        "Staff": (1100, ["CORP\\Finance", "CORP\\HR", "CORP\\Legal", "CORP\\Engineering", "CORP\\Sales"]),
        "Finance": (1101, ["CORP\\m.tanaka", "CORP\\Finance Managers"]),
        "Finance Managers": (1102, ["CORP\\j.weber"]),
        "HR": (1103, ["CORP\\a.rossi"]),
        "Legal": (1104, ["CORP\\l.moreau"]),
        "Engineering": (1105, ["CORP\\k.sato", "CORP\\Contractors"]),
        "Contractors": (1106, ["CORP\\x.vogel"]),
        "Sales": (1107, ["CORP\\p.novak"]),
        "Interns": (1108, ["CORP\\i.young"]),
        "Auditors": (1109, ["CORP\\c.audit"]),
    }
    users = {"Administrator": 500, "Guest": 501, "m.tanaka": 1201, "j.weber": 1202, "a.rossi": 1203, "l.moreau": 1204}
    users |= {"k.sato": 1205, "x.vogel": 1206, "p.novak": 1207, "i.young": 1208, "c.audit": 1209}
    users |= {"svc-scan": 1301, "svc-backup": 1302}
    found: Said = {}
    for name, (number, members) in groups.items():
        sid = f"{DOMAIN}-{number}"
        found[f"CORP\\{name}"] = {"sid": sid, "members": members} if members else sid
    for name, number in users.items():
        found[f"CORP\\{name}"] = {"sid": f"{DOMAIN}-{number}", "kind": "user"}
    return found


def _shares() -> list[Said]:
    def share(name: str, path: str, *acl: tuple[str, str], **more: Any) -> Said:
        listed = [{"trustee": trustee, "permission": permission} for trustee, permission in acl]
        return {"name": name, "path": path, "acl": listed, **more}

    encrypted = {"encryption": True, "access_based_enumeration": True, "show_snapshot": False}
    return [
        share("public", "/company/public", ("Everyone", "full_control"), comment="For everybody"),
        share("finance", "/company/finance", ("CORP\\Finance", "change"), ("CORP\\Auditors", "read"), flags=encrypted),
        share("hr", "/company/hr", ("CORP\\HR", "change"), flags=encrypted),
        share("payroll", "/company/hr/payroll", ("CORP\\HR", "change"), flags=encrypted),
        share("projects", "/company/projects", ("NT AUTHORITY\\Authenticated Users", "change")),
        share("c$", "/", ("BUILTIN\\Administrators", "full_control"), flags={"browsable": False}),
        {"name": "ipc$", "path": "/", "flags": {"browsable": False}},
    ]


def _permissions() -> Said:
    everyday = {
        ".": {
            "owner": "BUILTIN\\Administrators",
            "group": "CORP\\Domain Users",
            "acl": [*_ADMINS, entry("CORP\\Staff", "read_and_execute", to=_HERE)],
        },
        "finance": {"acl": [entry("CORP\\Finance", "modify"), entry("CORP\\Auditors", "read_and_execute"), *_guard()]},
        "hr": {"acl": [entry("CORP\\HR", "modify")]},
        "legal": {"acl": [entry("CORP\\Legal", "modify"), entry("CORP\\Auditors", "read_and_execute")]},
        "projects": {
            "acl": [entry("CORP\\Staff", "modify"), entry("CREATOR OWNER", "generic_all", to=_BELOW)],
        },
        "sales": {"acl": [entry("CORP\\Sales", "modify")]},
        "public": {"acl": [entry("CORP\\Staff", "read_and_execute")]},
        "public/templates": {"acl": [entry("CORP\\HR", "modify")]},
        "scans": {"acl": [entry("CORP\\svc-scan", "modify")]},
    }
    return {**everyday, **_open(), **_broken(), **_unix()}


def _guard() -> tuple[Said, ...]:
    """A storage-level access guard: it limits what the folder's own list allows."""
    trustees = (("BUILTIN\\Administrators", "full_control"), ("CORP\\Finance", "modify"))
    return tuple(entry(name, rights, layer="slag") for name, rights in trustees)


def _open() -> Said:
    return {
        "public/exchange": {"acl": [entry("Everyone", "full_control")]},
        "public/kiosk": {"acl": [entry("CORP\\Guest", "read_and_execute")]},
        "projects/apollo/shared notes": {"acl": [entry("NT AUTHORITY\\Authenticated Users", "modify")]},
        "hr/payroll": {
            "acl": [
                entry("CORP\\Domain Users", "read_and_execute"),
                entry("Everyone", "full_control", access="audit_success_and_failure"),
            ]
        },
        "scans/inbox": {"acl": [entry("NT AUTHORITY\\ANONYMOUS LOGON", "read")]},
        "engineering": {"acl": [entry("CORP\\Engineering", "full_control")]},
        "sales/accounts": {"acl": [entry("CORP\\Sales", _SPECIAL)]},
        "finance/reports": {
            "acl": [entry("CORP\\m.tanaka", "modify"), entry("CORP\\Administrator", "read_and_execute")]
        },
    }


def _broken() -> Said:
    orion = [
        entry("CORP\\Staff", "read_and_execute", inherited=True),
        entry("CORP\\Interns", "modify", inherited=True),
        *(entry(one["trustee"], one["rights"], inherited=True) for one in _ADMINS),
    ]
    return {
        "legal/contracts/2019": {"acl": [entry(ORPHAN, "modify")]},
        "legal/contracts/2025": {"acl": [entry("CORP\\Auditors", "read", access="access_allowed_callback")]},
        "legal/litigation": {"protected": True, "acl": [*_ADMINS, entry("CORP\\Legal", "modify")]},
        "legal/litigation/Müller v. Contoso/sealed": {"error": "655865"},
        "hr/disciplinary": {"protected": True, "acl": [entry("CORP\\HR", "modify")]},
        "scans/legacy": {"null_dacl": True},
        "projects/closed/2017": {"protected": True, "acl": []},
        "sales/quotes": {"owner": ORPHAN_OWNER},
        "finance/board": {
            "acl": [entry("CORP\\Interns", "full_control", access="deny"), entry("CORP\\Finance Managers", "modify")]
        },
        "projects/titan": {
            "acl": [entry("CORP\\Contractors", "modify"), entry("CORP\\Contractors", "write", access="deny")]
        },
        "projects/orion/moved in": {"acl": orion},
    }


def _unix() -> Said:
    """The build area is a qtree of UNIX style, as a build farm over NFS leaves it."""
    return {
        "engineering/build": {"style": "unix", "uid": 1001, "gid": 1001, "mode": "0750"},
        "engineering/build/tmp": {"mode": "0777"},
        "engineering/build/tools/flash-tool": {"mode": "4755", "uid": 0, "gid": 0},
    }


SAMPLE_PROBLEMS: Mapping[str, tuple[str, ...]] = {
    "open-access-full": ("public/exchange",),
    "open-access-write": ("projects/apollo/shared notes",),
    "open-access-read": ("hr/payroll",),
    "anonymous-access": ("public/kiosk", "scans/inbox"),
    "full-control-non-admin": ("engineering",),
    "permission-change-right": ("sales/accounts",),
    "unresolved-sid": ("legal/contracts/2019",),
    "owner-unresolved": ("sales/quotes",),
    "direct-user-ace": ("finance/reports",),
    "inheritance-blocked": ("hr/disciplinary", "legal/litigation", "projects/closed/2017"),
    "corrupted-inheritance": ("projects/orion/moved in",),
    "missing-admin": ("hr/disciplinary",),
    "null-dacl": ("scans/legacy",),
    "empty-dacl": ("projects/closed/2017",),
    "deny-ace": ("finance/board", "projects/titan"),
    "ineffective-deny": ("projects/titan",),
    "non-canonical-order": ("projects/titan",),
    "creator-owner-full": ("projects",),
    "undecoded-ace": ("projects",),
    "conditional-ace": ("legal/contracts/2025",),
    "slag-present": ("finance",),
    "style-mismatch": ("engineering/build",),
    "unix-world-writable": ("engineering/build/tmp",),
    "unix-world-readable": ("engineering/build/tmp", "engineering/build/tools/flash-tool"),
    "setuid-setgid": ("engineering/build/tools/flash-tool",),
    "share-everyone-full": ("public",),
    "nested-share": ("hr/payroll",),
    "share-unencrypted": ("projects", "public"),
    "share-abe-off": ("projects", "public"),
    "not-audited": ("legal/litigation/Müller v. Contoso/sealed",),
    "export-open": ("",),
    "name-mapping-wildcard": ("",),
    "privileged-local-account": ("",),
    "auditing-off": ("",),
    "smb-anonymous-enumeration": ("",),
    "smb-signing-off": ("",),
}
"""Rule → the paths, relative to the volume's root, where it has something to find; for shares the folder they open,
for what is wrong with the SVM itself the empty path."""
