"""The server as a client meets it: who comes in, what each may do, and that half an upload is none."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

asyncssh = pytest.importorskip("asyncssh")

from fsxap.patterns.sftp.server import HOST, kept_key, serving  # noqa: E402
from fsxap.patterns.sftp.users import User  # noqa: E402
from tests.unit.patterns.sftp.people import swap  # noqa: E402

KEYS = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("acme", "bank", "host", "nobody")}
SECRET = b"somebody else's"


def user(name: str, *, writes: bool = True) -> User:
    public = " ".join(KEYS[name].export_public_key().decode().split()[:2])
    return User(name, f"partners/{name}", (public,), writes)


@dataclass
class World:
    volume: Path
    port: int

    async def connect(self, name: str, key: str = "", **options: Any) -> Any:
        given = {"client_keys": [KEYS[key or name]], "known_hosts": None, "config": None, "agent_path": None}
        return await asyncssh.connect(HOST, self.port, username=name, **given | options)

    @asynccontextmanager
    async def client(self, name: str = "acme") -> AsyncIterator[Any]:
        async with await self.connect(name) as connection, connection.start_sftp_client() as client:
            yield client

    @property
    def incoming(self) -> list[str]:
        return os.listdir(self.volume.parent / "incoming")


Story = Callable[[World], Awaitable[None]]


@pytest.fixture
def tell(tmp_path: Path) -> Callable[[Story], None]:
    for name in ("volume/partners/bank", "incoming"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "volume/partners/bank/secret").write_bytes(SECRET)
    (tmp_path / "incoming" / "left by a crash").touch()

    async def run(story: Story) -> None:
        users = (user("acme"), user("bank", writes=False))
        async with serving(tmp_path / "volume", tmp_path / "incoming", users, KEYS["host"]) as port:
            await story(World(tmp_path / "volume", port))
        assert os.listdir(tmp_path / "incoming") == []
        assert (tmp_path / "volume/partners/bank/secret").read_bytes() == SECRET

    return lambda story: asyncio.run(run(story))


def test_files_come_and_go(tell: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        assert world.incoming == []
        async with world.client() as client:
            await client.mkdir("in")
            async with client.open("in/a.txt", "wb") as file:
                await file.write(b"hello")
                assert os.listdir(world.volume / "partners/acme/in") == []
            assert (world.volume / "partners/acme/in/a.txt").read_bytes() == b"hello"
            assert [row.filename for row in await client.readdir("/in")] == ["a.txt"]
            assert (await client.stat("in/a.txt")).size == 5 and await client.isdir("in")
            await client.utime("in/a.txt", (1, 1))
            async with client.open("in/a.txt", "rb") as file:
                assert await file.read() == b"hello"
            await client.remove("in/a.txt")
            await client.rmdir("in")
            assert await client.listdir("/") == []

    tell(story)


ESCAPES = (
    *("../bank/secret", "../../partners/bank/secret", "/partners/bank/secret", "/../../../etc/passwd", "/etc/passwd"),
    *("in/../../bank/secret", "//../bank/secret", "link/secret", "./link/./secret", "~bank/secret", "away/etc/passwd"),
)


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_leads_out(tell: Callable[[Story], None], path: str) -> None:
    async def story(world: World) -> None:
        (world.volume / "partners/acme/link").symlink_to("../bank")
        (world.volume / "partners/acme/away").symlink_to("/")
        async with world.client() as client:
            for ask in (client.stat, client.lstat, client.open, client.remove, client.listdir, client.readlink):
                with pytest.raises((asyncssh.SFTPNoSuchFile, asyncssh.SFTPOpUnsupported)):
                    await ask(path)
            with pytest.raises(asyncssh.SFTPError):
                async with client.open(path, "wb") as file:
                    await file.write(b"mine")

    tell(story)


def test_a_race_of_folders_and_links_is_never_lost(tell: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        home = world.volume / "partners/acme"
        (home / "in").mkdir()
        (home / "in/secret").write_bytes(b"mine")
        (world.volume / "link").symlink_to("partners/bank")
        stop = threading.Event()
        swapping = asyncio.create_task(asyncio.to_thread(swap, home / "in", world.volume / "link", stop))
        seen = set()
        async with world.client() as client:
            for _ in range(60):
                try:
                    async with client.open("in/secret", "rb") as file:
                        seen.add(await file.read())
                    async with client.open("in/secret", "wb") as file:
                        await file.write(b"mine")
                except asyncssh.SFTPNoSuchFile:
                    pass
        stop.set()
        await swapping
        assert seen <= {b"mine"}

    tell(story)


def test_the_top_is_the_home_and_has_no_above(tell: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        async with world.client() as client:
            for path in ("/", "..", "/../..", "a/../..", "."):
                assert await client.realpath(path) == "/"
                assert await client.listdir(path) == []

    tell(story)


@pytest.mark.parametrize("path", [b"a\0b", b"\xff\xfe", b"x" * 300, b"x/" * 30_000, b"a\nb", b"\x1b[2J"])
def test_names_that_are_none(tell: Callable[[Story], None], path: bytes) -> None:
    async def story(world: World) -> None:
        async with world.client() as client:
            for ask in (client.stat, client.mkdir, client.open):
                with pytest.raises(asyncssh.SFTPError) as found:
                    await ask(path)
                assert str(world.volume) not in str(found.value) and "Uncaught" not in str(found.value)
            assert await client.listdir() == []

    tell(story)


def test_what_an_access_point_cannot_do(tell: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        async with world.client() as client:
            async with client.open("a", "wb") as file:
                await file.write(b"whole")
            for ask in (client.rename, client.posix_rename, client.symlink, client.link):
                with pytest.raises(asyncssh.SFTPOpUnsupported):
                    await ask("a", "b")
            with pytest.raises(asyncssh.SFTPOpUnsupported):
                await client.statvfs("a")
            for mode in ("ab", "r+b", "w+b"):
                with pytest.raises(asyncssh.SFTPOpUnsupported):
                    await client.open("a", mode)
            assert await client.listdir() == ["a"]

    tell(story)


def test_who_may_only_read_changes_nothing(tell: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        async with world.client("bank") as client:
            async with client.open("secret", "rb") as file:
                assert await file.read() == SECRET
            refused = [
                *(client.open(name, mode) for name in ("secret", "new") for mode in ("wb", "xb", "ab")),
                *(client.remove("secret"), client.mkdir("new"), client.rmdir("new"), client.chmod("secret", 0o777)),
            ]
            for asked in refused:
                with pytest.raises(asyncssh.SFTPPermissionDenied):
                    await asked
            assert await client.listdir() == ["secret"]

    tell(story)


@pytest.mark.parametrize("end", ["eof", "abort", "disconnect", "stop"])
def test_half_an_upload_is_none(tell: Callable[[Story], None], end: str) -> None:
    async def story(world: World) -> None:
        connection = await world.connect("acme")
        client = await connection.start_sftp_client()
        file = await client.open("invoice.pdf", "wb")
        await file.write(b"half")
        assert len(world.incoming) == 1
        if end == "stop":
            return
        {"eof": client.exit, "abort": connection.abort, "disconnect": connection.close}[end]()
        for _ in range(200):
            if not world.incoming:
                break
            await asyncio.sleep(0.02)
        assert world.incoming == [] and os.listdir(world.volume / "partners/acme") == []
        connection.abort()

    tell(story)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("acme", {"key": "bank"}),
        ("acme", {"key": "nobody"}),
        ("nobody", {"key": "nobody"}),
        ("nobody", {"key": "acme"}),
        ("acme", {"client_keys": None, "password": "acme"}),
        ("../bank", {"key": "bank"}),
    ],
)
def test_only_a_users_own_key_lets_them_in(tell: Callable[[Story], None], name: str, options: dict[str, Any]) -> None:
    async def story(world: World) -> None:
        with pytest.raises(asyncssh.PermissionDenied):
            await world.connect(name, **{"key": "acme", **options})

    tell(story)


def test_there_is_no_shell_no_command_and_no_way_through(tell: Callable[[Story], None]) -> None:
    async def story(world: World) -> None:
        async with await world.connect("acme") as connection:
            for command in (None, "id", "scp -t /", "internal-sftp"):
                with pytest.raises(asyncssh.ChannelOpenError):
                    await connection.create_process(command)
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection(HOST, world.port)
            with pytest.raises(asyncssh.ChannelListenError):
                await connection.forward_remote_port("", 0, HOST, 1)

    tell(story)


def test_it_listens_on_loopback_alone_and_is_who_it_was(tell: Callable[[Story], None], tmp_path: Path) -> None:
    async def story(world: World) -> None:
        async with await world.connect("acme") as connection:
            assert connection.get_extra_info("peername")[0] == HOST
            assert connection.get_server_host_key().public_data == KEYS["host"].public_data

    tell(story)
    first = kept_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert kept_key(tmp_path / "key").public_data == first.public_data
