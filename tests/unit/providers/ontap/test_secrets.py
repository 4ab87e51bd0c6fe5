from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsxap.errors import ConfigurationError, NotFound
from fsxap.providers.ontap.secrets import Login, resolve

SECRET = 'hunter2 {"?'
PAIR = json.dumps({"username": "fsxadmin-readonly", "password": SECRET})
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ontap-AbCdEf"


def failure(call: Callable[[], Any]) -> ConfigurationError:
    """The error, after checking that no part of its report gives the secret away."""
    with pytest.raises(ConfigurationError) as caught:
        call()
    report = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caught.value.hint
    causes = [caught.value.__cause__, caught.value.__context__ if not caught.value.__suppress_context__ else None]
    assert "hunter2" not in report + repr([vars(cause) for cause in causes if cause])
    return caught.value


def file(tmp_path: Path, content: str | bytes, mode: int = 0o600) -> str:
    path = tmp_path / "secret"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return f"file:{path}"


@pytest.mark.parametrize(
    ("value", "user", "login"),
    [
        (SECRET, "bob", Login("bob", SECRET)),
        (PAIR, "", Login("fsxadmin-readonly", SECRET)),
        (PAIR, "fsxadmin-readonly", Login("fsxadmin-readonly", SECRET)),
        (json.dumps({"password": SECRET}), "bob", Login("bob", SECRET)),
        ("{not json", "bob", Login("bob", "{not json")),
        ("[1]", "bob", Login("bob", "[1]")),
        ("a:b", "bob", Login("bob", "a:b")),
        ("日本", "bob", Login("bob", "日本")),
    ],
)
def test_every_source_gives_the_same_login(value: str, user: str, login: Login, tmp_path: Path) -> None:
    assert resolve("env:PW", user=user, environ={"PW": value}) == login
    assert resolve(file(tmp_path, f"{value}\n"), user=user, environ={}) == login
    asked: list[str] = []

    def fetch(name: str) -> str:
        asked.append(name)
        return value

    assert resolve(ARN, user=user, environ={}, fetch_secret=fetch) == login
    assert resolve("prod/ontap", user=user, environ={}, fetch_secret=fetch) == login
    assert asked == [ARN, "prod/ontap"]
    assert resolve("", user=user, environ={}, prompt=lambda _question: value) == login


def test_the_prompt_names_the_user() -> None:
    asked: list[str] = []
    resolve("", user="bob", environ={}, prompt=lambda question: asked.append(question) or SECRET)  # type: ignore[func-returns-value]
    assert asked == ["ONTAP password of bob"]


def test_a_login_does_not_show_its_password() -> None:
    assert SECRET not in repr(Login("bob", SECRET)) + str(Login("bob", SECRET))


@pytest.mark.parametrize(
    ("reference", "value", "user", "words"),
    [
        ("env:MISSING", SECRET, "bob", "MISSING is not set"),
        ("env:EMPTY", SECRET, "bob", "is empty"),
        ("env:PW", PAIR, "alice", "is for user fsxadmin-readonly, not for alice"),
        ("env:PW", SECRET, "", "no ONTAP user"),
        ("env:PW", json.dumps({"username": "bob", "pass": SECRET}), "", "JSON without"),
        ("env:PW", json.dumps({"username": 7, "password": SECRET}), "", "JSON without"),
        ("env:PW", SECRET, "domain:bob", "colon"),
        (SECRET, SECRET, "bob", "neither"),
        ("vault:hunter2", SECRET, "bob", "neither"),
        ("arn:aws:s3:::hunter2", SECRET, "bob", "neither"),
        (ARN, SECRET, "bob", "cannot be asked here"),
        ("", SECRET, "bob", "no ONTAP secret is given"),
    ],
)
def test_what_is_refused(reference: str, value: str, user: str, words: str) -> None:
    error = failure(lambda: resolve(reference, user=user, environ={"PW": value, "EMPTY": ""}))
    assert words in error.message
    assert error.hint


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o601, 0o777])
def test_a_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    error = failure(lambda: resolve(file(tmp_path, SECRET, mode), user="bob", environ={}))
    assert "can be read by others" in error.message


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(mode: int, tmp_path: Path) -> None:
    assert resolve(file(tmp_path, SECRET, mode), user="bob", environ={}).password == SECRET


def test_where_orchestrators_put_secrets_the_mode_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsxap.providers.secrets.EXEMPT", (f"{tmp_path}/",))
    assert resolve(file(tmp_path, SECRET, 0o644), user="bob", environ={}).password == SECRET
    escaping = f"file:{tmp_path}/../{tmp_path.name}x/secret"
    outside = tmp_path.parent / f"{tmp_path.name}x"
    outside.mkdir()
    file(outside, SECRET, 0o644)
    assert "can be read by others" in failure(lambda: resolve(escaping, user="bob", environ={})).message


def test_a_process_substitution_is_read() -> None:
    read, write = os.pipe()
    os.write(write, SECRET.encode())
    os.close(write)
    try:
        assert resolve(f"file:/dev/fd/{read}", user="bob", environ={}).password == SECRET
    finally:
        os.close(read)


def test_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file(tmp_path, SECRET)
    assert resolve("file:~/secret", user="bob", environ={}).password == SECRET


@pytest.mark.parametrize("content", [b"\xff\xfe hunter2", b"x" * 70_000])
def test_a_file_that_is_no_secret(content: bytes, tmp_path: Path) -> None:
    failure(lambda: resolve(file(tmp_path, content), user="bob", environ={}))


@pytest.mark.parametrize("name", ["{}/absent", "{}", "", "nul\0", "~nobody-has-this-name/secret"])
def test_a_file_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    reference = f"file:{name.format(tmp_path)}"
    assert "cannot be read" in failure(lambda: resolve(reference, user="bob", environ={})).message


def test_an_error_of_secrets_manager_passes() -> None:
    def fetch(name: str) -> str:
        raise NotFound(f"no secret {name}")

    with pytest.raises(NotFound):
        resolve("prod/ontap", user="bob", environ={}, fetch_secret=fetch)
