"""Logs of functions: one JSON object a line, by which everything of a run and of an invocation is found."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsxap.engine.lambda_handler import handle
from fsxap.engine.logs import configure
from tests.unit.deploy.test_execution import CASE, world
from tests.usecases.drivers import Context


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_each_line_is_json_with_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    configure(run="r1", stage="process", request="")
    log = logging.getLogger("fsxap.x")
    log.warning("two\nlines %s", 1)
    try:
        raise ValueError("Mueller")
    except ValueError:
        log.exception("failed")
    one, two = map(json.loads, capsys.readouterr().err.splitlines())
    assert (one["run"], one["stage"], one["level"], one["message"]) == ("r1", "process", "WARNING", "two\nlines 1")
    assert "request" not in one
    assert two["exception"] == "ValueError" and "Mueller" not in json.dumps(two)


def test_an_invocation_tells_of_its_run_request_and_counts_and_of_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = world(tmp_path, 3)
    found = handle({"stage": "discover", "use_case": CASE}, Context("request-7"), environ)
    said = capsys.readouterr().err
    line = json.loads(said.splitlines()[-1])
    shared = {"use_case": CASE, "stage": "discover", "run": found["run"], "request": "request-7"}
    assert shared.items() <= line.items()
    assert (line["message"], line["counts"]["counts"]["todo"]) == ("done", 3)
    assert "00001" not in said
