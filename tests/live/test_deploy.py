"""A stack on real AWS from plan to removal. Needs FSXAP_LIVE_SOURCE and FSXAP_LIVE_KEY, and credentials."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator

import pytest

from tests.e2e.program import Done, Program
from tests.unit.deploy.permissions import calls, policy

pytestmark = pytest.mark.live
NEEDED = ("FSXAP_LIVE_SOURCE", "FSXAP_LIVE_KEY")
# Read when this file is: tests themselves see no ambient settings.
AMBIENT = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in NEEDED}
HOME = os.environ.get("HOME", "")
STACK = f"fsxap-live-{secrets.token_hex(3)}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    if lacking := [name for name in NEEDED if name not in AMBIENT]:
        pytest.skip(f"set {', '.join(lacking)}")
    program = Program(tmp_path_factory.mktemp("live"))
    yield program
    run(program, "--destroy", "--yes")


def run(program: Program, *flags: str) -> Done:
    where = ("-s", AMBIENT["FSXAP_LIVE_SOURCE"], "--param", f"key={AMBIENT['FSXAP_LIVE_KEY']}")
    given = (*where, "--param", "ScheduleState=DISABLED", "--stack-name", STACK, *flags)
    home = {"HOME": HOME, **AMBIENT}
    return program("deploy", "healthcare-dicom", *given, "--output", "jsonl", timeout=3600, **home)


def test_from_plan_to_a_second_run_that_has_nothing_to_do(world: Program) -> None:
    planned = run(world, "--plan")
    assert planned.code == 0, planned.err
    assert {record["action"] for record in planned.of("change")} == {"create"}
    deployed = run(world, "--yes")
    assert deployed.code == 0, deployed.err
    assert run(world, "--yes").of("change") == []
    first = run(world, "--invoke", "--yes")
    assert first.code == 0, first.err
    (one,) = first.of("execution")
    assert one["coverage"]["missing"] == 0 and one["coverage"]["seen"] > 0
    (two,) = run(world, "--invoke", "--yes").of("execution")
    assert two["coverage"]["unchanged"] == one["coverage"]["ok"] + one["coverage"]["skipped"]
    status = run(world, "--status")
    assert [record["type"] for record in status.records[:2]] == ["stack", "schedule"]
    assert len(status.of("execution")) == 2


def test_iam_itself_decides_as_our_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.session

    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", HOME)
    client = botocore.session.get_session().create_client("iam")
    for call in calls("healthcare-dicom", ontap=False, sealed=True):
        document = {"Version": "2012-10-17", "Statement": policy("healthcare-dicom", call.role, call.output)}
        context = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in call.context
        ]
        (answer,) = client.simulate_custom_policy(
            PolicyInputList=[json.dumps(document)],
            ActionNames=[call.action],
            ResourceArns=[call.resource],
            ContextEntries=context,
        )["EvaluationResults"]
        assert (answer["EvalDecision"] == "allowed") == call.expected, call
