from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fsxap.errors import ConfigurationError
from fsxap.providers.secrets import Purpose, own, read

KEY = Purpose("key", "give another one")


def test_a_key_of_our_own_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "state" / "key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: own(path, KEY), range(16)))
    assert len(keys) == 1 and len(keys.pop()) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_looking_ahead_makes_no_key_and_keeps_to_the_one_there_is(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert own(path, KEY, keep=False) != own(path, KEY, keep=False)
    assert not path.exists()
    assert own(path, KEY) == own(path, KEY, keep=False)


def test_where_a_key_cannot_be_kept_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="the key cannot be used") as caught:
        own(tmp_path / "file" / "key", KEY)
    assert caught.value.hint == "give another one"


def test_a_reference_says_where_its_value_was_found(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    path.chmod(0o600)
    assert read(f"file:{path}", KEY, environ={}) == ("from a file", f"file {path}")
    assert read("env:K", KEY, environ={"K": "from here"}) == ("from here", "environment variable K")
    assert read("prod/key", KEY, environ={}, fetch=lambda name: f"<{name}>")[0] == "<prod/key>"
    with pytest.raises(ConfigurationError, match="cannot be asked here"):
        read("prod/key", KEY, environ={})
