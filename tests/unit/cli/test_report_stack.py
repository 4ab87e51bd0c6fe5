"""`fsxap report --stack`: the last run of a deployed pipeline, from the files it left in its state bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fsxap.cli import deployed, main
from fsxap.providers.local.folder import FolderStore
from tests.unit.cli.test_deploy import MACHINE, OUTPUTS, execution
from tests.unit.deploy.cloud import Cloud, Stacks
from tests.unit.deploy.test_execution import run, world


class Bucket(FolderStore):
    """A folder that says it is a bucket."""

    location = "s3://state/"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cloud:
    """A stack whose state is sealed; its first execution left a batch out, the second finished."""
    environ = world(tmp_path, 20)
    _, first = run(environ, dead={1})
    _, second = run(environ, dead=set())
    root = environ["FSXAP_STATE_BUCKET"]
    outputs: list[dict[str, Any]] = [{"skipped": "an earlier execution is still running"}, second, first]
    made = Cloud()
    Stacks(made, status="UPDATE_COMPLETE", outputs=OUTPUTS)
    made.answers["stepfunctions.ListExecutions"] = lambda _: {
        "executions": [execution("RUNNING"), *(execution("SUCCEEDED") for _ in outputs)]
    }
    told = [None, *outputs]

    def describe(_: Any) -> dict[str, Any]:
        output = told.pop(0)
        if output is None:
            return execution("RUNNING")
        return execution("SUCCEEDED", output=json.dumps(output).replace(f"{root}/", "s3://state/"))

    made.answers["stepfunctions.DescribeExecution"] = describe
    monkeypatch.setattr(deployed, "connect_aws", lambda _settings: made)
    monkeypatch.setattr(deployed, "open_store", lambda _location, _aws: Bucket(Path(root)))
    monkeypatch.chdir(tmp_path)
    return made


def test_the_last_run_is_reported_without_the_key(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--stack", "fsxap-test", "--format", "json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert (page["summary"]["coverage"]["unchanged"], page["summary"]["coverage"]["missing"]) == (10, 0)
    assert cloud.asked("stepfunctions.ListExecutions") == [{"stateMachineArn": MACHINE, "maxResults": deployed.LAST}]


def test_runs_are_listed_oldest_first_and_chosen_by_their_id(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["report", "--stack", "fsxap-test", "--list", "--output", "jsonl"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["counts"]["unchanged"] for row in listed] == [0, 10]


def test_a_stack_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Cloud()
    Stacks(made)
    monkeypatch.setattr(deployed, "connect_aws", lambda _settings: made)
    assert main(["report", "--stack", "fsxap-test", "--output", "jsonl"]) == 253
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["code"] == "no-stack"


def test_a_stack_without_a_finished_run_is_said(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.answers["stepfunctions.ListExecutions"] = lambda _: {"executions": []}
    assert main(["report", "--stack", "fsxap-test", "--output", "jsonl"]) == 253
    assert "no finished run in stack fsxap-test" in capsys.readouterr().err
