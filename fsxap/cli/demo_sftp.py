"""`fsxap demo sftp`: the sample volume served by SFTP on loopback, until interrupted."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from fsxap.cli.session import Session
from fsxap.errors import ConfigurationError, MissingExtra
from fsxap.patterns.sftp.users import User, read

if TYPE_CHECKING:
    import asyncssh

SUPPLIER, HOME = "supplier", "finance/invoices/supplier"
USERS = """\
# Who may come in by SFTP: docs/patterns/sftp.md. `fsxap deploy sftp --users` takes the same file.
users:
  - name: {name}
    home: {home}
    keys:
      - {key}
"""


def serve(session: Session, folder: Path, users_file: str) -> int:
    """Serve `folder`/volume to the users of a file, or to one supplier whose key is made here."""
    try:
        from fsxap.patterns.sftp import server
    except ImportError as error:
        raise MissingExtra("sftp", "serving SFTP") from error
    try:
        state = folder / "state"
        for place in (state, folder / "sftp", folder / "sftp" / "incoming"):
            place.mkdir(mode=0o700, exist_ok=True)
        host_key = server.kept_key(state / "sftp-host-key")
        own_key = folder / "sftp" / "id_ed25519"
        file = users_file or str(_made_users(folder / "sftp", server.kept_key(own_key)))
        users = read(file)
        asyncio.run(_serve(session, folder, users, host_key, None if users_file else own_key))
    except OSError as error:
        raise ConfigurationError(f"cannot serve {folder}: {error.strerror or error}") from error
    return 0


def _made_users(folder: Path, key: asyncssh.SSHKey) -> Path:
    path = folder / "users.yaml"
    if not path.exists():
        public = key.export_public_key().decode().strip()
        path.write_text(USERS.format(name=SUPPLIER, home=HOME, key=public), encoding="utf-8")
    return path


async def _serve(
    session: Session, folder: Path, users: tuple[User, ...], host_key: asyncssh.SSHKey, own_key: Path | None
) -> None:
    from fsxap.patterns.sftp.server import HOST, serving

    async with serving(folder / "volume", folder / "sftp" / "incoming", users, host_key) as port:
        known = folder / "state" / "sftp-known-hosts"
        known.write_text(f"[{HOST}]:{port} {host_key.export_public_key().decode()}", encoding="utf-8")
        said = session.progress.note
        said(f"serving {folder / 'volume'} by SFTP at {HOST}:{port} (loopback only)")
        for user in users:
            # In quotes: the client takes a blank for the end of a file's name.
            options = ["-P", str(port), "-o", f'UserKnownHostsFile="{known.resolve()}"']
            options += ["-o", "IdentitiesOnly=yes", "-i", str(own_key)] if own_key else []
            said(f"{user.home}: {shlex.join(['sftp', *options, f'{user.name}@{HOST}'])}")
        case = ["fsxap", "run-uc", "idp", "-s", str(folder / "volume"), "--to", str(folder / "out" / "idp")]
        said(f"then: {shlex.join([*case, '--state', str(folder / 'state')])}")
        said("Ctrl-C ends it")
        while not session.cancel.is_set():
            await asyncio.sleep(0.2)
