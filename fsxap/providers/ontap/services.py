"""Reads what an SVM's services and accounts say about access; what ONTAP will not answer is listed, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from fsxap.acl.described import ExportRule, NameMapping, UnixUser
from fsxap.acl.site import AuditConfig, ExportPolicy, LocalGroup, LocalUser, PolicyRule, Site, SmbService
from fsxap.errors import NotFound, ServiceError, Unauthenticated
from fsxap.model import Record
from fsxap.providers.ontap import decode
from fsxap.providers.ontap.client import Query

Get = Callable[[str, Query], Record]
List = Callable[[str, Query], Iterator[Record]]
T = TypeVar("T")

_RULE_FIELDS = "index,clients,ro_rule,rw_rule,superuser,anonymous_user,allow_suid,protocols"
_SMB_FIELDS = "name,enabled,default_unix_user,security.smb_signing,security.restrict_anonymous"


class Interview:
    """Asks about one SVM; a refused question becomes a line in `unknown`. A refused sign-in is raised."""

    def __init__(self, get: Get, records: List, svm_uuid: str) -> None:
        self._get, self._records, self._svm = get, records, svm_uuid
        self.unknown: list[str] = []

    def one(self, path: str, fields: str, about: str, read: Callable[[Record], T]) -> T | None:
        """One object of the SVM; ONTAP has none where it answers 404, which `read` gets as an empty object."""

        def ask() -> T:
            try:
                record = self._get(f"{path}/{self._svm}", {"fields": fields})
            except NotFound:
                record = {}
            return _read(about, read, record)

        return self._answered(about, ask)

    def all(
        self, path: str, fields: str, about: str, read: Callable[[Record], T], *, mine: bool = True
    ) -> tuple[T, ...] | None:
        """A whole collection, every page; `mine` asks for the SVM's own records of a collection of all SVMs."""
        query: Query = {"fields": fields, **({"svm.uuid": self._svm} if mine else {})}
        return self._answered(about, lambda: tuple(_read(about, read, record) for record in self._records(path, query)))

    def _answered(self, about: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except Unauthenticated:
            raise
        except ServiceError as error:
            self.unknown.append(f"{about}: {error.message} [{error.code}]")
            return None


def read_site(get: Get, records: List, svm: str, svm_uuid: str, used: Mapping[str, tuple[str, ...]]) -> Site:
    """`used` are the mounted volumes by export policy. Access points are AWS's to tell: they stay None."""
    ask = Interview(get, records, svm_uuid)
    smb = ask.one("/protocols/cifs/services", _SMB_FIELDS, "SMB server and its security", _smb)
    ask.unknown += _unreported(smb) if smb else ()
    users = ask.all("/protocols/cifs/local-users", "name,sid,account_disabled", "local users", _user)
    groups = ask.all("/protocols/cifs/local-groups", "name,sid,members.name", "local groups and members", _group)
    held = ask.all("/protocols/cifs/users-and-groups/privileges", "name,privileges", "privileges", _privileges)
    mappings = ask.all("/name-services/name-mappings", "direction,index,pattern,replacement", "name mappings", _mapping)
    sources = ask.one("/svm/svms", "nsswitch", "where UNIX names come from", _sources)
    unix_users = ask.all("/name-services/unix-users", "name,id,primary_gid", "UNIX users", _unix_user)
    unix_groups = ask.all("/name-services/unix-groups", "name,id", "UNIX groups", _unix_group)
    return Site(
        svm=svm,
        svm_uuid=svm_uuid,
        smb=smb,
        nfs=ask.one("/protocols/nfs/services", "enabled", "NFS service", lambda record: bool(record.get("enabled"))),
        exports=_exports(ask, used),
        users=users,
        groups=groups,
        privileges=None if held is None else dict(held),
        mappings=mappings,
        unix_users=unix_users,
        unix_groups=None if unix_groups is None else dict(unix_groups),
        names=sources[0] if sources else None,
        group_names=sources[1] if sources else None,
        audit=ask.one("/protocols/audit", "enabled,guarantee,events.file_operations", "native auditing", _audit),
        unknown=tuple(ask.unknown),
    )


def _read(about: str, read: Callable[[Record], T], record: Record) -> T:
    with decode.readable(about):
        try:
            return read(record)
        except KeyError as missing:
            raise ValueError(f"without {missing}") from missing


def _exports(ask: Interview, used: Mapping[str, tuple[str, ...]]) -> tuple[ExportPolicy, ...] | None:
    """Rules are asked for policy by policy: inside the list of policies ONTAP cuts them short."""
    about = "export policies"
    named = ask.all("/protocols/nfs/export-policies", "id,name", about, lambda one: (int(one["id"]), str(one["name"])))
    if named is None:
        return None
    found = []
    for number, name in sorted(named, key=lambda pair: pair[1]):
        path = f"/protocols/nfs/export-policies/{number}/rules"
        rules = ask.all(path, _RULE_FIELDS, f"rules of export policy {name}", _rule, mine=False)
        if rules is not None:
            ordered = tuple(sorted(rules, key=lambda one: one.index))
            found.append(ExportPolicy(name, ordered, tuple(sorted(used.get(name, ())))))
    return tuple(found)


def _rule(record: Record) -> PolicyRule:
    clients = record.get("clients") or ()
    # What ONTAP leaves out is empty: a rule without superuser flavours squashes root.
    rule = ExportRule(
        clients=tuple(str(client["match"]) for client in clients),
        ro=_words(record.get("ro_rule")),
        rw=_words(record.get("rw_rule")),
        superuser=_words(record.get("superuser")),
        anonymous=str(record.get("anonymous_user", "")),
        suid=bool(record.get("allow_suid")),
    )
    return PolicyRule(int(record["index"]), rule, _words(record.get("protocols")) or ("any",))


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError("a list is expected")
    return tuple(str(word) for word in value or ())


def _unreported(smb: SmbService) -> Iterator[str]:
    if smb.enabled and smb.signing is None:
        yield "SMB signing: ONTAP does not report it"
    if smb.enabled and not smb.restrict_anonymous:
        yield "what anonymous SMB sessions may list: ONTAP does not report it"


def _smb(record: Record) -> SmbService:
    security = record.get("security") or {}
    signing = security.get("smb_signing")
    return SmbService(
        bool(record.get("enabled")),
        str(record.get("name", "")),
        None if signing is None else bool(signing),
        str(security.get("restrict_anonymous", "")),
        str(record.get("default_unix_user", "")),
    )


def _user(record: Record) -> LocalUser:
    disabled = record.get("account_disabled")
    return LocalUser(str(record["name"]), str(record.get("sid", "")), None if disabled is None else bool(disabled))


def _group(record: Record) -> LocalGroup:
    members = tuple(sorted(str(member["name"]) for member in record.get("members") or ()))
    return LocalGroup(str(record["name"]), str(record.get("sid", "")), members)


def _privileges(record: Record) -> tuple[str, tuple[str, ...]]:
    return str(record["name"]), _words(record.get("privileges"))


def _mapping(record: Record) -> NameMapping:
    # A backslash of a replacement is stored doubled.
    replacement = str(record.get("replacement", "")).replace("\\\\", "\\")
    return NameMapping(str(record["direction"]), str(record["pattern"]), replacement)


def _sources(record: Record) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    switch = record.get("nsswitch") or {}
    users, groups = switch.get("passwd"), switch.get("group")
    return None if users is None else _words(users), None if groups is None else _words(groups)


def _unix_user(record: Record) -> UnixUser:
    return UnixUser(str(record["name"]), int(record["id"]), int(record["primary_gid"]))


def _unix_group(record: Record) -> tuple[str, int]:
    return str(record["name"]), int(record["id"])


def _audit(record: Record) -> AuditConfig:
    events = record.get("events") or {}
    files, guarantee = events.get("file_operations"), record.get("guarantee")
    return AuditConfig(
        bool(record.get("enabled")),
        None if files is None else bool(files),
        None if guarantee is None else bool(guarantee),
    )
