from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsxap.acl.model import Entry
from fsxap.errors import AccessDenied, ConfigurationError, NotFound, ServiceError
from fsxap.model import Unlisted
from fsxap.ports import Ontap
from fsxap.providers.local.permissions import FolderPermissions
from fsxap.providers.local.sidecar import LIMIT, SIDECAR

STAFF = {"trustee": "CORP\\Staff", "rights": "modify"}


def describe(folder: Path, permissions: dict[str, Any] | None = None, **more: Any) -> FolderPermissions:
    document = {"version": 1, "volume": {"name": "vol1", "path": "/data/vol1"}, "permissions": permissions or {}}
    (folder / SIDECAR).write_text(yaml.safe_dump({**document, **more}, allow_unicode=True))
    return FolderPermissions(folder)


def entries(ontap: Ontap, path: str = "", **options: Any) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in ontap.walk(ontap.volumes()[0], path, **options):
        assert isinstance(entry, Entry), entry
        assert entry.path not in found
        found[entry.path] = entry
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for name in ("a/b/c", "d", ".fsxap/runs", "_fsxap/idp", ".snapshot/daily", "a/_fsxap"):
        (root / name).mkdir(parents=True)
    for name in ("top.txt", "a/one.txt", "a/b/c/deep.txt", "a/b/日本 #1+.txt", ".fsxap/runs/x", "_fsxap/idp/x.json"):
        (root / name).write_text(name)
    (root / "link").symlink_to("a")
    (root / "outside").symlink_to("/etc")
    os.mkfifo(root / "pipe")
    os.link(root / "top.txt", root / "a" / "b" / "again.txt")
    return root


def test_it_is_the_port(folder: Path) -> None:
    ontap: Ontap = FolderPermissions(folder)
    assert ontap.engine == "posix"
    (volume,) = ontap.volumes()
    assert (volume.name, volume.path, volume.style) == ("data", "/", "unix")
    assert ontap.shares() == ()
    assert ontap.context()["ad"] == "none"
    assert ontap.context()["nfs4_acl"] is None
    assert ontap.fingerprint() == ""


def test_a_walk(folder: Path) -> None:
    found = entries(FolderPermissions(folder), files=True)
    kinds = {path: entry.kind for path, entry in found.items()}
    assert kinds == {
        **dict.fromkeys(("/", "/a", "/a/b", "/a/b/c", "/d"), "directory"),
        **dict.fromkeys(("/top.txt", "/a/one.txt", "/a/b/c/deep.txt", "/a/b/日本 #1+.txt"), "file"),
        **dict.fromkeys(("/link", "/outside"), "symlink"),
        "/pipe": "other",
    }, "a file with two names is met once, at its shallower one; what fsxap keeps is not met at all"
    depths = [0 if path == "/" else path.count("/") for path in found]
    assert depths == sorted(depths), "breadth first"


def test_a_walk_without_files(folder: Path) -> None:
    assert set(entries(FolderPermissions(folder))) == {"/", "/a", "/a/b", "/a/b/c", "/d", "/link", "/outside"}


@pytest.mark.parametrize(
    ("path", "depth", "expected"),
    [
        ("", 0, {"/"}),
        ("", 1, {"/", "/a", "/d", "/link", "/outside"}),
        ("a", 1, {"/a", "/a/b"}),
        ("/a/b/", None, {"/a/b", "/a/b/c"}),
        ("a/one.txt", None, {"/a/one.txt"}),
        ("link", None, {"/link"}),
    ],
)
def test_where_a_walk_starts_and_ends(folder: Path, path: str, depth: int | None, expected: set[str]) -> None:
    assert set(entries(FolderPermissions(folder), path, depth=depth)) == expected


def test_what_an_entry_knows(folder: Path) -> None:
    ontap = FolderPermissions(folder)
    about = os.lstat(folder / "top.txt")
    entry = ontap.stat("/top.txt")
    assert (entry.inode, entry.generation, entry.links, entry.size) == (about.st_ino, 0, 2, 7)
    assert entry.changed.endswith(f".{about.st_ctime_ns % 1_000_000_000:09d}Z"), "nanoseconds are kept"
    assert entry == entries(ontap, files=True)["/top.txt"]
    before = entry.version
    (folder / "top.txt").chmod(0o600)
    assert ontap.stat("/top.txt").version != before
    assert ontap.stat("/").accessed == "", "walking moves a folder's access time"


@pytest.mark.parametrize(
    "path",
    [
        *("nowhere", "a/nowhere", "a/one.txt/x", "link/one.txt", "outside/passwd", "../data/top.txt", "a/../top.txt"),
        *("./top.txt", "a//b", "top.txt\0", "a/./b"),
    ],
)
def test_no_path_leads_astray(folder: Path, path: str) -> None:
    """Neither through a link nor out of the folder."""
    ontap = FolderPermissions(folder)
    for ask in (ontap.stat, ontap.security, lambda one: list(ontap.walk(ontap.volumes()[0], one))):
        with pytest.raises(NotFound):
            ask(path)


def test_modes_and_owners(folder: Path) -> None:
    (folder / "d").chmod(0o1777)
    found = FolderPermissions(folder).security("/d")
    assert (found.path, found.kind, found.style, found.mode) == ("/d", "directory", "unix", 0o1777)
    assert (found.uid, found.gid) == (os.getuid(), os.getgid())
    assert found.owner == pwd.getpwuid(os.getuid()).pw_name
    assert found.group == grp.getgrgid(os.getgid()).gr_name
    assert found.aces == ()
    assert FolderPermissions(folder).security("/link").kind == "symlink"


def test_unknown_accounts_have_no_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_number: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(grp, "getgrgid", unknown)
    found = FolderPermissions(folder).security("/a")
    assert (found.owner, found.group, found.uid) == ("", "", os.getuid())


def test_described_permissions(folder: Path) -> None:
    permissions = {".": {"owner": "CORP\\Boss", "acl": [STAFF]}, "a/b": {"style": "unix", "mode": "1777", "uid": 5}}
    ontap = describe(folder, permissions, trustees={"CORP\\Staff": "S-1-5-21-1-2-3-1100"})
    assert ontap.engine == "described"
    (volume,) = ontap.volumes()
    assert (volume.name, volume.path, volume.style) == ("vol1", "/", "ntfs")
    file = ontap.security("/a/one.txt")
    assert (file.path, file.owner, file.style, file.dos) == ("/a/one.txt", "CORP\\Boss", "ntfs", "20")
    assert [(ace.trustee, ace.sid, ace.inherited) for ace in file.aces] == [
        ("CORP\\Staff", "S-1-5-21-1-2-3-1100", True),
    ]
    unix = ontap.security("/a/b")
    assert (unix.style, unix.mode, unix.uid, unix.gid) == ("unix", 0o1777, 5, os.getgid())
    assert unix.owner == "", "the described volume's owner has no name on this machine"
    (folder / "a" / SIDECAR).touch()
    found = entries(ontap, files=True)
    assert f"/{SIDECAR}" not in found
    assert f"/a/{SIDECAR}" in found, "only the root's describes anything"
    with pytest.raises(NotFound):
        ontap.security(f"/{SIDECAR}")


@pytest.mark.parametrize(
    ("code", "error", "kept"),
    [
        ("655865", NotFound, "not-found"),
        ("4", NotFound, "not-found"),
        ("6", AccessDenied, "access-denied"),
        ("917752", ServiceError, "ontap-917752"),
    ],
)
def test_planted_errors(folder: Path, code: str, error: type[ServiceError], kept: str) -> None:
    ontap = describe(folder, {"a": {"error": code}})
    with pytest.raises(error, match=code) as caught:
        ontap.security("/a")
    assert caught.value.code == kept
    assert ontap.security("/a/b").aces, "what lies below can be read"
    assert ontap.stat("/a").kind == "directory"


def test_junctions_are_reported_and_not_entered(folder: Path) -> None:
    ontap = describe(folder, other_volumes=[{"name": "other", "path": "/data/vol1/a"}])
    found = entries(ontap, files=True)
    assert found["/a"].kind == "junction"
    assert "/a/one.txt" not in found


def test_shares_open_where_the_folder_has_them(folder: Path) -> None:
    paths = ("/data/vol1/a", "/data/vol1", "/data", "/", "/elsewhere", "/data/vol10")
    ontap = describe(folder, shares=[{"name": path, "path": path} for path in paths])
    assert [share.path for share in ontap.shares()] == ["/a", "/", "/", "/", "/elsewhere", "/data/vol10"]


def test_surroundings(folder: Path) -> None:
    ontap = describe(folder, svm={"ad": "unreachable", "domain": "corp.example"}, services={"nfsv4_acls": True})
    context = ontap.context()
    assert (context["ad"], context["ad_domain"], context["nfs4_acl"]) == ("unreachable", "corp.example", True)
    assert describe(folder, svm={"cifs": False}).context()["ad"] == "none"


def test_the_fingerprint_is_the_sidecars(folder: Path) -> None:
    first = describe(folder, {".": {"acl": [STAFF]}}).fingerprint()
    assert first == describe(folder, {".": {"acl": [STAFF]}}).fingerprint()
    assert first != describe(folder, {".": {"acl": []}}).fingerprint()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "does not describe"),
        ("", "description"),
        ("- a", "a mapping is expected"),
        ("version: 7\nvolume: {name: v}", "version"),
        ("version: 1\nvolume: {name: v}\npermissions:\n  a: {}\n  b: {}\n  a: {error: '4'}", "'a' is there twice"),
        ("version: 1\nvolume: !!python/object/apply:os.getcwd []", "does not describe"),
        ("version: 1\nvolume: {name: v}\npermissions: {a: {mode: 0755}}", "write octal digits in quotes"),
        ("version: 1\nvolume: {name: v}\nx: " + "[" * 500_000 + "]" * 500_000, "nested more than"),
        ("\x00", "does not describe"),
        ("a: &a [*a]\nversion: 1", "recursive"),
    ],
)
def test_a_broken_sidecar_is_an_error_and_never_ignored(folder: Path, text: str, said: str) -> None:
    (folder / SIDECAR).write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        FolderPermissions(folder)
    assert said in caught.value.message
    assert str(folder / SIDECAR) in caught.value.message
    assert caught.value.hint


def test_a_sidecar_is_a_plain_file_of_bounded_size(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("version: 1\nvolume: {name: v}\n")
    sidecar = folder / SIDECAR
    sidecar.symlink_to(tmp_path / "real.yaml")
    with pytest.raises(ConfigurationError, match="link"):
        FolderPermissions(folder)
    sidecar.unlink()
    sidecar.mkdir()
    with pytest.raises(ConfigurationError):
        FolderPermissions(folder)
    sidecar.rmdir()
    os.mkfifo(sidecar)
    with pytest.raises(ConfigurationError):
        FolderPermissions(folder)
    sidecar.unlink()
    with sidecar.open("wb") as file:
        file.truncate(LIMIT + 1)
    with pytest.raises(ConfigurationError, match="longer than"):
        FolderPermissions(folder)


def test_merge_keys_are_no_duplicates(folder: Path) -> None:
    text = """
version: 1
volume: {name: v}
permissions:
  a: &staff {acl: [{trustee: X, rights: read}]}
  d: {<<: *staff, owner: Y}
"""
    (folder / SIDECAR).write_text(text)
    assert FolderPermissions(folder).security("/d").owner == "Y"


@pytest.mark.parametrize("make", ["nothing", "file"])
def test_a_source_must_be_a_folder(tmp_path: Path, make: str) -> None:
    if make == "file":
        (tmp_path / "x").write_text("")
    with pytest.raises(ConfigurationError):
        FolderPermissions(tmp_path / "x")


def test_what_cannot_be_listed_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may list everything, so the system's answers are given here."""
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("/a/b"):
            raise PermissionError(13, "Permission denied")
        if str(path).endswith("/d"):
            raise FileNotFoundError(2, "No such file or directory")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    ontap = FolderPermissions(folder)
    found = list(ontap.walk(ontap.volumes()[0]))
    unlisted = {one.key: (one.failure.code, one.skipped) for one in found if isinstance(one, Unlisted)}
    assert unlisted == {"/a/b": ("permission", False), "/d": ("vanished", False)}
    assert {"/a/b", "/d"} <= {one.path for one in found if isinstance(one, Entry)}


def test_a_file_that_vanishes_between_listing_and_look(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ontap = FolderPermissions(folder)
    real = os.lstat

    def lstat(path: Any) -> os.stat_result:
        if str(path).endswith("one.txt"):
            raise FileNotFoundError(2, "No such file or directory")
        return real(path)

    monkeypatch.setattr(os, "lstat", lstat)
    found = [one for one in ontap.walk(ontap.volumes()[0], files=True) if isinstance(one, Unlisted)]
    assert [(one.key, one.failure.code) for one in found] == [("/a/one.txt", "vanished")]


def test_a_walk_is_a_stream(tmp_path: Path) -> None:
    """The first entries come before the rest of the tree has been looked at."""
    for number in range(30):
        (tmp_path / f"{number:02d}" / "below").mkdir(parents=True)
    ontap = FolderPermissions(tmp_path)
    walk: Iterator[Any] = ontap.walk(ontap.volumes()[0])
    first = next(walk)
    assert first.path == "/"
    (tmp_path / "new").mkdir()
    assert "/new" in {one.path for one in walk}


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/bad\xff")
    ontap = FolderPermissions(tmp_path)
    (path,) = [one for one in entries(ontap) if one != "/"]
    assert os.fsencode(path) == b"/bad\xff"
    assert stat.S_ISDIR(os.lstat(tmp_path / path[1:]).st_mode)
    assert ontap.security(path).kind == "directory"
