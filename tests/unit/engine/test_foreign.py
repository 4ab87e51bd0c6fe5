"""State and settings that lie about where we stand are taken only when they are ours."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fsxap.engine.settings import load
from fsxap.engine.state import DiskState, state_root
from fsxap.errors import ConfigurationError

OTHER = os.geteuid() + 1234


def foreign(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody else owned what we made."""
    if os.geteuid() == 0:
        os.chown(path, OTHER, -1)
    else:
        monkeypatch.setattr("os.geteuid", lambda: OTHER)


def test_a_state_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".fsxap").mkdir()
    assert state_root("", {}, tmp_path) == tmp_path / ".fsxap"
    foreign(tmp_path / ".fsxap", monkeypatch)
    with pytest.raises(ConfigurationError) as caught:
        state_root("", {}, tmp_path)
    assert caught.value.code == "foreign-file"
    assert state_root(str(tmp_path / ".fsxap"), {}, tmp_path) == tmp_path / ".fsxap"


def test_settings_of_somebody_else_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "fsxap.yaml"
    found.write_text("ontap: evil.example.org\ninsecure: true\n")
    assert load({}, {}, tmp_path).text("ontap") == "evil.example.org"
    foreign(found, monkeypatch)
    with pytest.raises(ConfigurationError, match="another user"):
        load({}, {}, tmp_path)
    assert load({}, {}, tmp_path, str(found)).text("ontap") == "evil.example.org"


def test_every_folder_of_the_state_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        state = DiskState(tmp_path / "a" / "state")
        with state.writer("case/source/runs/1/run.json") as stream:
            stream.write(b"{}\n")
        state.append("case/source/runs/1/results/a.jsonl").close()
    finally:
        os.umask(before)
    for path in (tmp_path / "a").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


def test_a_link_in_place_of_a_journal_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine\n")
    state = DiskState(tmp_path / "state")
    state.make(tmp_path / "state")
    (tmp_path / "state" / "a.jsonl").symlink_to(victim)
    with pytest.raises(ConfigurationError):
        state.append("a.jsonl")
    (tmp_path / "state" / "run.json").symlink_to(victim)
    with state.writer("run.json") as stream:
        stream.write(b"{}\n")
    assert victim.read_bytes() == b"mine\n"
