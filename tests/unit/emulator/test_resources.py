from __future__ import annotations

import re
from pathlib import Path

import pytest

from fsxap.emulator.routes import ROUTES
from tests.unit.emulator.world import World

SCHEMAS = Path(__file__).parents[4] / "shared" / "facts" / "ontap-schemas.md"


def names(body: dict[str, list[dict[str, str]]]) -> list[str]:
    return [record["name"] for record in body["records"]]


def test_cluster(world: World) -> None:
    body = world.ask("/cluster")
    assert body["version"] | {"full": ""} == {"full": "", "generation": 9, "major": 17, "minor": 1}
    assert set(world.ask("/cluster?fields=version")) >= {"version", "name", "uuid"}


def test_svms(world: World) -> None:
    (svm,) = world.ask("/svm/svms?fields=*")["records"]
    assert (svm["name"], svm["cifs"]["ad_domain"]["fqdn"], svm["cifs"]["auth-style"]) == (
        *("svm1", "CORP.EXAMPLE", "domain"),
    )
    assert world.ask(f"/svm/svms/{world.svm}")["state"] == "running"
    assert world.refused("/svm/svms/svm1") == (404, "4")


def test_volumes(world: World) -> None:
    assert sorted(names(world.ask("/storage/volumes"))) == ["away", "inner", "mirror", "svm1_root", "vol1"]
    assert names(world.ask("/storage/volumes?name=vol1&fields=*")) == ["vol1"]
    query = "fields=nas.path,nas.security_style,files.used&name=vol1&is_constituent=False"
    (volume,) = world.ask(f"/storage/volumes?{query}")["records"]
    assert volume["nas"] == {"path": "/vol1", "security_style": "ntfs"}
    assert volume["files"]["used"] == 51, "every inode of the folder, its root included"
    assert names(world.ask("/storage/volumes?is_constituent=true")) == []
    assert names(world.ask("/storage/volumes?nas.path=null")) in (["away", "mirror"], ["mirror", "away"])
    assert "nas" not in world.ask(f"/storage/volumes/{world.volume['away']}?fields=nas"), "an offline one tells less"
    assert names(world.ask("/storage/volumes?type=dp")) == ["mirror"]


def test_shares(world: World) -> None:
    (share,) = world.ask("/protocols/cifs/shares?fields=*,acls&name=HR&svm.name=svm1")["records"]
    assert (share["path"], share["volume"]["name"], share["encryption"]) == ("/vol1/hr", "vol1", True)
    assert share["acls"][0] == {
        "user_or_group": "Everyone",
        "type": "windows",
        "permission": "read",
        "win_sid_unix_id": "S-1-1-0",
    }
    assert share["_links"]["self"]["href"].endswith("/HR")
    listed = world.ask("/protocols/cifs/shares?fields=*")["records"]
    assert [row["name"] for row in listed] == ["HR", "c$"]
    assert not any("acls" in row for row in listed), "access lists must be named"
    assert world.ask(f"/protocols/cifs/shares/{world.svm}/c%24")["_links"]["self"]["href"].endswith("/c%24")
    assert world.refused(f"/protocols/cifs/shares/{world.svm}/nope") == (404, "4")


def test_share_entries(world: World) -> None:
    base = f"/protocols/cifs/shares/{world.svm}"
    records = world.ask(f"{base}/hr/acls?fields=*")["records"]
    assert {(row["user_or_group"], row.get("sid"), row.get("unix_id")) for row in records} == {
        ("Everyone", "S-1-1-0", None),
        ("CORP\\Team", "S-1-5-21-1-2-3-1101", None),
        ("ann", None, 1001),
    }
    assert records[0]["_links"]["self"]["href"].endswith("/acls/CORP%5CTeam/windows")
    assert world.refused(f"{base}/nope/acls") == (404, "4")


def test_accounts(world: World) -> None:
    (user,) = world.ask("/protocols/cifs/local-users?fields=*")["records"]
    assert (user["name"], user["account_disabled"]) == ("FILES\\local", True)
    assert names(world.ask("/protocols/cifs/local-groups")) == ["BUILTIN\\Administrators", "BUILTIN\\Users"]
    members = world.ask(f"/protocols/cifs/local-groups/{world.svm}/S-1-5-32-545/members")
    assert names(members) == ["CORP\\Domain Users"]
    assert world.refused(f"/protocols/cifs/local-groups/{world.svm}/S-1-5-32-546/members") == (404, "4")
    (held,) = world.ask("/protocols/cifs/users-and-groups/privileges?fields=*")["records"]
    assert held["privileges"] == ["sebackupprivilege"]


def test_surroundings(world: World) -> None:
    service = world.ask(f"/protocols/cifs/services/{world.svm}?fields=*")
    assert (service["enabled"], service["security"]["smb_signing"]) == (True, True)
    domain = world.ask(f"/protocols/cifs/domains/{world.svm}")
    assert {server["state"] for server in domain["discovered_servers"]} == {"ok"}
    nfs = world.ask(f"/protocols/nfs/services/{world.svm}")
    assert nfs["protocol"]["v41_features"]["acl_enabled"] is True
    assert world.ask(f"/protocols/audit/{world.svm}")["log_path"] == "/audit_log"
    assert len(world.ask("/protocols/audit")["records"]) == 1


def test_export_policies(world: World) -> None:
    default, office = world.ask("/protocols/nfs/export-policies?fields=*,rules")["records"]
    assert (default["name"], default["rules"], office["rules"][1]["superuser"]) == ("default", [], ["any"])
    rules = world.ask(f"/protocols/nfs/export-policies/{office['id']}/rules?fields=*")["records"]
    assert [(rule["index"], rule["clients"]) for rule in rules] == [
        (1, [{"match": "10.0.0.0/8"}]),
        (2, [{"match": "0.0.0.0/0"}]),
    ]
    (volume,) = world.ask("/storage/volumes?name=vol1&fields=nas.export_policy")["records"]
    assert volume["nas"]["export_policy"]["id"] == office["id"]
    assert world.refused("/protocols/nfs/export-policies/1/rules") == (404, "4")


def test_name_services(world: World) -> None:
    (mapping,) = world.ask("/name-services/name-mappings?fields=*")["records"]
    assert mapping["replacement"] == "CORP\\\\ann", "a replacement comes with its backslash doubled"
    assert world.ask("/name-services/unix-users?fields=id")["records"][0]["id"] == 1001
    assert world.ask("/name-services/unix-groups?name=users&fields=id")["records"][0]["id"] == 100


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/", 404, "3"),
        ("/clusters", 404, "3"),
        ("/cluster/nodes", 404, "3"),
        ("/storage", 404, "3"),
        ("/protocols/cifs/shares/a/b/c/d", 404, "3"),
        ("/cluster?colour=red", 404, "262179"),
    ],
)
def test_unknown_paths(world: World, path: str, status: int, code: str) -> None:
    assert world.refused(path) == (status, code)


def test_one_slash_at_the_end_is_ignored(world: World) -> None:
    assert world.ask("/svm/svms/")["num_records"] == 1


def reference() -> dict[str, dict[str, str]]:
    """Endpoint → dotted field → its line, from the facts."""
    if not SCHEMAS.is_file():
        pytest.skip("the schema reference is not here")
    found: dict[str, dict[str, str]] = {}
    for line in SCHEMAS.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"## GET (\S+)", line):
            found[match[1]] = current = {}
        elif match := re.match(r"    ([\w\[\].{},|\-]+): (.*)", line):
            current[match[1].replace("[]", "")] = match[2]
    return found


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("/protocols/file-security/permissions/{svm.uuid}/{path}", "security:/vol1/hr"),
        ("/storage/volumes/{volume.uuid}/files/{path}", "files"),
        ("/protocols/cifs/shares", "/protocols/cifs/shares?fields=**"),
        ("/svm/svms", "/svm/svms?fields=**"),
        ("/storage/volumes", "/storage/volumes?fields=**&state=online"),
        ("/protocols/nfs/export-policies", "/protocols/nfs/export-policies?fields=**"),
        ("/protocols/nfs/services", "/protocols/nfs/services?fields=**"),
        ("/protocols/cifs/services", "/protocols/cifs/services?fields=**"),
        ("/protocols/cifs/domains", "/protocols/cifs/domains?fields=**"),
        ("/protocols/audit", "/protocols/audit?fields=**"),
    ],
)
def test_words_are_those_of_the_schema(world: World, endpoint: str, url: str) -> None:
    """netapp-ontap does not check enumerations inside lists and objects; the generated reference has them."""
    lines = reference()[endpoint]
    if url == "files":
        bodies = world.files("", "?fields=**")["records"]
    elif url.startswith("security:"):
        bodies = [world.security(url.partition(":")[2])]
    else:
        bodies = world.ask(url)["records"]
    checked = 0
    for name, line in lines.items():
        if match := re.match(r"str \{([\w|\-]+)\}", line):
            for body in bodies:
                for value in leaves(body, name.split(".")):
                    assert value in match[1].split("|"), f"{name}: {value}"
                    checked += 1
        elif line.startswith(("bool", "int")):
            kind = bool if line.startswith("bool") else int
            for body in bodies:
                assert all(type(value) is kind for value in leaves(body, name.split("."))), name
    assert checked


def leaves(value: object, parts: list[str]) -> list[object]:
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one, parts)]
    if not parts:
        return [value]
    return leaves(value[parts[0]], parts[1:]) if isinstance(value, dict) and parts[0] in value else []


def test_every_route_is_asked_for_in_the_tests() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    for route in ROUTES:
        first = route.pattern.split("{}")[0].rstrip("/")
        assert first in text, route.pattern
