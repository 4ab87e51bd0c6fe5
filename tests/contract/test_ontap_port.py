"""One suite for every provider of the `Ontap` port, over the same described folder; and ONTAP's faults."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsxap.acl.model import Ace, Descriptor, Entry, Volume
from fsxap.emulator import Emulator, Faults, Folder, Synthetic, serve
from fsxap.errors import AccessDenied, FsxapError, NotFound, Unauthenticated, Unavailable, Unreachable
from fsxap.model import Unlisted
from fsxap.ports import Ontap
from fsxap.providers.local.permissions import FolderPermissions
from fsxap.providers.ontap.ontap import RestOntap, connect
from fsxap.retry import Retry

AT_ONCE = Retry(attempts=8, base=0.0)

DESCRIPTION: dict[str, Any] = {
    "version": 1,
    "svm": {"name": "svm1", "domain": "corp.example"},
    "volume": {"name": "company", "path": "/company", "style": "mixed"},
    "other_volumes": [{"name": "svm1_root", "path": "/", "style": "unix"}, {"name": "scans", "path": "/company/scans"}],
    "trustees": {
        "CORP\\Payroll": "S-1-5-21-3623811015-3361044348-30300820-1201",
        "CORP\\Interns": "S-1-5-21-3623811015-3361044348-30300820-1202",
    },
    "shares": [
        {"name": "HR", "path": "/company/hr", "acl": [{"trustee": "Everyone", "permission": "full_control"}]},
        {"name": "c$", "path": "/"},
    ],
    "permissions": {
        ".": {
            "style": "ntfs",
            "owner": "BUILTIN\\Administrators",
            "group": "BUILTIN\\Administrators",
            "acl": [
                {"trustee": "BUILTIN\\Administrators", "rights": "full_control"},
                {"trustee": "CREATOR OWNER", "rights": "generic_all", "apply_to": ["sub_folders", "files"]},
            ],
        },
        "hr": {
            "owner": "CORP\\Payroll",
            "protected": True,
            "acl": [
                {"trustee": "CORP\\Interns", "access": "deny", "rights": "write"},
                {"trustee": "CORP\\Payroll", "rights": "modify"},
                {"trustee": "S-1-5-21-3623811015-3361044348-30300820-9999", "rights": "read"},
                {"trustee": "CORP\\Payroll", "rights": "full_control", "layer": "slag"},
            ],
        },
        "public": {"null_dacl": True},
        "unix": {"style": "unix", "mode": "1777", "uid": 0, "gid": 100},
        "broken": {"error": "655865"},
        "closed": {"error": "6"},
    },
}

FOLDERS = {"", "hr", "hr/payroll", "public", "unix", "broken", "closed", "empty", "deep", "deep/x", "deep/x/y", "a+b c"}
FILES = {
    "hr/payroll/list.csv",
    "hr/plan 1+1.txt",
    "public/日本.txt",
    "public/odd #name?&%41.txt",
    "public/back\\slash",
    "public/...dots.",
    "public/new\nline",
    "a+b c/%2F",
    "unix/run.sh",
    "deep/x/y/bottom",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("company")
    for name in FOLDERS - {""}:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "scans").mkdir()
    (root / "scans" / "hidden").touch()
    (root / ".snapshot" / "hourly").mkdir(parents=True)
    (root / "link").symlink_to("hr")
    (root / "public" / "twin 1").touch()
    os.link(root / "public" / "twin 1", root / "hr" / "twin 2")
    (root / ".fsxap-acl.yaml").write_text(yaml.safe_dump(DESCRIPTION, allow_unicode=True))
    return root


@pytest.fixture(scope="module")
def emulator(folder: Path) -> Iterator[Emulator]:
    with serve([Folder(folder)]) as running:
        yield running
        assert running.counters.bugs == []


@contextmanager
def reading(emulator: Emulator, **options: Any) -> Iterator[RestOntap]:
    settings = {"ca_file": emulator.ca_file or "", "retry": AT_ONCE, "volumes": ["company"], **options}
    with connect(emulator.url, emulator.user, emulator.password, **settings) as ontap:
        yield ontap


@dataclass(frozen=True)
class Source:
    """A provider and its one volume. Paths in tests are relative to it."""

    ontap: Ontap

    @property
    def volume(self) -> Volume:
        [volume] = self.ontap.volumes()
        return volume

    def place(self, path: str) -> str:
        return f"{self.volume.path.rstrip('/')}/{path}".rstrip("/") or "/"

    def relative(self, place: str) -> str:
        assert f"{place}/".startswith(self.place("").rstrip("/") + "/")
        return place[len(self.volume.path.rstrip("/")) :].strip("/")

    def kinds(self, path: str = "", **options: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self.ontap.walk(self.volume, path, **options):
            assert isinstance(entry, Entry), entry
            assert self.relative(entry.path) not in found
            found[self.relative(entry.path)] = entry.kind
        return found


@pytest.fixture(params=["rest", "local"])
def source(request: pytest.FixtureRequest, folder: Path, emulator: Emulator) -> Iterator[Source]:
    if request.param == "local":
        yield Source(FolderPermissions(folder))
        return
    emulator.set_faults()
    with reading(emulator) as ontap:
        yield Source(ontap)


# The suite


def test_engine_has_a_name(source: Source) -> None:
    assert source.ontap.engine in ("ontap-rest 9.17.1P7", "described")


def test_one_volume(source: Source) -> None:
    assert (source.volume.name, source.volume.style, source.volume.state) == ("company", "mixed", "online")


def test_walk_reports_every_path_and_kind_once(source: Source) -> None:
    found = source.kinds(files=True)
    twins = {path for path in found if "twin" in path}
    assert len(twins) == 1, "a file with two names is one file"
    assert {path: kind for path, kind in found.items() if path not in twins} == {
        **dict.fromkeys(FOLDERS, "directory"),
        **dict.fromkeys(FILES, "file"),
        "link": "symlink",
        "scans": "junction",
    }


def test_walk_without_files(source: Source) -> None:
    assert source.kinds() == {**dict.fromkeys(FOLDERS, "directory"), "link": "symlink", "scans": "junction"}


@pytest.mark.parametrize(
    ("path", "depth", "found"),
    [
        ("deep", None, {"deep", "deep/x", "deep/x/y"}),
        ("deep", 0, {"deep"}),
        ("deep", 1, {"deep", "deep/x"}),
        ("/deep/x/", None, {"deep/x", "deep/x/y"}),
        ("empty", 5, {"empty"}),
        ("", 0, {""}),
        ("deep/x/y/bottom", None, {"deep/x/y/bottom"}),
        ("link", None, {"link"}),
    ],
)
def test_walk_from_a_start(source: Source, path: str, depth: int | None, found: set[str]) -> None:
    assert set(source.kinds(path, depth=depth)) == found


@pytest.mark.parametrize("path", ["nowhere", "deep/nowhere", "link/payroll", "deep/x/y/bottom/more"])
def test_walk_from_nowhere(source: Source, path: str) -> None:
    with pytest.raises(NotFound):
        list(source.ontap.walk(source.volume, path))


def test_parents_come_before_their_children(source: Source) -> None:
    seen: set[str] = set()
    for path in source.kinds(files=True):
        assert path == "" or path.rpartition("/")[0] in seen
        seen.add(path)


def test_versions_are_stable_and_tell_files_apart(source: Source) -> None:
    def versions() -> dict[str, str]:
        walk = source.ontap.walk(source.volume, files=True)
        return {entry.path: entry.version for entry in walk if isinstance(entry, Entry) and "twin" not in entry.path}

    first = versions()
    assert versions() == first
    assert len(set(first.values())) == len(first)


@pytest.mark.parametrize(
    "path", ["", "hr", "public/日本.txt", "public/back\\slash", "public/new\nline", "link", "a+b c/%2F"]
)
def test_stat_agrees_with_the_walk(source: Source, path: str) -> None:
    walk = source.ontap.walk(source.volume, files=True)
    [walked] = [entry for entry in walk if isinstance(entry, Entry) and source.relative(entry.path) == path]
    found = source.ontap.stat(source.place(path))
    assert replace(found, accessed="") == replace(walked, accessed="")


@pytest.mark.parametrize("path", ["nowhere", "hr/nowhere", "link/payroll"])
def test_a_missing_path(source: Source, path: str) -> None:
    with pytest.raises(NotFound):
        source.ontap.stat(source.place(path))
    with pytest.raises(NotFound):
        source.ontap.security(source.place(path))


@pytest.mark.parametrize(("path", "kind"), [("broken", NotFound), ("closed", AccessDenied)])
def test_what_cannot_be_read_is_an_error_though_it_is_there(source: Source, path: str, kind: type[FsxapError]) -> None:
    assert source.ontap.stat(source.place(path)).kind == "directory"
    with pytest.raises(kind):
        source.ontap.security(source.place(path))


def shown(descriptor: Descriptor) -> tuple[Any, ...]:
    """What every layer can tell. REST names a trustee or gives its SID, not both."""
    aces = tuple(replace(ace, sid="") for ace in descriptor.aces)
    common = (descriptor.style, descriptor.volume_style, descriptor.kind, descriptor.control, aces)
    return (
        *common,
        descriptor.owner,
        descriptor.group,
        descriptor.mode,
        descriptor.uid,
        descriptor.gid,
        descriptor.inode,
    )


def test_both_layers_show_equal_descriptors(folder: Path, emulator: Emulator) -> None:
    emulator.set_faults()
    local = Source(FolderPermissions(folder))
    with reading(emulator) as ontap:
        rest = Source(ontap)
        for path in sorted({*FOLDERS, *FILES, "hr/twin 2"} - {"broken", "closed"}):
            there, here = rest.ontap.security(rest.place(path)), local.ontap.security(local.place(path))
            assert (there.path, here.path) == (rest.place(path), local.place(path))
            # A UNIX object has no security descriptor, and its control bits none to belong to.
            assert shown(replace(there, control=there.control)) == shown(here), path


def entries(descriptor: Descriptor) -> list[tuple[str, str, int | None, bool, str]]:
    return [(ace.trustee[-7:], ace.access, ace.mask, ace.inherited, ace.layer) for ace in descriptor.aces]


def test_what_the_descriptors_say(source: Source) -> None:
    hr = source.ontap.security(source.place("hr"))
    assert hr.protected
    assert entries(hr) == [
        ("Interns", "deny", 0x100116, False, "file"),
        ("Payroll", "allow", 0x1301BF, False, "file"),
        ("20-9999", "allow", 0x120089, False, "file"),
        ("Payroll", "allow", 0x1F01FF, False, "slag"),
    ]
    assert source.ontap.security(source.place("hr/payroll")).aces[0].inherited
    root = source.ontap.security(source.place(""))
    assert [(ace.trustee, ace.mask, ace.inherit_only) for ace in root.aces][-1] == ("CREATOR OWNER", None, True)
    public = source.ontap.security(source.place("public"))
    assert (public.aces, (public.control or 0) & 0x4) == ((), 0)
    unix = source.ontap.security(source.place("unix"))
    assert (unix.style, unix.mode, unix.uid, unix.gid, unix.aces) == ("unix", 0o1777, 0, 100, ())


def test_descriptors_of_files(source: Source) -> None:
    descriptor = source.ontap.security(source.place("hr/payroll/list.csv"))
    assert (descriptor.kind, descriptor.style) == ("file", "ntfs")
    assert all(isinstance(ace, Ace) and ace.inherited and ace.this_folder for ace in descriptor.aces)
    assert len(descriptor.aces) == 3, "storage-level guards stay on the folder that has them"


def test_shares(source: Source) -> None:
    found = {share.name: share for share in source.ontap.shares()}
    assert set(found) == {"HR", "c$"}
    hr = found["HR"]
    assert (hr.path, hr.svm, hr.volume) == (source.place("hr"), "svm1", "company")
    assert [(ace.trustee, ace.permission, ace.kind, ace.sid) for ace in hr.aces] == [
        ("Everyone", "full_control", "windows", "S-1-1-0")
    ]


def test_context(source: Source) -> None:
    context = source.ontap.context()
    assert (context["ad"], context["ad_domain"].lower(), context["nfs4_acl"]) == ("healthy", "corp.example", False)
    assert list(context["unknown"]) == []


def test_fingerprint_is_stable(source: Source) -> None:
    assert source.ontap.fingerprint() == source.ontap.fingerprint()


# Faults: the same tree, whatever happens on the way


def walked(emulator: Emulator, **options: Any) -> dict[str, str]:
    with reading(emulator, **options) as ontap:
        return Source(ontap).kinds(files=True)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(reset=0.2, seed=1),
        Faults(unavailable=0.2, seed=2),
        Faults(throttled=0.2, server_error=0.1, seed=3),
        Faults(truncated=0.2, seed=4),
        Faults(reset=0.1, unavailable=0.1, truncated=0.1, seed=5),
        Faults(requests_per_connection=3),
        Faults(page_limit=1),
        Faults(page_limit=2, empty_pages=True),
        Faults(page_limit=2, repeat_entry=True),
        Faults(page_limit=1, repeat_entry=True, empty_pages=True, reset=0.1, seed=6),
    ],
    ids=lambda faults: " ".join(name for name, value in asdict(faults).items() if value != asdict(Faults())[name]),
)
def test_faults_on_the_way_change_nothing(emulator: Emulator, faults: Faults) -> None:
    emulator.set_faults()
    whole = walked(emulator)
    emulator.set_faults(faults)
    found = walked(emulator)
    assert {path for path in found if "twin" not in path} == {path for path in whole if "twin" not in path}
    assert len(found) == len(whole)


def test_a_queue_that_is_full_slows_us_down(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.set_faults(max_in_flight=2, latency=0.002)
    with reading(emulator, workers=8, retry=Retry(attempts=30, base=0.001)) as ontap:
        gate, limits = ontap._client.gate, []
        leave = gate.leave

        def left(*given: Any) -> None:
            leave(*given)
            limits.append(gate.limit)

        monkeypatch.setattr(gate, "leave", left)
        assert len(Source(ontap).kinds(files=True)) == len(FOLDERS) + len(FILES) + 3
        # It may have grown back by the end.
        assert min(limits) < 8


def test_connections_that_end_in_time_are_no_sign_of_load(emulator: Emulator) -> None:
    emulator.set_faults(requests_per_connection=2)
    with reading(emulator) as ontap:
        Source(ontap).kinds(files=True)
        assert ontap._client.gate.limit == 8


def test_an_endpoint_that_stays_down(emulator: Emulator) -> None:
    emulator.set_faults(unavailable=1.0)
    before = emulator.counters.total
    with reading(emulator) as ontap, pytest.raises(Unavailable):
        ontap.volumes()
    assert emulator.counters.total - before == AT_ONCE.attempts


def test_a_file_deleted_while_paging_is_missing_and_nothing_else(emulator: Emulator) -> None:
    emulator.set_faults(page_limit=3, delete_entry=True)
    with reading(emulator, workers=1) as ontap:
        found = list(ontap.walk(ontap.volumes()[0], "public", files=True))
    assert not [entry for entry in found if isinstance(entry, Unlisted)]
    names = {entry.path.rpartition("/")[2] for entry in found if isinstance(entry, Entry)}
    assert {name.rpartition("/")[2] for name in FILES if name.startswith("public/")} <= names


def test_a_folder_deleted_while_walking_is_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    with serve([Folder(tmp_path)], tls=False) as running, reading(running, volumes=[], workers=1) as ontap:
        volume = ontap.volumes()[0]
        walk = ontap.walk(volume, files=True)
        first = [next(walk), next(walk)]
        assert isinstance(first[1], Entry)
        gone = Path(tmp_path / first[1].path.strip("/"))
        (gone / "file").unlink()
        gone.rmdir()
        rest = list(walk)
    [unlisted] = [entry for entry in rest if isinstance(entry, Unlisted)]
    assert (unlisted.key, unlisted.failure.code, unlisted.skipped) == (first[1].path, "vanished", False)
    assert len([entry for entry in rest if isinstance(entry, Entry)]) == 2


@pytest.mark.parametrize("body", ["json", "html", "none"])
def test_a_wrong_password_is_sent_once(emulator: Emulator, body: Any) -> None:
    emulator.set_faults(unauthorized_body=body)
    before = emulator.counters.total
    with connect(emulator.url, emulator.user, "guess", ca_file=emulator.ca_file or "", retry=AT_ONCE) as ontap:
        for ask in (
            ontap.volumes,
            ontap.shares,
            ontap.context,
            lambda: ontap.security("/company"),
            lambda: ontap.engine,
        ):
            with pytest.raises(Unauthenticated) as caught:
                ask()
    assert emulator.counters.total - before == 1
    assert "lock" in caught.value.hint
    assert "guess" not in str(caught.value) + caught.value.hint


def test_a_password_changed_meanwhile_ends_the_walk(emulator: Emulator) -> None:
    emulator.set_faults()
    with reading(emulator, workers=1) as ontap:
        walk = ontap.walk(ontap.volumes()[0])
        next(walk)
        next(walk)
        emulator.set_faults(wrong_password=True)
        before = emulator.counters.total
        with pytest.raises(Unauthenticated):
            list(walk)
    assert emulator.counters.total - before == 1


def refused(call: Callable[[], object]) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        call()
    assert caught.value.exit == 253
    return caught.value


def test_an_unknown_authority(emulator: Emulator) -> None:
    emulator.set_faults()
    before = emulator.counters.total
    with reading(emulator, ca_file="") as ontap:
        error = refused(ontap.volumes)
    assert error.code == "certificate"
    assert "--ontap-ca" in error.hint
    assert emulator.counters.total == before


def test_a_certificate_for_another_host(emulator: Emulator) -> None:
    emulator.set_faults(certificate_host="management.fs-1.example.com")
    before = emulator.counters.total
    with reading(emulator) as ontap:
        error = refused(ontap.volumes)
    emulator.set_faults()
    assert error.code == "certificate"
    assert "DNS name" in error.hint
    assert emulator.counters.total == before


def test_insecure_accepts_any_certificate(emulator: Emulator) -> None:
    emulator.set_faults(certificate_host="management.fs-1.example.com")
    with reading(emulator, ca_file="", insecure=True) as ontap:
        assert len(ontap.volumes()) == 1
    emulator.set_faults()


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with connect(f"https://127.0.0.1:{port}", "u", "p", retry=AT_ONCE) as ontap:
        assert refused(ontap.volumes).code == "refused"


def test_an_older_release() -> None:
    with ExitStack() as stack:
        running = stack.enter_context(serve([Synthetic(30)], tls=False, release="9.11.1"))
        ontap = stack.enter_context(reading(running, volumes=[]))
        assert ontap.engine == "ontap-rest 9.11.1"
        assert len(Source(ontap).kinds()) == 30


def test_a_large_tree_costs_one_call_a_folder() -> None:
    with serve([Synthetic(500, files_per_folder=3)], tls=False) as running, reading(running, volumes=[]) as ontap:
        assert len(Source(ontap).kinds(files=True)) == 500 * 4
        assert running.counters.requests["/storage/volumes/{}/files/{}"] == 501
        assert 1 <= running.counters.peak <= 8


# The vendor's own client, which shares no code with ours


@pytest.mark.filterwarnings("ignore")
def test_the_vendors_client_sees_the_same_tree_and_lists(emulator: Emulator) -> None:
    netapp = pytest.importorskip("netapp_ontap")
    from netapp_ontap.resources import FileDirectorySecurity, FileInfo
    from netapp_ontap.resources import Volume as VendorVolume

    emulator.set_faults()
    port = int(emulator.url.rpartition(":")[2])
    connection = netapp.HostConnection(
        "127.0.0.1", username=emulator.user, password=emulator.password, port=port, verify=str(emulator.ca_file)
    )
    with connection, reading(emulator) as ontap, closing(ontap):
        [volume] = ontap.volumes()
        vendor = VendorVolume.find(name=volume.name, fields="uuid,svm,nas.path")
        assert (vendor.uuid, vendor.svm.uuid, vendor.nas.path) == (volume.uuid, volume.svm_uuid, volume.path)

        def below(path: str) -> Iterator[tuple[str, str, int]]:
            for record in FileInfo.get_collection(
                volume.uuid, path or "/", fields="name,type,inode_number,is_junction"
            ):
                if record.name in (".", "..", ".snapshot"):
                    continue
                place = f"{path}/{record.name}" if path else record.name
                junction = bool(getattr(record, "is_junction", False))
                yield place, "junction" if junction else record.type, record.inode_number
                if record.type == "directory" and not junction:
                    yield from below(place)

        theirs = {place: (kind, inode) for place, kind, inode in below("")}
        source = Source(ontap)
        ours = {
            source.relative(entry.path): (entry.kind, entry.inode)
            for entry in ontap.walk(volume, files=True)
            if isinstance(entry, Entry)
        }
        second = {place for place, (_, inode) in theirs.items() if "twin" in place and place not in ours}
        assert {place: found for place, found in theirs.items() if place not in second} == {
            place: found for place, found in ours.items() if place
        }
        assert len(second) == 1

        for place in sorted(theirs.keys() - {"broken", "closed", "link", "scans"}):
            record = FileDirectorySecurity(volume.svm_uuid, f"{volume.path}/{place}")
            record.get()
            found = ontap.security(source.place(place))
            body = record.to_dict()
            assert (body.get("owner", ""), body["mode_bits"], body["effective_style"]) == (
                found.owner,
                int(f"{found.mode:o}"),
                found.style,
            )
            assert [
                (
                    entry["user"],
                    entry["access"],
                    sorted(entry.get("advanced_rights", {})),
                    bool(entry.get("inherited")),
                    sorted(entry["apply_to"]),
                )
                for entry in body.get("acls", [])
            ] == [theirs_of(ace) for ace in found.aces], place


def theirs_of(ace: Ace) -> tuple[str, str, list[str], bool, list[str]]:
    """An entry of ours in ONTAP's words."""
    from fsxap.providers.ontap.decode import RIGHTS

    mask = ace.mask or 0
    names = [name for name, bit in RIGHTS.items() if mask & bit == bit]
    applies = {"files": ace.files, "sub_folders": ace.sub_folders, "this_folder": ace.this_folder}
    return ace.trustee, ace.raw, sorted(names), ace.inherited, sorted(name for name, holds in applies.items() if holds)
