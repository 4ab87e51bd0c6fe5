"""How the program ends when it is stopped before it catches signals itself."""

from __future__ import annotations

import json

import pytest

from fsxap.cli import app, discover, main


def stopped(*_arguments: object, **_more: object) -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("module", "name"),
    [(app, "run"), (app, "build"), (discover, "narrow")],
    ids=["loading", "building", "beginning"],
)
def test_ctrl_c_is_an_interruption_from_the_first_moment(
    module: object, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, name, stopped)
    assert main(["discover", ".", "--output", "jsonl"]) == 130
    error = json.loads(capsys.readouterr().err)
    assert (error["code"], error["exit"]) == ("interrupted", 130)
