"""A stack on real AWS from plan to removal. Needs FSXAP_LIVE_SOURCE and FSXAP_LIVE_KEY, and credentials."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.program import Done, Program
from tests.unit.deploy.calls import calls
from tests.unit.deploy.permissions import policy

pytestmark = pytest.mark.live
NEEDED = ("FSXAP_LIVE_SOURCE", "FSXAP_LIVE_KEY")
# Read when this file is: tests themselves see no ambient settings.
AMBIENT = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name in NEEDED}
HOME = os.environ.get("HOME", "")
STACK = f"fsxap-live-{secrets.token_hex(3)}"
DYING = f"{STACK}-dying"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    if lacking := [name for name in NEEDED if name not in AMBIENT]:
        pytest.skip(f"set {', '.join(lacking)}")
    program = Program(tmp_path_factory.mktemp("live"))
    yield program
    for stack in (STACK, DYING):
        run(program, "--destroy", "--yes", stack=stack)


def run(program: Program, *flags: str, stack: str = STACK) -> Done:
    where = ("-s", AMBIENT["FSXAP_LIVE_SOURCE"], "--param", f"key={AMBIENT['FSXAP_LIVE_KEY']}")
    given = (*where, "--param", "ScheduleState=DISABLED", "--stack-name", stack, *flags)
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


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    import botocore.session

    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", HOME)
    made: Callable[[str], Any] = botocore.session.get_session().create_client
    return made


def test_a_batch_that_dies_is_told_with_its_cause(world: Program, client: Callable[[str], Any]) -> None:
    """Its function is given too little of everything, as nobody would deploy it."""
    done = run(world, "--yes", "--param", "ToleratedFailurePercentage=100", stack=DYING)
    assert done.code == 0, done.err
    found = client("cloudformation").describe_stack_resource(StackName=DYING, LogicalResourceId="ProcessFunction")
    function, functions = found["StackResourceDetail"]["PhysicalResourceId"], client("lambda")
    functions.update_function_configuration(FunctionName=function, Timeout=1, MemorySize=128)
    functions.get_waiter("function_updated_v2").wait(FunctionName=function)
    (ended,) = run(world, "--invoke", "--yes", stack=DYING).of("execution")
    assert ended["coverage"]["failed"] == ended["coverage"]["seen"] > 0
    assert ended["coverage"]["missing"] == 0, "which it would be if what the map keeps had another shape"


def test_iam_itself_decides_as_our_table_says(client: Callable[[str], Any]) -> None:
    iam = client("iam")
    for call in calls("healthcare-dicom"):
        document = {"Version": "2012-10-17", "Statement": policy("healthcare-dicom", call.role, call.output)}
        context = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in call.context
        ]
        (answer,) = iam.simulate_custom_policy(
            PolicyInputList=[json.dumps(document)],
            ActionNames=[call.action],
            ResourceArns=[call.resource],
            ContextEntries=context,
        )["EvaluationResults"]
        assert (answer["EvalDecision"] == "allowed") == call.expected, call
