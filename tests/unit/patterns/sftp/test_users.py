"""The users file: what it may say, and what it is told when it says something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import ConfigurationError, FsxapError, UsageError
from fsxap.patterns.sftp.users import User, _home, read
from tests.unit.patterns.sftp.people import KEY, OTHER, line, row, write


def test_what_a_file_says(tmp_path: Path) -> None:
    second = row(name="bank@example.com", home="in & out/é/", keys=[OTHER + " somebody@somewhere"], access="read")
    assert read(write(tmp_path, row(), second)) == (
        User("acme", "partners/acme", (KEY,), True),
        User("bank@example.com", "in & out/é", (OTHER,), False),
    )


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
def test_kinds_of_keys_that_are_taken(tmp_path: Path, curve: Any) -> None:
    key = line(ec.generate_private_key(curve()))
    large = line(rsa.generate_private_key(65537, 2048))
    assert read(write(tmp_path, row(keys=[key, large])))[0].keys == (key, large)


PRIVATE = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "ab"}, "name 'ab'"),
        ({"name": "a" * 101}, "name"),
        ({"name": "../x"}, "name '../x'"),
        ({"name": "a b c"}, "name 'a b c'"),
        ({"name": "abc\n"}, "name"),
        ({"name": 123}, "name 123"),
        ({"name": "${transfer:UserName}"}, "name"),
        ({"home": ""}, "must name a folder"),
        ({"home": "/"}, "must name a folder"),
        ({"home": None}, "must name a folder"),
        ({"home": "/etc"}, "no plain path"),
        ({"home": "a//b"}, "no plain path"),
        ({"home": "a/../b"}, "no plain path"),
        ({"home": ".."}, "no plain path"),
        ({"home": "a/."}, "no plain path"),
        ({"home": "a\\b"}, "cannot say"),
        ({"home": "a*"}, "cannot say"),
        ({"home": "a?b"}, "cannot say"),
        ({"home": "${aws:username}"}, "cannot say"),
        ({"home": "a\0b"}, "cannot say"),
        ({"home": "a\nb"}, "cannot say"),
        ({"home": " a"}, "cannot say"),
        ({"home": "請求書"}, "cannot say"),
        ({"home": "x" * 256}, "cannot say"),
        ({"home": "/".join(["x" * 200] * 4)}, "longer than"),
        ({"access": "write"}, "access 'write'"),
        ({"acess": "read"}, "unknown field 'acess'"),
        ({"keys": []}, "1 to 10"),
        ({"keys": KEY}, "1 to 10"),
        ({"keys": [KEY] * 11}, "1 to 10"),
        ({"keys": [KEY, KEY + " twice"]}, "the same key"),
        ({"keys": [1]}, "not one line"),
        ({"keys": [""]}, "not a public key"),
        ({"keys": [f"{KEY}\n{OTHER}"]}, "not one line"),
        ({"keys": ["x" * 2049]}, "not one line"),
        ({"keys": ["ssh-dss AAAAB3NzaC1kc3MAAACBAP"]}, "DSA"),
        ({"keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"]}, "not a public key"),
        ({"keys": ["ssh-rsa " + KEY.split()[1]]}, "not a public key"),
        ({"keys": ['command="sh" ' + KEY]}, "not a public key"),
        ({"keys": [line(rsa.generate_private_key(65537, 1024))]}, "kind or size"),
    ],
)
def test_what_cannot_be(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as found:
        read(write(tmp_path, row(**changed)))
    assert said in found.value.message and "user 1" in found.value.message


def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for text in (PRIVATE.decode(), PRIVATE.decode().replace("\n", " ")[:2000]):
        with pytest.raises(UsageError) as found:
            read(write(tmp_path, row(keys=[text])))
        assert "PRIVATE" not in found.value.message + found.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "[]", "users: []", "users: {}", "users: [1]", "users: []\nmore: 1", "- name: acme", "users: ["],
)
def test_what_is_no_file_of_users(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(text)
    with pytest.raises(FsxapError):
        read(str(path))


def test_a_key_of_yaml_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(f"users:\n  - name: acme\n    home: a\n    home: b\n    keys: [{KEY}]\n")
    with pytest.raises(ConfigurationError, match="twice"):
        read(str(path))
    with pytest.raises(ConfigurationError, match="cannot read"):
        read(str(tmp_path / "none.yaml"))


def test_a_user_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="acme is there twice"):
        read(write(tmp_path, row(), row(home="elsewhere")))


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["a", "..", ".", "/", "*", "\0", "é", " "]), max_size=8).map("".join)
)
def test_a_home_is_below_the_access_point_and_says_what_it_means(text: str) -> None:
    try:
        home = _home(text, "user 1")
    except UsageError:
        return
    assert home and not set(home) & set("*?$\\\0\n")
    assert all(part not in ("", ".", "..") for part in home.split("/"))
