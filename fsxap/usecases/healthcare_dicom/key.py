"""Owns where the pseudonym key comes from: a reference, or a file of its own that is made once."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fsxap.errors import ConfigurationError

FILE = "healthcare-dicom.key"
LEAST, LIMIT = 16, 4096


def load(reference: str, environ: Mapping[str, str], here: Path) -> bytes:
    """The secret behind `env:NAME` or `file:PATH`; without a reference, the one of the state folder."""
    scheme, _, rest = reference.partition(":")
    if not reference:
        return _own(_state_folder(environ, here))
    if scheme == "env":
        if not environ.get(rest):
            raise _unusable(f"environment variable {rest} is not set")
        return _strong(environ[rest].encode("utf-8", "surrogateescape"), f"environment variable {rest}")
    if scheme == "file":
        return _strong(_read(Path(rest).expanduser()), f"file {rest}")
    # Not quoted: what stands here may be the key itself.
    raise _unusable("the reference is neither env:NAME nor file:PATH")


def _state_folder(environ: Mapping[str, str], here: Path) -> Path:
    """The folder that remembers runs on this machine."""
    if environ.get("FSXAP_STATE_BUCKET") or environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        raise _unusable("a pipeline without a state folder of its own needs one key for all its functions")
    if environ.get("FSXAP_STATE"):
        return Path(environ["FSXAP_STATE"]).expanduser()
    if (here / ".fsxap").is_dir():
        return here / ".fsxap"
    for folder in (here, *here.parents):
        if (folder / "fsxap.yaml").is_file():
            return folder / ".fsxap"
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]) / "fsxap"
    return Path.home() / ("Library/Application Support" if sys.platform == "darwin" else ".local/state") / "fsxap"


def _own(folder: Path) -> bytes:
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = folder / f".tmp-{secrets.token_hex(8)}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(secrets.token_hex(32).encode() + b"\n")
            # A link fails where the key is there already: two runs at once agree on one.
            with suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if not path.exists():
            raise _unusable(f"{path} cannot be written: {error.strerror}") from error
    return _strong(_read(path), f"file {path}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            if mode & 0o077 and not os.path.normpath(path).startswith(("/run/", "/dev/")):
                raise _unusable(f"file {path} can be read by others (mode {mode:04o}); chmod 600 it")
            return stream.read(LIMIT)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no path"
        raise _unusable(f"file {path} cannot be read: {why}") from error


def _strong(value: bytes, where: str) -> bytes:
    value = value.strip()
    if len(value) < LEAST:
        raise _unusable(f"{where} holds fewer than {LEAST} bytes")
    return value


def _unusable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the pseudonym key cannot be used: {why}",
        code="key",
        hint="-P key=file:PATH (mode 0600) or key=env:NAME; keep it: the same key gives the same pseudonyms",
    )
