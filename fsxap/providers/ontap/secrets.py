"""Turns a reference to a secret into the account to sign in with. The secret itself is in no error and no repr."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fsxap.errors import ConfigurationError
from fsxap.providers import secrets
from fsxap.providers.secrets import Purpose

PURPOSE = Purpose(
    "ONTAP secret", "store the password alone, or JSON with username and password, and give a reference to it"
)


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
    if not reference:
        return _login(_asked(user, prompt), user, "what was typed")
    value, where = secrets.read(reference, PURPOSE, environ=environ, fetch=fetch_secret)
    return _login(value, user, where)


def _asked(user: str, prompt: Callable[[str], str] | None) -> str:
    if prompt is None:
        raise ConfigurationError(
            "no ONTAP secret is given",
            code="no-secret",
            hint="--ontap-secret takes a Secrets Manager name or ARN, env:NAME or file:PATH",
        )
    return prompt(f"ONTAP password of {user}" if user else "ONTAP password")


def _login(value: str, user: str, where: str) -> Login:
    named, password = _parse(value, where)
    if named and user and named != user:
        # The password of one account tried on another would count towards a lock.
        raise PURPOSE.unusable(f"{where} is for user {named}, not for {user}")
    account = user or named
    if not account:
        raise ConfigurationError("no ONTAP user is given", code="no-user", hint="add --ontap-user")
    if not password:
        raise PURPOSE.unusable(f"{where} is empty")
    if ":" in account:
        raise PURPOSE.unusable("a user name with a colon cannot be sent by Basic authentication")
    return Login(account, password)


def _parse(value: str, where: str) -> tuple[str, str]:
    try:
        content = json.loads(value) if value.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return "", value
    password = content.get("password")
    user = content.get("username", "")
    if not isinstance(password, str) or not isinstance(user, str):
        raise PURPOSE.unusable(f'{where} is JSON without the texts "username" and "password"')
    return user, password
