"""A small described volume, and asking the emulator's resources about it without a network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fsxap.acl.description import Description, parse
from fsxap.emulator.faults import NO_FAULTS, Faults
from fsxap.emulator.pages import Request
from fsxap.emulator.refusal import Refusal
from fsxap.emulator.routes import find
from fsxap.emulator.site import Site, build
from fsxap.emulator.trees import Folder

DOMAIN = "S-1-5-21-1-2-3"
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "svm": {"name": "svm1", "domain": "corp.example", "server": "FILES"},
    "volume": {"name": "vol1", "path": "/vol1", "export_policy": "office"},
    "other_volumes": [
        {"name": "svm1_root", "path": "/", "style": "unix"},
        {"name": "inner", "path": "/vol1/inner"},
        {"name": "away", "state": "offline"},
        {"name": "mirror", "kind": "dp"},
    ],
    "trustees": {
        "CORP\\Domain Users": f"{DOMAIN}-513",
        "CORP\\Staff": {"sid": f"{DOMAIN}-1100", "members": ["CORP\\Team"]},
        "CORP\\Team": {"sid": f"{DOMAIN}-1101", "members": ["CORP\\ann", "CORP\\bob"]},
        "CORP\\ann": {"sid": f"{DOMAIN}-1201", "kind": "user"},
        "CORP\\bob": {"sid": f"{DOMAIN}-1202", "kind": "user"},
        "CORP\\eve": {"sid": f"{DOMAIN}-1203", "kind": "user"},
    },
    "users": [{"name": "FILES\\local", "sid": "S-1-5-21-9-9-9-1001", "disabled": True}],
    "groups": [
        {"name": "BUILTIN\\Administrators", "sid": "S-1-5-32-544", "members": ["FILES\\local"]},
        {"name": "BUILTIN\\Users", "sid": "S-1-5-32-545", "members": ["CORP\\Domain Users"]},
    ],
    "privileges": {"CORP\\ann": ["sebackupprivilege"]},
    "unix_users": {"ann": {"uid": 1001, "gid": 100}},
    "unix_groups": {"users": 100},
    "name_mappings": [{"direction": "win_unix", "pattern": "CORP\\\\(.+)", "replacement": "CORP\\ann"}],
    "export_policies": {"office": [{"clients": ["10.0.0.0/8"]}, {"clients": ["0.0.0.0/0"], "superuser": ["any"]}]},
    "services": {"nfsv4_acls": True, "native_audit": True},
    "shares": [
        {
            "name": "HR",
            "path": "/vol1/hr",
            "flags": {"encryption": True},
            "acl": [
                {"trustee": "Everyone", "permission": "read"},
                {"trustee": "CORP\\Team", "permission": "change"},
                {"trustee": "ann", "permission": "full_control", "kind": "unix_user"},
            ],
        },
        {"name": "c$", "path": "/"},
    ],
    "permissions": {
        ".": {
            "owner": "BUILTIN\\Administrators",
            "group": "BUILTIN\\Administrators",
            "acl": [
                {"trustee": "BUILTIN\\Administrators", "rights": "full_control"},
                {"trustee": "CORP\\Staff", "rights": "read_and_execute"},
                {"trustee": "CREATOR OWNER", "rights": "generic_all", "apply_to": ["sub_folders", "files"]},
            ],
        },
        "hr": {
            "owner": "CORP\\eve",
            "acl": [
                {"trustee": "CORP\\bob", "access": "deny", "rights": "write"},
                {"trustee": "CORP\\Team", "rights": "modify"},
                {"trustee": "Everyone", "access": "audit_success", "rights": "full_control"},
                {"trustee": "CORP\\Staff", "rights": "read", "layer": "slag"},
                {"trustee": "CORP\\eve", "rights": "full_control", "layer": "slag"},
            ],
        },
        "null": {"null_dacl": True},
        "nobody": {"protected": True, "acl": [], "owner": "CORP\\ann"},
        "unix": {"style": "unix", "mode": "1770", "uid": 1001, "gid": 100},
        "bad": {"error": "655865"},
        "gone": {"error": "4"},
        "shut": {"error": "6"},
    },
}
FOLDERS = ("hr", "hr/x", "null", "nobody", "unix", "bad", "gone", "shut", "inner", "many", "empty")
NAMES = ("a b", "a+b", "100%", "x#y", "q?r&s=t", "ü日本", "back\\slash", ".hidden", "..almost", "$cash", "new\nline")


def description() -> Description:
    return parse(DOCUMENT)


def folder(root: Path) -> Path:
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    for name in NAMES:
        (root / "hr" / name).write_text(name)
    for number in range(25):
        (root / "many" / f"file {number:02d}").write_text("x" * number)
    (root / "link").symlink_to("hr")
    os.link(root / "hr" / "a b", root / "twin")
    os.mkfifo(root / "pipe")
    return root


def site(root: Path, release: str = "9.17.1P7") -> Site:
    return build([Folder(root, description())], release)


def segment(path: str) -> str:
    return quote(path, safe="").replace(".", "%2E")


class World:
    """A site to ask. `ask` gives the body; a refusal is raised."""

    def __init__(self, here: Site) -> None:
        self.site = here
        self.svm = next(iter(here.domains))
        self.volume = {volume.name: volume.uuid for volume in here.volumes}

    def ask(self, url: str, *, hal: bool = True, faults: Faults = NO_FAULTS) -> dict[str, Any]:
        path, _, query = url.removeprefix("/api").partition("?")
        route, arguments = find(path)
        return route.answer(self.site, Request(path, query, arguments, hal, faults))

    def refused(self, url: str) -> tuple[int, str]:
        try:
            found = self.ask(url)
        except Refusal as refusal:
            assert refusal.body()["error"]["code"] == refusal.code
            return refusal.status, refusal.code
        raise AssertionError(f"not refused: {found}")

    def files(self, path: str = "", query: str = "", **more: Any) -> dict[str, Any]:
        return self.ask(f"/storage/volumes/{self.volume['vol1']}/files/{segment(path or '/')}{query}", **more)

    def security(self, path: str, query: str = "", **more: Any) -> dict[str, Any]:
        return self.ask(f"/protocols/file-security/permissions/{self.svm}/{segment(path)}{query}", **more)

    def pages(self, url: str, **more: Any) -> list[dict[str, Any]]:
        """Every page, links followed as they come."""
        found = []
        while url:
            found.append(self.ask(url, **more))
            url = found[-1].get("_links", {}).get("next", {}).get("href", "")
            assert len(found) < 500
        return found

    def records(self, url: str, **more: Any) -> list[dict[str, Any]]:
        return [record for page in self.pages(url, **more) for record in page["records"]]
