"""Turns a reference to a secret into the account to sign in with. The secret itself is in no error and no repr."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsxap.errors import ConfigurationError

EXEMPT = ("/run/", "/dev/")
"""Where orchestrators mount secrets readable by the container's user, and shells put process substitutions."""
LIMIT = 64 * 1024
ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+")
NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str = field(repr=False)


def resolve(
    reference: str,
    *,
    user: str = "",
    environ: Mapping[str, str],
    fetch_secret: Callable[[str], str] | None = None,
    prompt: Callable[[str], str] | None = None,
) -> Login:
    """The account behind `env:NAME`, `file:PATH`, a Secrets Manager name or ARN, or a prompt when there is none.

    The value is a password, or JSON {"username", "password"}. `fetch_secret` reads Secrets Manager; `prompt` asks a
    person, given only on a terminal.
    """
    scheme, _, rest = reference.partition(":")
    if not reference:
        return _login(_asked(user, prompt), user, "what was typed")
    if scheme == "env":
        return _login(_from_environment(rest, environ), user, f"environment variable {rest}")
    if scheme == "file":
        return _login(_from_file(rest), user, f"file {rest}")
    if not ARN.fullmatch(reference) and not NAME.fullmatch(reference):
        # Not quoted: what stands here may be the password itself.
        raise _unusable("it is neither env:NAME, file:PATH nor a Secrets Manager name or ARN")
    if fetch_secret is None:
        raise _unusable("it names Secrets Manager, which cannot be asked here")
    return _login(fetch_secret(reference), user, "the secret in Secrets Manager")


def _asked(user: str, prompt: Callable[[str], str] | None) -> str:
    if prompt is None:
        raise ConfigurationError(
            "no ONTAP secret is given",
            code="no-secret",
            hint="--ontap-secret takes a Secrets Manager name or ARN, env:NAME or file:PATH",
        )
    return prompt(f"ONTAP password of {user}" if user else "ONTAP password")


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise _unusable(f"environment variable {name} is not set")
    return environ[name]


def _from_file(name: str) -> str:
    try:
        path = Path(name).expanduser()
        with path.open("rb") as file:
            # Judged on the open file, so that it cannot be swapped in between.
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077 and not os.path.normpath(path).startswith(EXEMPT):
                raise _unusable(f"file {name} can be read by others (mode {stat.S_IMODE(mode):04o}); chmod 600 it")
            raw = file.read(LIMIT + 1)
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError for a NUL in the name, RuntimeError for a home folder that nobody has.
        why = error.strerror if isinstance(error, OSError) else error
        raise _unusable(f"file {name!r} cannot be read: {why}") from error
    if len(raw) > LIMIT:
        raise _unusable(f"file {name} is larger than {LIMIT} bytes")
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        # Without its cause, which quotes the bytes.
        raise _unusable(f"file {name} is not UTF-8 text") from None


def _login(value: str, user: str, where: str) -> Login:
    named, password = _parse(value, where)
    if named and user and named != user:
        # The password of one account tried on another would count towards a lock.
        raise _unusable(f"{where} is for user {named}, not for {user}")
    account = user or named
    if not account:
        raise ConfigurationError("no ONTAP user is given", code="no-user", hint="add --ontap-user")
    if not password:
        raise _unusable(f"{where} is empty")
    if ":" in account:
        raise _unusable("a user name with a colon cannot be sent by Basic authentication")
    return Login(account, password)


def _parse(value: str, where: str) -> tuple[str, str]:
    try:
        content = json.loads(value) if value.lstrip().startswith("{") else None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return "", value
    password = content.get("password")
    user = content.get("username", "")
    if not isinstance(password, str) or not isinstance(user, str):
        raise _unusable(f'{where} is JSON without the texts "username" and "password"')
    return user, password


def _unusable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the ONTAP secret cannot be used: {why}",
        code="secret",
        hint="store the password alone, or JSON with username and password, and give a reference to it",
    )
