"""A home on a disk: no name, link or swap of folders leads out of it, and files appear as a whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.patterns.sftp import home as module
from fsxap.patterns.sftp.home import Home, names
from tests.unit.patterns.sftp.people import swap

SECRET = b"somebody else's"


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    for folder in ("volume/acme/in", "volume/bank", "incoming"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "volume" / "bank" / "secret").write_bytes(SECRET)
    return tmp_path / "volume"


@pytest.fixture
def home(volume: Path) -> Iterator[Home]:
    flags = os.O_RDONLY | os.O_DIRECTORY
    top, incoming = os.open(volume, flags), os.open(volume.parent / "incoming", flags)
    yield Home(top, incoming, [b"acme"])
    os.close(top)
    os.close(incoming)


def put(home: Home, path: str, body: bytes, **how: bool) -> None:
    upload = home.upload(names(path.encode()), **{"create": True, "exclusive": False, **how})
    upload.put(body, 0)
    home.publish(upload)


@given(st.binary(max_size=60) | st.lists(st.sampled_from([b"..", b"/", b"a", b".", b"\0", b"\xff"])).map(b"".join))
def test_no_name_leads_up(path: bytes) -> None:
    try:
        found = names(path)
    except OSError:
        return
    assert all(name not in (b"", b".", b"..") and b"/" not in name and b"\0" not in name for name in found)


def test_a_file_is_seen_when_it_is_whole(home: Home, volume: Path) -> None:
    put(home, "/in/a", b"first")
    upload = home.upload([b"in", b"a"], create=True, exclusive=False)
    upload.put(b"xx", 3)
    assert (volume / "acme/in/a").read_bytes() == b"first"
    assert [name for name, _ in home.entries([b"in"])] == [b"a"]
    upload.put(b"sec", 0)
    home.publish(upload)
    assert (volume / "acme/in/a").read_bytes() == b"secxx" and not os.listdir(volume.parent / "incoming")
    home.discard(home.upload([b"in", b"b"], create=True, exclusive=False))
    assert os.listdir(volume / "acme/in") == ["a"] and not os.listdir(volume.parent / "incoming")


def test_who_wants_a_new_file_gets_one_or_an_error(home: Home, volume: Path) -> None:
    first, second = (home.upload([b"a"], create=True, exclusive=True) for _ in range(2))
    first.put(b"first", 0)
    home.publish(first)
    with pytest.raises(FileExistsError):
        home.publish(second)
    with pytest.raises(FileExistsError):
        put(home, "a", b"x", exclusive=True)
    with pytest.raises(FileNotFoundError):
        put(home, "none", b"x", create=False)
    assert (volume / "acme/a").read_bytes() == b"first" and not os.listdir(volume.parent / "incoming")


@pytest.mark.parametrize("offset", [module.LARGEST, 2**63 - 1, 2**64 - 1])
def test_uploads_end_where_the_service_ends_them(home: Home, offset: int) -> None:
    upload = home.upload([b"a"], create=True, exclusive=False)
    with pytest.raises(OSError, match="too large"):
        upload.put(b"x", offset)
    home.discard(upload)


@pytest.mark.parametrize("path", [b"\0", b"a\0b", b"a\nb", b"\xff", b"x" * 256, b"/".join([b"x"] * 600), b"\xc2\x9b1m"])
def test_names_that_no_access_point_takes(path: bytes) -> None:
    with pytest.raises(OSError):
        names(path)


@pytest.mark.parametrize("target", ["../bank", "/etc", "..", "../bank/secret", "in", "nowhere"])
def test_links_are_not_there(home: Home, volume: Path, target: str) -> None:
    (volume / "acme" / "link").symlink_to(target)
    assert [name for name, _ in home.entries([])] == [b"in"]
    for path in ([b"link"], [b"link", b"secret"], [b"link", b"passwd"]):
        for ask in (home.about, home.reader, home.remove, lambda each: list(home.entries(each))):
            with pytest.raises(FileNotFoundError):
                ask(path)
        with pytest.raises(FileNotFoundError):
            home.upload(path, create=True, exclusive=False)
    with pytest.raises(FileNotFoundError):
        home.mkdir([b"link", b"made"])
    assert (volume / "acme" / "link").is_symlink() and (volume / "bank" / "secret").read_bytes() == SECRET


def test_a_link_that_comes_between_is_replaced_and_not_followed(home: Home, volume: Path) -> None:
    upload = home.upload([b"a"], create=True, exclusive=False)
    upload.put(b"mine", 0)
    (volume / "acme" / "a").symlink_to("../bank/secret")
    home.publish(upload)
    assert (volume / "acme/a").read_bytes() == b"mine" and (volume / "bank/secret").read_bytes() == SECRET


def test_a_folder_that_becomes_a_link_meanwhile_takes_no_upload(home: Home, volume: Path) -> None:
    upload = home.upload([b"in", b"secret"], create=True, exclusive=False)
    upload.put(b"mine", 0)
    (volume / "acme/in").rmdir()
    (volume / "acme/in").symlink_to("../bank")
    with pytest.raises(FileNotFoundError):
        home.publish(upload)
    assert (volume / "bank/secret").read_bytes() == SECRET and not os.listdir(volume.parent / "incoming")


def test_a_home_that_is_a_link_is_no_home(home: Home, volume: Path) -> None:
    (volume / "acme/in").rmdir()
    (volume / "acme").rmdir()
    (volume / "acme").symlink_to("bank")
    for ask in (home.about, lambda path: list(home.entries(path))):
        with pytest.raises(FileNotFoundError):
            ask([])
    with pytest.raises(OSError):
        home.make()


def test_a_race_of_folders_and_links_is_never_lost(home: Home, volume: Path) -> None:
    """Somebody with the volume swaps a folder for a link as fast as they can; every answer is the home's own."""
    place = volume / "acme/in"
    (place / "secret").write_bytes(b"mine")
    (volume / "link").symlink_to("bank")
    stop = threading.Event()

    thread = threading.Thread(target=swap, args=(place, volume / "link", stop))
    thread.start()
    seen = set()
    try:
        for _ in range(400):
            try:
                with home.reader([b"in", b"secret"]) as file:
                    seen.add(file.read())
                put(home, "in/secret", b"mine")
            except FileNotFoundError:
                seen.add(b"")
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"mine", b""} and (volume / "bank/secret").read_bytes() == SECRET


def test_pipes_are_not_there(home: Home, volume: Path) -> None:
    os.mkfifo(volume / "acme" / "pipe")
    with pytest.raises(FileNotFoundError):
        home.reader([b"pipe"])


def test_folders(home: Home, volume: Path) -> None:
    home.mkdir([b"new"])
    put(home, "new/a", b"x")
    with pytest.raises(OSError, match="not empty"):
        home.rmdir([b"new"])
    for wrong in (home.reader, home.remove, lambda path: home.upload(path, create=True, exclusive=False)):
        for path in ([b"new"], []):
            with pytest.raises(IsADirectoryError):
                wrong(path)
    home.remove([b"new", b"a"])
    home.rmdir([b"new"])
    with pytest.raises(PermissionError):
        home.rmdir([])
    assert (volume / "acme").is_dir() and not (volume / "acme" / "new").exists()
