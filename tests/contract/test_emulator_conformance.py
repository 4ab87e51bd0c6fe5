"""The emulator against NetApp's own client, which knows nothing of either of us: same answers over HTTPS and HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from netapp_ontap import HostConnection, config
from netapp_ontap.error import NetAppRestError
from netapp_ontap.resources import (
    CifsShare,
    CifsShareAcl,
    Cluster,
    EffectivePermission,
    FileDirectorySecurity,
    FileInfo,
    Svm,
    Volume,
)

from fsxap.acl.model import Entry
from fsxap.emulator import Emulator, Faults, Folder, Synthetic, serve
from fsxap.emulator.sample import write_sample
from fsxap.providers.local.permissions import FolderPermissions

HOSTILE = ("a b", "a+b", "x#y", "50%", "q?r&s", "ü", "日本", "back\\slash", "..dots", "$cash", "tab\tname")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("conformance") / "company"
    write_sample(root)
    (root / "public/odd").mkdir()
    for name in HOSTILE:
        (root / "public/odd" / name).write_text(name)
    return root


@pytest.fixture(scope="module", params=["https", "http"])
def emulator(request: pytest.FixtureRequest, folder: Path) -> Iterator[Emulator]:
    with serve([Folder(folder), Synthetic(30, 1)], tls=request.param == "https") as running:
        yield running
        assert running.counters.bugs == []


@pytest.fixture(autouse=True)
def client(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Either variable would win over the CA file given here.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    scheme, _, _ = emulator.url.partition(":")
    verify = str(emulator.ca_file) if emulator.ca_file else False
    login = {"username": emulator.user, "password": emulator.password, "verify": verify}
    with HostConnection("127.0.0.1", scheme=scheme, port=emulator.port, **login):
        yield
    emulator.set_faults()


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client then refuses fields its schema does not have."""
    monkeypatch.setattr(config, "STRICT_FIELD_ACCEPTANCE", True)


@pytest.fixture
def volume(emulator: Emulator) -> str:
    return next(volume.uuid for volume in emulator.site.volumes if volume.name == "company")


@pytest.fixture
def svm(emulator: Emulator) -> str:
    return next(volume.svm_uuid for volume in emulator.site.volumes if volume.name == "company")


def listed(volume: str, path: str, **query: Any) -> list[Any]:
    return list(FileInfo.get_collection(volume, path, **query))


def test_cluster() -> None:
    cluster = Cluster()
    cluster.get()
    assert (cluster.version.generation, cluster.version.major) == (9, 17)


def test_svms(strict: None) -> None:
    assert {svm.name for svm in Svm.get_collection(max_records=1)} == {"files", "svm1"}
    found = Svm.find(name="files", fields="cifs,nfs,state")
    assert (found.state, found.cifs.ad_domain.fqdn) == ("running", "CORP.EXAMPLE")


def test_volumes(strict: None, emulator: Emulator, volume: str) -> None:
    before = emulator.counters.requests["/storage/volumes"]
    found = {one.name: one.nas.path for one in Volume.get_collection(max_records=2, fields="nas,svm,files,state")}
    assert found == {"company": "/company", "files_root": "/", "synthetic": "/synthetic"}
    assert emulator.counters.requests["/storage/volumes"] - before == 2, "two pages"
    assert Volume.find(name="company").uuid == volume
    assert Volume.find(name="nope") is None
    alone = Volume(uuid=volume)
    alone.get(fields="**")
    assert alone.nas.security_style == "ntfs"


@pytest.mark.parametrize("query", [{}, {"max_records": 1}, {"max_records": 4}, {"fields": "*", "max_records": 3}])
@pytest.mark.parametrize("path", ["/", ".", None, "projects", "projects/東京オフィス"])
def test_listings(strict: None, volume: str, folder: Path, path: str | None, query: dict[str, Any]) -> None:
    arguments = [volume] if path is None else [volume, path]
    found = [entry.name for entry in FileInfo.get_collection(*arguments, **query)]
    here = folder / (path or "").strip("/.")
    assert found[:2] == [".", ".."]
    assert sorted(found[2:]) == sorted(one.name for one in here.iterdir() if one.name != ".fsxap-acl.yaml")


def test_types_and_filters(strict: None, volume: str) -> None:
    types = {entry.name: str(entry.type) for entry in listed(volume, "projects")}
    assert (types["current"], types["apollo"]) == ("symlink", "directory")
    assert {entry.name for entry in listed(volume, "projects", type="symlink")} == {"current"}
    assert [entry.name for entry in listed(volume, "sales/quotes", type="!directory", order_by="name desc")] == [
        f"Q-{number:04d}.txt" for number in range(10, 0, -1)
    ]
    assert FileInfo.count_collection(volume, "sales/quotes") == 12


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(strict: None, volume: str, name: str) -> None:
    assert name in {entry.name for entry in listed(volume, "public/odd")}
    alone = FileInfo(volume, f"public/odd/{name}")
    alone.get(return_metadata=True)
    assert (str(alone.type), alone.size) == ("file", len(name.encode()))


@pytest.mark.parametrize("name", HOSTILE)
def test_permissions_of_hostile_names(svm: str, name: str) -> None:
    found = FileDirectorySecurity(svm, f"/company/public/odd/{name}")
    found.get()
    assert found.owner == "BUILTIN\\Administrators"
    assert found.effective_style == "ntfs"


def test_a_link(strict: None, volume: str) -> None:
    link = FileInfo(volume, "projects/current")
    link.get(return_metadata=True, fields="target")
    assert link.target == "apollo"


@pytest.mark.parametrize("emulator", ["https"], indirect=True)
def test_every_path_has_the_permissions_that_were_described(svm: str, volume: str, folder: Path) -> None:
    """NetApp's client over the wire and the folder read directly tell the same of every folder."""
    local = FolderPermissions(folder)
    asked = 0
    for entry in local.walk(local.volumes()[0]):
        assert isinstance(entry, Entry)
        if entry.kind == "symlink" or "sealed" in entry.path:
            continue
        expected = local.security(entry.path)
        found = FileDirectorySecurity(svm, f"/company{entry.path}".rstrip("/"))
        found.get()
        body = found.to_dict()
        assert (body.get("owner", ""), body["inode"]) == (expected.owner, expected.inode)
        assert int(body.get("control_flags", "0"), 16) == (expected.control or 0)
        assert [ace["user"] for ace in body.get("acls", [])] == [ace.trustee for ace in expected.aces]
        assert [ace.get("inherited", False) for ace in body.get("acls", [])] == [a.inherited for a in expected.aces]
        assert ["advanced_rights" not in ace for ace in body.get("acls", [])] == [a.mask is None for a in expected.aces]
        assert int(str(body["mode_bits"]), 8) == expected.mode
        asked += 1
    assert asked > 60


def test_names_or_sids(svm: str) -> None:
    found = FileDirectorySecurity(svm, "/company/hr")
    found.get(lookup_names=False, fields="*")
    assert found.acls[0].user.startswith("S-1-5-21-")


def test_what_is_not_there(svm: str, volume: str) -> None:
    for resource, code in (
        (FileDirectorySecurity(svm, "/company/nowhere"), "655865"),
        (FileDirectorySecurity(svm, "/company/legal/litigation/Müller v. Contoso/sealed"), "655865"),
        (FileDirectorySecurity("00000000-0000-0000-0000-000000000000", "/company"), "1260882"),
        (Volume(uuid="00000000-0000-0000-0000-000000000000"), "4"),
    ):
        with pytest.raises(NetAppRestError) as caught:
            resource.get()
        assert caught.value.response_body["error"]["code"] == code
    with pytest.raises(NetAppRestError):
        listed(volume, "nowhere")


def test_shares(strict: None, svm: str) -> None:
    found = {share.name: share for share in CifsShare.get_collection(fields="*,acls", **{"svm.name": "files"})}
    assert set(found) == {"public", "finance", "hr", "payroll", "projects", "c$", "ipc$"}
    assert found["public"].acls[0].permission == "full_control"
    assert found["payroll"].path == "/company/hr/payroll"
    alone = CifsShare(name="c$", **{"svm.uuid": svm})
    alone.get()
    assert alone.path == "/"


def test_share_entries(svm: str) -> None:
    """Not strict: the schema leaves out the share's name, which is in the answer."""
    found = list(CifsShareAcl.get_collection(svm, "finance", fields="*"))
    assert {(one.user_or_group, one.permission, str(one.type)) for one in found} == {
        ("CORP\\Auditors", "read", "windows"),
        ("CORP\\Finance", "change", "windows"),
    }


def test_effective_permissions(svm: str) -> None:
    found = EffectivePermission(path="/company/hr/payroll", svm={"uuid": svm})
    found.get(user="CORP\\i.young")
    assert set(found.file_permissions) == {
        *("read", "read_ea", "execute", "read_attributes", "read_control", "synchronize"),
    }, "an intern is a domain user"


@pytest.mark.parametrize(
    "faults", [Faults(page_limit=2), Faults(empty_pages=True), Faults(requests_per_connection=2)], ids=str
)
def test_awkward_pages(strict: None, emulator: Emulator, volume: str, faults: Faults) -> None:
    calm = [entry.name for entry in listed(volume, "sales/quotes", max_records=5)]
    emulator.set_faults(faults)
    assert [entry.name for entry in listed(volume, "sales/quotes", max_records=5)] == calm


@pytest.mark.parametrize("emulator", ["https"], indirect=True)
def test_a_computed_tree(strict: None, emulator: Emulator) -> None:
    uuid = next(volume.uuid for volume in emulator.site.volumes if volume.name == "synthetic")
    waiting, folders, files = ["/"], 0, 0
    while waiting:
        path = waiting.pop()
        folders += 1
        for entry in listed(uuid, path, max_records=7, type="file|directory"):
            if str(entry.type) == "file":
                files += 1
            elif entry.name not in (".", ".."):
                waiting.append(f"{path}/{entry.name}".strip("/"))
    assert (folders, files) == (30, 30)


def test_a_wrong_password(emulator: Emulator) -> None:
    login = {"username": emulator.user, "password": "wrong", "verify": str(emulator.ca_file or False)}
    scheme = emulator.url.partition(":")[0]
    with (
        HostConnection("127.0.0.1", scheme=scheme, port=emulator.port, **login),
        pytest.raises(NetAppRestError) as caught,
    ):
        Cluster().get()
    assert caught.value.status_code == 401
