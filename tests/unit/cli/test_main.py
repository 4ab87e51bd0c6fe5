"""How the program ends when it is stopped before it has begun."""

from __future__ import annotations

import json

import pytest

from fsxap.cli import app, main


def test_ctrl_c_while_it_is_loading_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "run", stopped)
    assert main(["discover", "--output", "jsonl"]) == 130
    error = json.loads(capsys.readouterr().err)
    assert (error["code"], error["exit"]) == ("interrupted", 130)
