"""The part of a description that is about the SVM: its services, shares, accounts and export policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from fsxap.acl import description_fields as fields
from fsxap.acl import trustees
from fsxap.acl.described import Description, ExportRule, Health, NameMapping, Principal, Services, Svm, UnixUser
from fsxap.acl.model import Share, ShareAce

PERMISSIONS = ("no_access", "read", "change", "full_control")
PRIVILEGES = (
    "sebackupprivilege",
    "serestoreprivilege",
    "setakeownershipprivilege",
    "setcbprivilege",
    "sesecurityprivilege",
    "sechangenotifyprivilege",
)
SHARE_FLAGS: dict[str, Any] = {
    "home_directory": False,
    "access_based_enumeration": False,
    "encryption": False,
    "browsable": True,
    "show_snapshot": True,
    "oplocks": True,
    "change_notify": True,
    "continuously_available": False,
    "namespace_caching": False,
    "allow_unencrypted_access": False,
    "offline_files": "manual",
    "unix_symlink": "local",
    "vscan_profile": "standard",
}
"""What ONTAP sets where nothing is said."""


def svm(value: Any) -> Svm:
    row = fields.section(value, "svm", ("name", "uuid", "ad", "cifs", "nfs", "server", "domain"))
    name = fields.text(row.get("name"), "svm.name", "svm1")
    ad: Health = fields.choice(row.get("ad"), "svm.ad", get_args(Health), "healthy")
    return Svm(
        name,
        fields.identity(row.get("uuid"), "svm.uuid", "svm", name),
        ad,
        fields.flag(row.get("cifs"), "svm.cifs", True),
        fields.flag(row.get("nfs"), "svm.nfs", True),
        fields.text(row.get("server"), "svm.server", name.upper()[:15]),
        "" if ad == "none" else fields.text(row.get("domain"), "svm.domain", "corp.example"),
    )


def share(value: Any, where: str, described: Description) -> Share:
    row = fields.section(value, where, ("name", "path", "comment", "acl", "flags"), ("name", "path"))
    flags = dict(SHARE_FLAGS)
    if comment := fields.text(row.get("comment"), f"{where}.comment"):
        flags["comment"] = comment
    switches = tuple(name for name, usual in SHARE_FLAGS.items() if isinstance(usual, bool))
    for name, setting in fields.section(row.get("flags"), f"{where}.flags", switches).items():
        flags[name] = fields.flag(setting, f"{where}.flags.{name}", False)
    aces = []
    for place, entry in fields.items(row.get("acl"), f"{where}.acl"):
        found = fields.section(entry, place, ("trustee", "permission", "kind"), ("trustee", "permission"))
        trustee = fields.name(found["trustee"], f"{place}.trustee")
        permission = fields.choice(found["permission"], f"{place}.permission", PERMISSIONS)
        kinds = ("windows", "unix_user", "unix_group")
        kind = fields.choice(found.get("kind"), f"{place}.kind", kinds, "windows")
        aces.append(ShareAce(trustee, permission, kind, described.sid(trustee) if kind == "windows" else ""))
    path = fields.namespace(row["path"], f"{where}.path") or "/"
    volumes = [found for found in (described.volume, *described.others) if _holds(found.path, path)]
    return Share(
        name=fields.name(row["name"], f"{where}.name"),
        path=path,
        svm=described.svm.name,
        volume=max(volumes, key=lambda found: len(found.path)).name if volumes else "",
        aces=tuple(aces),
        flags=flags,
    )


def _holds(junction: str, path: str) -> bool:
    return bool(junction) and (path == junction or path.startswith(junction.rstrip("/") + "/"))


def principals(top: Mapping[str, Any]) -> Mapping[str, Principal]:
    found: dict[str, Principal] = {}
    for principal in (
        *(_user(row, place) for place, row in fields.items(top.get("users"), "users")),
        *(_group(row, place) for place, row in fields.items(top.get("groups"), "groups")),
        *(_trustee(name, row) for name, row in fields.mapping(top.get("trustees"), "trustees").items()),
    ):
        if principal.name.casefold() in found:
            raise fields.mistake("users, groups, trustees", f"{fields.shown(principal.name)} is there twice")
        found[principal.name.casefold()] = principal
    return found


def _user(value: Any, where: str) -> Principal:
    row = fields.section(value, where, ("name", "sid", "disabled"), ("name", "sid"))
    return Principal(
        fields.name(row["name"], f"{where}.name"),
        _sid(row["sid"], f"{where}.sid"),
        kind="user",
        local=True,
        disabled=fields.flag(row.get("disabled"), f"{where}.disabled", False),
    )


def _group(value: Any, where: str) -> Principal:
    row = fields.section(value, where, ("name", "sid", "members"), ("name", "sid"))
    members = fields.texts(row.get("members"), f"{where}.members")
    return Principal(fields.name(row["name"], f"{where}.name"), _sid(row["sid"], f"{where}.sid"), members, local=True)


def _trustee(name: str, value: Any) -> Principal:
    """A domain account: its SID alone, or a mapping when it has members or is a user."""
    where = f"trustees.{name}"
    if isinstance(value, str):
        return Principal(name, _sid(value, where))
    row = fields.section(value, where, ("sid", "members", "kind"), ("sid",))
    kinds: tuple[Literal["user", "group"], ...] = ("user", "group")
    return Principal(
        name,
        _sid(row["sid"], f"{where}.sid"),
        fields.texts(row.get("members"), f"{where}.members"),
        fields.choice(row.get("kind"), f"{where}.kind", kinds, "group"),
    )


def _sid(value: Any, where: str) -> str:
    found = fields.text(value, where)
    if not trustees.is_sid(found):
        raise fields.mistake(where, f"{fields.shown(value)} is not a SID like S-1-5-21-1-2-3-1104")
    return found


def unix_user(name: str, value: Any) -> UnixUser:
    where = f"unix_users.{name}"
    row = fields.section(value, where, ("uid", "gid"), ("uid", "gid"))
    return UnixUser(name, fields.number(row["uid"], f"{where}.uid"), fields.number(row["gid"], f"{where}.gid"))


def privileges(value: Any) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for name, row in fields.mapping(value, "privileges").items():
        held = fields.texts(row, f"privileges.{name}")
        found[name] = tuple(fields.choice(word, f"privileges.{name}", PRIVILEGES) for word in held)
    return found


def name_mapping(where: str, value: Any) -> NameMapping:
    row = fields.section(value, where, ("direction", "pattern", "replacement"), ("direction", "pattern", "replacement"))
    directions = ("win_unix", "unix_win", "krb_unix", "s3_unix", "s3_win")
    return NameMapping(
        fields.choice(row["direction"], f"{where}.direction", directions),
        fields.name(row["pattern"], f"{where}.pattern"),
        fields.name(row["replacement"], f"{where}.replacement"),
    )


def export_policies(value: Any) -> Mapping[str, tuple[ExportRule, ...]]:
    return {
        name: tuple(_export_rule(row, place) for place, row in fields.items(rules, f"export_policies.{name}"))
        for name, rules in fields.mapping(value, "export_policies").items()
    }


def _export_rule(value: Any, where: str) -> ExportRule:
    row = fields.section(value, where, ("clients", "ro", "rw", "superuser", "anonymous", "suid"), ("clients",))
    return ExportRule(
        fields.texts(row["clients"], f"{where}.clients"),
        fields.texts(row.get("ro"), f"{where}.ro", ("any",)),
        fields.texts(row.get("rw"), f"{where}.rw", ("any",)),
        fields.texts(row.get("superuser"), f"{where}.superuser", ("none",)),
        fields.text(row.get("anonymous"), f"{where}.anonymous", "65534"),
        fields.flag(row.get("suid"), f"{where}.suid", True),
    )


def services(value: Any) -> Services:
    usual = Services()
    row = fields.section(value, "services", tuple(Services.__dataclass_fields__))
    switches = ("smb_signing", "smb_encryption", "nfsv4_acls", "native_audit")
    levels = ("no_restriction", "no_enumeration", "no_access")
    return Services(
        restrict_anonymous=fields.choice(
            row.get("restrict_anonymous"), "services.restrict_anonymous", levels, usual.restrict_anonymous
        ),
        **{name: fields.flag(row.get(name), f"services.{name}", getattr(usual, name)) for name in switches},
    )
