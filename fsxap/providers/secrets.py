"""Reads what a reference to a secret points to. The secret itself is in no error and no repr."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fsxap.errors import ConfigurationError

EXEMPT = ("/run/", "/dev/")
"""Where orchestrators mount secrets readable by the container's user, and shells put process substitutions."""
LIMIT = 64 * 1024
ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+")
NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a secret is for, as its errors name it."""

    name: str
    hint: str
    code: str = "secret"

    def unusable(self, why: str) -> ConfigurationError:
        return ConfigurationError(f"the {self.name} cannot be used: {why}", code=self.code, hint=self.hint)


def read(
    reference: str, purpose: Purpose, *, environ: Mapping[str, str], fetch: Callable[[str], str] | None = None
) -> tuple[str, str]:
    """The text behind `env:NAME`, `file:PATH` or a Secrets Manager name or ARN, and where it was found."""
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        if rest not in environ:
            raise purpose.unusable(f"environment variable {rest} is not set")
        return environ[rest], f"environment variable {rest}"
    if scheme == "file":
        return _from_file(rest, purpose), f"file {rest}"
    if not ARN.fullmatch(reference) and not NAME.fullmatch(reference):
        # Not quoted: what stands here may be the password itself.
        raise purpose.unusable("it is neither env:NAME, file:PATH nor a Secrets Manager name or ARN")
    if fetch is None:
        raise purpose.unusable("it names Secrets Manager, which cannot be asked here")
    return fetch(reference), "the secret in Secrets Manager"


def _from_file(name: str, purpose: Purpose) -> str:
    try:
        path = Path(name).expanduser()
        with path.open("rb") as file:
            # Judged on the open file, so that it cannot be swapped in between.
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077 and not os.path.normpath(path).startswith(EXEMPT):
                raise purpose.unusable(f"file {name} can be read by others (mode {mode:04o}); chmod 600 it")
            raw = file.read(LIMIT + 1)
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError for a NUL in the name, RuntimeError for a home folder that nobody has.
        why = error.strerror if isinstance(error, OSError) else error
        raise purpose.unusable(f"file {name!r} cannot be read: {why}") from error
    if len(raw) > LIMIT:
        raise purpose.unusable(f"file {name} is larger than {LIMIT} bytes")
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        # Without its cause, which quotes the bytes.
        raise purpose.unusable(f"file {name} is not UTF-8 text") from None


def own(path: Path, purpose: Purpose, *, keep: bool = True) -> str:
    """256 random bits as hex in a file of mode 0600, made when first asked for; without `keep`, for this once."""
    if not keep and not path.exists():
        return secrets.token_hex(32)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.parent / f".tmp-{secrets.token_hex(8)}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(secrets.token_hex(32).encode() + b"\n")
            # A link fails where the file is there already: two runs at once agree on one.
            with suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if not path.exists():
            raise purpose.unusable(f"{path} cannot be written: {error.strerror}") from error
    return _from_file(str(path), purpose)
