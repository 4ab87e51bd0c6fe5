"""The format of a described volume (docs/emulator.md): a mapping in, checked values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fsxap.acl import description_fields as fields
from fsxap.acl import description_svm as said
from fsxap.acl import inheritance
from fsxap.acl.described import (
    Description,
    Place,
    Svm,
    default_root,
)
from fsxap.acl.inheritance import Account
from fsxap.acl.model import Access, Ace, Layer, Style, Volume

__all__ = ["Description", "parse", "plain"]

VERSION = 1
ACCESS_WORDS: dict[str, Access] = {
    "access_allow": "allow",
    "access_deny": "deny",
    "audit_success": "audit",
    "audit_failure": "audit",
    "audit_success_and_failure": "audit",
    "access_allowed_callback": "other",
    "access_denied_callback": "other",
    "access_allowed_callback_object": "other",
    "access_denied_callback_object": "other",
    "system_audit_callback": "other",
    "system_audit_callback_object": "other",
    "system_resource_attribute": "other",
    "system_scoped_policy_id": "other",
}
"""ONTAP's words for what an entry does, and what they amount to."""

_SHORT = {"allow": "access_allow", "deny": "access_deny"}
_APPLY_TO = ("this_folder", "sub_folders", "files")
SECTIONS = (
    *("version", "svm", "volume", "other_volumes", "shares", "users", "groups", "trustees", "privileges"),
    *("unix_users", "unix_groups", "name_mappings", "export_policies", "services", "permissions"),
)
PLACE_KEYS = ("owner", "group", "style", "protected", "complete", "null_dacl", "acl", "mode", "uid", "gid", "error")


def plain(name: str) -> Description:
    """A UNIX volume about which only its name is known: modes and owners are those of the files."""
    return parse(
        {
            "version": VERSION,
            "volume": {"name": name, "path": "/", "style": "unix"},
            "svm": {"ad": "none", "cifs": False},
        }
    )


def parse(document: Any) -> Description:
    """A description from plain values, as YAML gives them. ValueError says where the mistake is."""
    top = fields.section(document, "description", SECTIONS, ("version", "volume"))
    if top["version"] != VERSION or isinstance(top["version"], bool):
        raise fields.mistake(
            "version", f"{fields.shown(top['version'])} is not known; this release reads version {VERSION}"
        )
    svm = said.svm(top.get("svm"))
    volume = _volume(top["volume"], "volume", svm)
    volume = volume if volume.path else replace(volume, path=f"/{volume.name}")
    described = Description(
        svm,
        volume,
        others=tuple(
            _volume(row, place, svm) for place, row in fields.items(top.get("other_volumes"), "other_volumes")
        ),
        principals=said.principals(top),
        unix_users=tuple(said.unix_user(*pair) for pair in fields.mapping(top.get("unix_users"), "unix_users").items()),
        unix_groups={
            name: fields.number(gid, f"unix_groups.{name}")
            for name, gid in fields.mapping(top.get("unix_groups"), "unix_groups").items()
        },
        privileges=said.privileges(top.get("privileges")),
        name_mappings=tuple(
            said.name_mapping(*pair) for pair in fields.items(top.get("name_mappings"), "name_mappings")
        ),
        export_policies=said.export_policies(top.get("export_policies")),
        services=said.services(top.get("services")),
    )
    shares = tuple(said.share(row, place, described) for place, row in fields.items(top.get("shares"), "shares"))
    described = replace(described, shares=shares)
    return replace(described, places=_places(top.get("permissions"), described))


def _volume(value: Any, where: str, svm: Svm) -> Volume:
    keys = ("name", "uuid", "path", "style", "state", "kind", "export_policy")
    row = fields.section(value, where, keys, ("name",))
    name = fields.name(row["name"], f"{where}.name")
    return Volume(
        name=name,
        uuid=fields.identity(row.get("uuid"), f"{where}.uuid", "volume", svm.name, name),
        path=fields.namespace(row.get("path"), f"{where}.path"),
        svm=svm.name,
        svm_uuid=svm.uuid,
        style=fields.choice(row.get("style"), f"{where}.style", ("ntfs", "unix", "mixed", "unified"), "ntfs"),
        state=fields.choice(row.get("state"), f"{where}.state", ("online", "offline", "restricted", "error"), "online"),
        kind=fields.choice(row.get("kind"), f"{where}.kind", ("rw", "dp", "ls"), "rw"),
        export_policy=fields.text(row.get("export_policy"), f"{where}.export_policy", "default"),
    )


def _places(value: Any, described: Description) -> Mapping[str, Place]:
    """Every described path, parents first, so that each can take over what its nearest ancestor says."""
    rows: dict[str, tuple[str, Any]] = {}
    for written, row in fields.mapping(value, "permissions").items():
        rows[fields.relative(written, "permissions")] = (f"permissions[{written}]", row)
    found: dict[str, Place] = {}
    described = replace(described, places=found)
    for path in sorted(rows):
        where, row = rows[path]
        parent = described.nearest(path.rpartition("/")[0])[1]
        found[path] = _place(row, where, parent, described, root=not path)
    return found


def _place(value: Any, where: str, parent: Place, described: Description, *, root: bool) -> Place:
    row = fields.section(value, where, PLACE_KEYS)
    protected, null = (fields.flag(row.get(key), f"{where}.{key}", False) for key in ("protected", "null_dacl"))
    if protected and "acl" not in row:
        raise fields.mistake(where, "protected needs an acl; an empty one means nobody")
    own = tuple(_ace(entry, place, described) for place, entry in fields.items(row.get("acl"), f"{where}.acl"))
    if null and any(ace.access in ("allow", "deny", "other") for ace in own):
        raise fields.mistake(where, "null_dacl means there is no list; remove its entries")
    styles: tuple[Style, ...] = ("ntfs", "unix")
    style = fields.choice(row.get("style"), f"{where}.style", styles, "ntfs" if own or null else parent.style)
    if style == "unix" and (own or protected or null):
        raise fields.mistake(where, "a place of style unix has a mode, not an acl")
    complete = fields.flag(row.get("complete"), f"{where}.complete", any(ace.inherited for ace in own))
    owner = _account(row.get("owner"), f"{where}.owner", parent.owner, described)
    group = _account(row.get("group"), f"{where}.group", parent.group, described)
    alone = complete or protected or null or style == "unix" or (root and "acl" in row)
    above = default_root(described.volume).own if root and not alone else ()
    if not root and not alone:
        above = inheritance.inherited(parent.aces, directory=True, owner=owner, group=group)
    return Place.of(
        owner,
        group,
        style,
        (*own, *above),
        uid=fields.number(row["uid"], f"{where}.uid") if "uid" in row else parent.uid,
        gid=fields.number(row["gid"], f"{where}.gid") if "gid" in row else parent.gid,
        mode=fields.mode(row.get("mode"), f"{where}.mode"),
        own=own,
        complete=complete,
        protected=protected,
        null_dacl=null,
        error=fields.text(row.get("error"), f"{where}.error"),
    )


def _account(value: Any, where: str, parent: Account, described: Description) -> Account:
    if value is None:
        return parent
    name = fields.name(value, where)
    return Account(name, described.sid(name))


def _ace(value: Any, where: str, described: Description) -> Ace:
    keys = ("trustee", "access", "rights", "apply_to", "inherited", "layer")
    row = fields.section(value, where, keys, ("trustee", "rights"))
    trustee = fields.name(row["trustee"], f"{where}.trustee")
    written = fields.text(row.get("access"), f"{where}.access", "allow")
    word = fields.choice(_SHORT.get(written, written), f"{where}.access", tuple(ACCESS_WORDS))
    applies = fields.texts(row.get("apply_to"), f"{where}.apply_to", _APPLY_TO)
    for part in applies:
        fields.choice(part, f"{where}.apply_to", _APPLY_TO)
    layers: tuple[Layer, ...] = ("file", "slag")
    return Ace(
        trustee,
        ACCESS_WORDS[word],
        fields.mask(row["rights"], f"{where}.rights"),
        inherited=fields.flag(row.get("inherited"), f"{where}.inherited", False),
        this_folder="this_folder" in applies,
        sub_folders="sub_folders" in applies,
        files="files" in applies,
        layer=fields.choice(row.get("layer"), f"{where}.layer", layers, "file"),
        sid=described.sid(trustee),
        raw=word,
    )
