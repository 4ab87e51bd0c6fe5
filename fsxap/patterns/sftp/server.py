"""Serves homes by SFTP on loopback, as Transfer Family serves an access point: the same users, rights and refusals."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import asyncssh
from asyncssh import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_READ, FXF_TRUNC, FXF_WRITE

from fsxap.patterns.sftp.home import Home, Upload, listed, names
from fsxap.patterns.sftp.users import User
from fsxap.providers.local.files import LISTABLE

HOST = "127.0.0.1"


class Files(asyncssh.SFTPServer):
    """One session of one user. What is not said here goes through `map_path`, and is refused."""

    def __init__(self, channel: Any, home: Home, writes: bool) -> None:
        super().__init__(channel)
        self._home, self._writes = home, writes

    def map_path(self, _path: bytes) -> bytes:
        """Of renaming, linking and what else the library would do by path: an access point can do none of it."""
        raise asyncssh.SFTPOpUnsupported("not possible on an access point")

    def open(self, path: bytes, pflags: int, _attrs: asyncssh.SFTPAttrs) -> object:
        target = names(path)
        if not pflags & (FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC):
            return self._home.reader(target)
        self._check_writes()
        if pflags & (FXF_READ | FXF_APPEND) or not pflags & (FXF_TRUNC | FXF_EXCL):
            raise asyncssh.SFTPOpUnsupported("files are written as a whole")
        return self._home.upload(target, create=bool(pflags & FXF_CREAT), exclusive=bool(pflags & FXF_EXCL))

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if not isinstance(file_obj, Upload):
            raise asyncssh.SFTPPermissionDenied("open for reading")
        return file_obj.put(data, offset)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if isinstance(file_obj, Upload):
            raise asyncssh.SFTPPermissionDenied("open for writing")
        return cast(bytes, super().read(file_obj, offset, size))

    def close(self, file_obj: object) -> None:
        if not isinstance(file_obj, Upload):
            super().close(file_obj)
        # What a lost connection left open is closed by the library while it handles that loss: half a file.
        elif sys.exc_info()[0] is None:
            self._home.publish(file_obj)
        else:
            self._home.discard(file_obj)

    def stat(self, path: bytes) -> os.stat_result:
        return self._home.about(names(path))

    def lstat(self, path: bytes) -> os.stat_result:
        return self.stat(path)

    def realpath(self, path: bytes) -> bytes:
        return b"/" + b"/".join(names(path))

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        for name, found in self._home.entries(names(path)):
            yield asyncssh.SFTPName(name, attrs=await self.convert_attrs(found))

    def setstat(self, _path: bytes, _attrs: asyncssh.SFTPAttrs) -> None:
        """Nothing, as the deployed server does: an access point has no modes and sets no times."""
        self._check_writes()

    def lsetstat(self, _path: bytes, _attrs: asyncssh.SFTPAttrs) -> None:
        self._check_writes()

    def fsetstat(self, _file_obj: object, _attrs: asyncssh.SFTPAttrs) -> None:
        self._check_writes()

    def remove(self, path: bytes) -> None:
        self._check_writes()
        self._home.remove(names(path))

    def mkdir(self, path: bytes, _attrs: asyncssh.SFTPAttrs) -> None:
        self._check_writes()
        self._home.mkdir(names(path))

    def rmdir(self, path: bytes) -> None:
        self._check_writes()
        self._home.rmdir(names(path))

    def _check_writes(self) -> None:
        if not self._writes:
            raise asyncssh.SFTPPermissionDenied("this user may only read")


class Door(asyncssh.SSHServer):
    """One connection: lets in who has a key of a user, and keeps `inside` up to date."""

    def __init__(
        self, keys: Mapping[str, asyncssh.SSHAuthorizedKeys], inside: set[asyncssh.SSHServerConnection]
    ) -> None:
        self._keys, self._inside = keys, inside

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._inside.add(conn)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._inside.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Always asked for a key; somebody unknown has none that fits."""
        if username in self._keys:
            self._connection.set_authorized_keys(self._keys[username])
        return True


def kept_key(path: Path) -> asyncssh.SSHKey:
    """The private key of a file, made and kept (0600) where there is none."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return asyncssh.read_private_key(path)


@asynccontextmanager
async def serving(
    volume: Path, incoming: Path, users: tuple[User, ...], key: asyncssh.SSHKey, port: int = 0
) -> AsyncIterator[int]:
    """The port on loopback. `incoming` holds uploads until they are whole; both are of one file system."""
    top, arrivals = os.open(volume, LISTABLE), os.open(incoming, LISTABLE)
    homes = {user.name: Home(top, arrivals, user.home.encode().split(b"/")) for user in users}
    writes = {user.name: user.writes for user in users}
    keys = {user.name: asyncssh.import_authorized_keys("\n".join(user.keys)) for user in users}
    inside: set[asyncssh.SSHServerConnection] = set()

    def files(channel: Any) -> Files:
        name = channel.get_extra_info("username")
        return Files(channel, homes[name], writes[name])

    try:
        for name in listed(arrivals):
            os.unlink(name, dir_fd=arrivals)
        for home in homes.values():
            home.make()
        acceptor = await asyncssh.listen(
            HOST, port, server_factory=lambda: Door(keys, inside), sftp_factory=files, server_host_keys=[key],
            password_auth=False, kbdint_auth=False, host_based_auth=False, gss_host=None, allow_pty=False,
            agent_forwarding=False, x11_forwarding=False, login_timeout=30,
        )  # fmt: skip
        try:
            yield acceptor.get_port()
        finally:
            acceptor.close()
            for connection in tuple(inside):
                connection.abort()
                await connection.wait_closed()
            await acceptor.wait_closed()
    finally:
        os.close(arrivals)
        os.close(top)
