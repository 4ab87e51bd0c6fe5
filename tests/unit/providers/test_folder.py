"""What only a folder can do: links, modes, names of bytes, directories that cannot be read, crashes."""

from __future__ import annotations

import errno
import inspect
import io
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import AccessDenied, ConfigurationError, ItemError, NotFound, ServiceError, Unavailable
from fsxap.model import Item, Unlisted
from fsxap.providers.local import files, walk
from fsxap.providers.local.folder import FolderStore

HOSTILE = [
    b"\xff\xfe",
    b"sh\x83j\x83is.txt",
    b"back\\slash",
    b"new\nline",
    b"dots...",
    b" lead",
    b"e\xcc\x81",
    b"\xc3\xa9",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


def keys(store: FolderStore, prefix: str = "", start_after: str = "") -> list[str]:
    return [entry.key for entry in store.list(prefix, start_after)]


def plant(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_directories_sort_as_their_name_and_a_slash(root: Path, store: FolderStore) -> None:
    plant(root, "a/x", "a-b", "a.b", "a0", "a b/y", "ab/z", "B/1", "日/本", "😀/1", "\uffee")
    assert keys(store) == ["B/1", "a b/y", "a-b", "a.b", "a/x", "a0", "ab/z", "日/本", "\uffee", "😀/1"]


def test_names_that_are_not_text_come_back_exactly(root: Path, store: FolderStore) -> None:
    for number, name in enumerate(HOSTILE):
        folder = os.path.join(os.fsencode(root), name)
        os.mkdir(folder)
        with open(os.path.join(folder, name), "wb") as stream:
            stream.write(b"%d" % number)
    listed = keys(store)
    wanted = [name.decode("utf-8", "surrogateescape") for name in HOSTILE]
    assert listed == sorted(f"{name}/{name}" for name in wanted)
    assert [store.read(f"{name}/{name}") for name in wanted] == [b"%d" % number for number in range(len(HOSTILE))]


def test_written_names_are_bytes_of_utf8(root: Path, store: FolderStore) -> None:
    store.put("\udcff\udcfe/x", b"1")
    assert os.listdir(os.fsencode(root)) == [b"\xff\xfe"]
    with pytest.raises(ItemError, match="make up another"):
        store.put("\udce3\udc81\udc82", b"1")
    with pytest.raises(ItemError, match="UTF-8"):
        store.put("\ud800", b"1")


def test_items_say_size_time_and_version(root: Path, store: FolderStore) -> None:
    plant(root, "a")
    os.utime(root / "a", ns=(0, 1_767_225_600_123_456_789))
    item = Item("a", 1, "2026-01-01T00:00:00Z", "1767225600123456789-1")
    assert list(store.list()) == [item]
    assert store.head("a") == item


@pytest.mark.parametrize("seconds", [1 << 60, -(1 << 60)])
def test_times_that_are_in_no_year(seconds: int) -> None:
    class Found:
        st_mtime_ns = seconds * 1_000_000_000
        st_size = 7

    item = walk.item("a", Found())  # type: ignore[arg-type]
    assert (item.modified, item.size) == ("", 7)


def test_links_and_special_files_are_reported_and_never_followed(
    root: Path, store: FolderStore, tmp_path: Path
) -> None:
    plant(tmp_path, "outside/secret")
    plant(root, "in/file")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "dangling").symlink_to(tmp_path / "nothing")
    (root / "same").symlink_to(root / "in")
    (root / "link").symlink_to(tmp_path / "outside" / "secret")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "sock"))
        listed = list(store.list())
        for key, code in (("pipe", "special-file"), ("sock", "special-file"), ("link", "symlink")):
            with pytest.raises(ItemError) as caught:
                store.read(key)
            assert caught.value.code == code
    codes = {entry.key: (entry.failure.code, entry.skipped) for entry in listed if isinstance(entry, Unlisted)}
    assert codes == {
        "out": ("symlink", True),
        "dangling": ("symlink", True),
        "same": ("symlink", True),
        "link": ("symlink", True),
        "pipe": ("special-file", True),
        "sock": ("special-file", True),
    }
    assert [entry.key for entry in listed if isinstance(entry, Item)] == ["in/file"]
    assert [entry.key for entry in listed] == sorted(entry.key for entry in listed)
    assert keys(store, "out/") == []
    for act in (store.read, store.head, store.delete, lambda key: store.put(key, b"x")):
        for key in ("out/secret", "same/file"):
            with pytest.raises(ItemError) as caught:
                act(key)
            assert caught.value.code == "symlink"
    assert (tmp_path / "outside" / "secret").read_bytes() == b"outside/secret"


def test_writing_over_a_link_replaces_the_link(root: Path, store: FolderStore, tmp_path: Path) -> None:
    plant(tmp_path, "secret")
    (root / "link").symlink_to(tmp_path / "secret")
    store.put("link", b"new")
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert store.read("link") == b"new"


def test_a_root_may_be_a_link(root: Path, tmp_path: Path) -> None:
    plant(root, "a")
    (tmp_path / "way").symlink_to(root)
    assert keys(FolderStore(tmp_path / "way")) == ["a"]


def deny(monkeypatch: pytest.MonkeyPatch, name: bytes, number: int) -> None:
    """Make opening one name fail, also for root, whom modes do not stop."""
    really = os.open

    def refuse(path: object, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == name:
            raise OSError(number, os.strerror(number))
        return really(path, flags, mode, dir_fd=dir_fd)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.parametrize(
    ("number", "code", "retryable"),
    [(errno.EACCES, "permission", False), (errno.EIO, "io", True), (errno.EMFILE, "too-many-open-files", False)],
)
def test_directories_that_cannot_be_read_are_counted(
    root: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch, number: int, code: str, retryable: bool
) -> None:
    plant(root, "a/1", "b/2", "b/c/3", "d")
    deny(monkeypatch, b"b", number)
    listed = list(store.list())
    assert [entry.key for entry in listed] == ["a/1", "b/", "d"]
    place = listed[1]
    assert isinstance(place, Unlisted)
    assert (place.failure.code, place.failure.retryable, place.skipped) == (code, retryable, False)
    assert [entry.key for entry in store.list("b/c/")] == ["b/c/"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_modes_are_respected(root: Path, store: FolderStore) -> None:
    plant(root, "closed/1", "passable/2", "unreadable")
    (root / "closed").chmod(0)
    (root / "passable").chmod(0o100)
    (root / "unreadable").chmod(0)
    try:
        listed = list(store.list())
        assert [entry.key for entry in listed] == ["closed/", "passable/", "unreadable"]
        assert store.read("passable/2") == b"passable/2"
        with pytest.raises(AccessDenied):
            store.read("unreadable")
        with pytest.raises(AccessDenied):
            store.put("closed/new", b"")
    finally:
        (root / "closed").chmod(0o700)
        (root / "passable").chmod(0o700)


def test_a_directory_that_breaks_off_is_said_and_its_rest_is_listed(
    root: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(root, "a/1", "a/2", "b")
    really = os.scandir
    inode = (root / "a").stat().st_ino

    class Broken:
        def __init__(self, entries: Iterator[os.DirEntry[str]]) -> None:
            self.entries = entries

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            yield next(self.entries)
            raise OSError(errno.EIO, "Input/output error")

        def __exit__(self, *_: object) -> None:
            self.entries.close()  # type: ignore[attr-defined]

    def scandir(folder: int) -> object:
        entries = really(folder)
        return Broken(entries) if os.fstat(folder).st_ino == inode else entries

    monkeypatch.setattr(os, "scandir", scandir)
    listed = list(store.list())
    assert len(listed) == 3
    assert isinstance(listed[0], Unlisted)
    assert (listed[0].key, listed[0].failure.code) == ("a/", "io")
    assert listed[1].key in ("a/1", "a/2")
    assert listed[2].key == "b"


def test_what_goes_away_while_listing_is_not_there(root: Path, store: FolderStore) -> None:
    plant(root, "a", "b", "c/1", "d")
    listing = store.list()
    assert next(listing).key == "a"
    (root / "b").unlink()
    (root / "c" / "1").unlink()
    (root / "c").rmdir()
    assert [entry.key for entry in listing] == ["d"]


def test_what_is_excluded_is_not_walked(root: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(root, "a/1/x", "a/2/y", "a/3/z", "b/1/x", "c/1")
    walked: list[str] = []
    really = os.scandir

    def scandir(folder: int) -> object:
        walked.append(os.path.relpath(os.readlink(f"/proc/self/fd/{folder}"), root))
        return really(folder)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("open folders are looked up in /proc")
    monkeypatch.setattr(os, "scandir", scandir)
    for prefix, start_after, wanted, folders in (
        ("a/2/", "", ["a/2/y"], ["a/2"]),
        ("a/2", "", ["a/2/y"], ["a", "a/2"]),
        ("", "a/2/y", ["a/3/z", "b/1/x", "c/1"], [".", "a", "a/2", "a/3", "b", "b/1", "c"]),
        ("", "b/1/x", ["c/1"], [".", "b", "b/1", "c"]),
        ("a/", "a/3", ["a/3/z"], ["a", "a/3"]),
        ("nothing/here/", "", [], []),
        ("../", "", [], []),
        ("/", "", [], []),
    ):
        walked.clear()
        assert keys(store, prefix, start_after) == wanted, prefix
        assert walked == folders, prefix


def test_open_folders_are_closed_when_a_listing_is_dropped(root: Path, store: FolderStore) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("open folders are counted in /proc")
    plant(root, "a/b/c/1", "a/b/c/2")
    before = len(os.listdir("/proc/self/fd"))
    listing = store.list()
    assert next(listing).key == "a/b/c/1"
    assert len(os.listdir("/proc/self/fd")) == before + 4
    listing.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_tree_deeper_than_the_call_stack(root: Path, store: FolderStore) -> None:
    deep = 300
    plant(root, "d/" * deep + "file")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 150)
    try:
        listed = keys(store)
    finally:
        sys.setrecursionlimit(before)
    assert listed == ["d/" * deep + "file"]


NAME = st.binary(min_size=1, max_size=4).filter(lambda name: name not in (b".", b"..") and not set(name) & {0, 47})


@given(st.sets(NAME, max_size=12), st.integers(1, 4))
def test_large_directories_sort_on_disk_like_small_ones(
    tmp_path_factory: pytest.TempPathFactory, names: set[bytes], chunk: int
) -> None:
    root = tmp_path_factory.mktemp("spill")
    for name in names:
        path = os.path.join(os.fsencode(root), name)
        if len(name) == 2:
            os.mkdir(path)
            path = os.path.join(path, b"x")
        open(path, "wb").close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "CHUNK", chunk)
        listed = keys(FolderStore(root))
    decoded = [name.decode("utf-8", "surrogateescape") + ("/x" if len(name) == 2 else "") for name in names]
    assert listed == sorted(decoded)


def test_a_missing_root(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "a" / "b")
    for act in (lambda: list(store.list()), lambda: store.read("x"), lambda: store.head("x")):
        with pytest.raises(ConfigurationError) as caught:
            act()
        assert caught.value.code == "no-folder"
    plant(tmp_path, "file")
    with pytest.raises(ConfigurationError) as caught:
        FolderStore(tmp_path / "file").put("x", b"")
    assert caught.value.code == "no-folder"
    assert store.put("x", b"1") == str(tmp_path / "a" / "b" / "x")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_only_the_owner_may_read_what_is_written(root: Path, store: FolderStore) -> None:
    before = os.umask(0)
    try:
        store.put("a/b", b"1")
    finally:
        os.umask(before)
    assert (root / "a" / "b").stat().st_mode & 0o777 == 0o600
    assert (root / "a").stat().st_mode & 0o777 == 0o700


def test_reasons_a_write_is_refused(root: Path, store: FolderStore) -> None:
    plant(root, "file", "dir/x")
    for key, code in (
        ("n" * 256, "name-too-long"),
        ("dir", "is-a-directory"),
        ("file/below", "parent-is-a-file"),
    ):
        with pytest.raises(ItemError) as caught:
            store.put(key, b"1")
        assert caught.value.code == code
    assert sorted(entry.key for entry in store.list()) == ["dir/x", "file"]


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, ServiceError, "no-space"),
        (errno.EDQUOT, ServiceError, "no-space"),
        (errno.EROFS, ServiceError, "read-only"),
        (errno.EIO, Unavailable, "io"),
    ],
)
def test_a_write_that_breaks_off_leaves_what_was_there(
    root: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception], code: str
) -> None:
    store.put("a", b"before")

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(kind) as caught:
        store.put("a", b"after")
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert os.listdir(root) == ["a"]
    assert (root / "a").read_bytes() == b"before"


def test_a_body_that_fails_leaves_nothing(root: Path, store: FolderStore) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise RuntimeError("the source broke")
            return super().read(4)

    with pytest.raises(RuntimeError, match="source broke"):
        store.put("a/b", Broken(b"12345678"))
    assert os.listdir(root / "a") == []


def test_what_a_crash_left_is_skipped_not_processed(root: Path, store: FolderStore) -> None:
    plant(root, f"{walk.PARTIAL}0123", "a")
    listed = list(store.list())
    assert [(entry.key, isinstance(entry, Unlisted)) for entry in listed] == [
        (f"{walk.PARTIAL}0123", True),
        ("a", False),
    ]
    assert isinstance(listed[0], Unlisted)
    assert listed[0].skipped
    assert listed[0].failure.code == "partial-write"


def test_files_that_break_name_themselves(root: Path) -> None:
    plant(root, "a")
    # A handle of the wrong kind fails on the first read or write, as one on a vanished server does later.
    with files.File(os.open(root / "a", os.O_WRONLY), "the file a") as stream:
        for act in (lambda: stream.readinto(bytearray(1)), stream.readall):
            with pytest.raises(Unavailable, match="cannot read the file a"):
                act()
    with (
        files.File(os.open(root / "a", os.O_RDONLY), "the file a", "wb") as stream,
        pytest.raises(Unavailable, match="cannot write the file a"),
    ):
        stream.write(b"1")


def test_a_folder_is_no_file(root: Path, store: FolderStore) -> None:
    plant(root, "dir/x")
    for act in (store.head, store.read, store.open):
        with pytest.raises(NotFound) as caught:
            act("dir")
        assert caught.value.code == "is-a-directory"
