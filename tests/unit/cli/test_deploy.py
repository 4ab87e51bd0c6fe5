"""`fsxap deploy` from flags to records: what is asked of AWS, in which order, and what is not."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fsxap.cli import deployment, main
from fsxap.deploy import package
from tests.unit.deploy.cloud import ACCOUNT, MOMENT, REGION, Cloud, Refusal, Stacks
from tests.unit.deploy.test_package import no_wheels
from tests.unit.deploy.test_preflight import ALIAS, ARN, POINTS, SECRET, point
from tests.unit.patterns.sftp.people import row, write

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:fsxap-test"
OUT_ARN = ARN.replace("records", "out")
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:fsxap-test:1"
OUTPUTS = {"StateMachineArn": MACHINE, "ScheduleName": "daily", "StateBucketName": "state"}
CHANGES = {"cloudformation.ExecuteChangeSet", "cloudformation.DeleteStack", "s3.CreateBucket", "s3.PutObject"}
CHANGES |= {"s3.DeleteObjects", "stepfunctions.StartExecution"}
DICOM = ("healthcare-dicom", "--stack-name", "fsxap-test", "-s", ALIAS, "--param", f"key={SECRET}")


@dataclass
class Run:
    code: int
    records: list[dict[str, Any]]
    err: str


class World:
    """The program in this process, with AWS on recorded shapes and no wheels to fetch."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.cloud = capsys, Cloud()
        self.stacks = Stacks(self.cloud, outputs=OUTPUTS)
        missing = Refusal("404", "Not Found", 404)
        self.cloud.answers |= {
            "sts.GetCallerIdentity": lambda _: {"Account": ACCOUNT},
            "secretsmanager.DescribeSecret": lambda _: {"ARN": SECRET},
            POINTS: lambda _: {"S3AccessPointAttachments": [point()]},
            "s3.HeadBucket": lambda _: {},
            "s3.HeadObject": self.refuse(missing),
            "s3.PutObject": lambda _: {},
            "stepfunctions.ListExecutions": lambda _: {"executions": [execution("SUCCEEDED")]},
            "scheduler.GetSchedule": lambda _: {"ScheduleExpression": "rate(1 day)", "State": "ENABLED"},
            "stepfunctions.StartExecution": lambda _: {"executionArn": EXECUTION, "startDate": MOMENT},
        }
        monkeypatch.setattr(deployment, "connect_aws", lambda _settings: self.cloud)
        monkeypatch.setattr(deployment.Deployment, "pause", lambda _self, _seconds: None)
        (tmp_path / "none").mkdir()
        monkeypatch.setattr(package, "download", lambda packages, architecture: tmp_path / "none")

    @staticmethod
    def refuse(error: Refusal) -> Any:
        def answer(_: Any) -> dict[str, Any]:
            raise error

        return answer

    def __call__(self, *arguments: str) -> Run:
        code = main(["deploy", *arguments, "--output", "jsonl"])
        said = self.capsys.readouterr()
        return Run(code, [json.loads(line) for line in said.out.splitlines()], said.err)

    @property
    def changed(self) -> set[str]:
        return CHANGES & set(self.cloud.operations)


def execution(status: str, **more: Any) -> dict[str, Any]:
    return {
        "executionArn": EXECUTION,
        "stateMachineArn": MACHINE,
        "name": "1",
        "status": status,
        "startDate": MOMENT,
        **more,
    }


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return World(monkeypatch, tmp_path, capsys)


@pytest.mark.parametrize("flags", [(), ("--invoke",), ("--destroy",)])
def test_without_a_terminal_and_without_yes_nothing_is_even_asked(world: World, flags: tuple[str, ...]) -> None:
    done = world(*DICOM, *flags)
    assert (done.code, done.records, world.cloud.calls) == (2, [], [])
    assert "--yes" in json.loads(done.err.splitlines()[-1])["hint"]


def test_rendering_asks_nothing_of_aws(world: World, tmp_path: Path) -> None:
    done = world("healthcare-dicom", "--render", str(tmp_path / "out"), "-s", ARN, "--param", f"key={SECRET}")
    assert done.code == 0
    assert world.cloud.calls == []
    rows = json.loads((tmp_path / "out" / "parameters.json").read_text())
    chosen = {row["ParameterKey"]: row["ParameterValue"] for row in rows}
    assert (chosen["SourceArn"], chosen["KeySecretArn"]) == (ARN, SECRET)
    assert (tmp_path / "out" / chosen["CodeKey"].rpartition("/")[2]).is_file()
    assert {Path(record["path"]).name for record in done.records} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert "still to be given: CodeBucket" in done.err


def test_a_plan_is_change_records_and_leaves_nothing(world: World) -> None:
    done = world(*DICOM, "--plan")
    assert done.code == 0, done.err
    assert [record["action"] for record in done.records if record["type"] == "change"] == [
        "create", "update", "replace", "delete",
    ]  # fmt: skip
    assert world.changed == {"cloudformation.DeleteStack"}, "the empty stack that a first change set makes"
    assert world.stacks.status == ""


def test_deploying_uploads_then_changes_then_says_what_there_is(world: World) -> None:
    done = world(*DICOM, "--yes")
    assert done.code == 0, done.err
    (asked,) = world.cloud.asked("cloudformation.CreateChangeSet")
    given = {row["ParameterKey"]: row.get("ParameterValue") for row in asked["Parameters"]}
    assert given["SourceArn"] == ARN, "the alias was resolved"
    assert given["KeySecretArn"] == SECRET
    (put,) = world.cloud.asked("s3.PutObject")
    assert (put["Bucket"], put["Key"]) == (f"fsxap-code-{ACCOUNT}-{REGION}", given["CodeKey"])
    order = world.cloud.operations
    assert order.index("s3.PutObject") < order.index("cloudformation.ExecuteChangeSet")
    assert done.records[-1]["type"] == "stack"
    assert done.records[-1]["status"] == "CREATE_COMPLETE"
    assert f"account {ACCOUNT}, region {REGION}" in done.err
    assert "CREATE_COMPLETE      StateBucket" in done.err


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, world: World) -> Callable[[str], None]:
    """Somebody sits there, who types this."""

    def typed(text: str) -> None:
        stdin = io.StringIO(text)
        monkeypatch.setattr(stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    return typed


@pytest.mark.parametrize(
    ("answer", "applied"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_a_person_agrees_to_the_plan_or_not(
    world: World, terminal: Callable[[str], None], answer: str, applied: bool
) -> None:
    terminal(answer)
    done = world(*DICOM)
    assert done.code == 0, done.err
    assert "Apply this to stack fsxap-test?" in done.err
    assert ("cloudformation.ExecuteChangeSet" in world.cloud.operations) == applied
    assert ("nothing was changed" in done.err) != applied


@pytest.mark.parametrize(("answer", "deleted"), [("fsxap-test\n", True), ("y\n", False), ("", False)])
def test_a_person_names_the_stack_to_delete(
    world: World, terminal: Callable[[str], None], answer: str, deleted: bool
) -> None:
    world.stacks.status = "CREATE_COMPLETE"
    world.cloud.answers["s3.ListObjectVersions"] = lambda _: {}
    terminal(answer)
    done = world("uc5", "--stack-name", "fsxap-test", "--destroy")
    assert done.code == 0, done.err
    assert (world.stacks.status == "DELETE_COMPLETE") == deleted
    assert ("s3.ListObjectVersions" in world.cloud.operations) == deleted


def test_nothing_to_change_is_said(world: World) -> None:
    world.stacks.status, world.stacks.no_changes = "CREATE_COMPLETE", True
    done = world(*DICOM, "--yes")
    assert (done.code, world.changed) == (0, set())
    assert "nothing changes" in done.err


def test_a_failed_check_stops_before_the_plan(world: World) -> None:
    world.cloud.answers[POINTS] = lambda _: {"S3AccessPointAttachments": [point(vpc="vpc-0123456789abcdef0")]}
    done = world(*DICOM, "--yes")
    assert done.code == 253
    assert [(record["type"], record["status"]) for record in done.records] == [("check", "fail")]
    assert json.loads(done.err.splitlines()[-1])["code"] == "preflight"
    assert "cloudformation.CreateChangeSet" not in world.cloud.operations


def test_a_failure_names_the_first_resource_and_its_reason(world: World) -> None:
    world.stacks.broken = "ProcessRole"
    done = world(*DICOM, "--yes")
    assert done.code == 254
    assert json.loads(done.err.splitlines()[-1])["message"].startswith("ProcessRole: the policy has a syntax error")


def test_a_stack_that_is_being_changed_is_followed(world: World) -> None:
    """Whoever pressed Ctrl-C repeats the command and sees the rest."""
    world.stacks.status = "CREATE_IN_PROGRESS"
    world.stacks.steps = [("fsxap-test", "AWS::CloudFormation::Stack", "CREATE_COMPLETE", "")]
    done = world(*DICOM, "--yes")
    assert done.code == 0, done.err
    assert world.changed == set()
    assert "following that" in done.err


def test_status_tells_of_stack_schedule_and_runs(world: World) -> None:
    world.stacks.status = "UPDATE_COMPLETE"
    coverage = {"seen": 10, "ok": 9, "failed": 1, "missing": 0}
    output = json.dumps({"run": "r", "coverage": coverage, "findings": {}, "report": "s3://state/report.html"})
    world.cloud.answers["stepfunctions.DescribeExecution"] = lambda _: execution("SUCCEEDED", output=output)
    done = world("uc5", "--stack-name", "fsxap-test", "--status")
    assert (done.code, world.changed) == (0, set())
    assert [record["type"] for record in done.records] == ["stack", "schedule", "execution"]
    assert done.records[2]["coverage"] == coverage


@pytest.mark.parametrize(
    ("status", "coverage", "code"),
    [
        ("SUCCEEDED", {"ok": 3, "failed": 0, "missing": 0}, 0),
        ("SUCCEEDED", {"ok": 2, "failed": 1, "missing": 0}, 1),
        ("SUCCEEDED", {"ok": 2, "failed": 0, "missing": 1}, 1),
        ("FAILED", None, 1),
    ],
)
def test_a_run_started_now_ends_as_its_items_did(
    world: World, status: str, coverage: dict[str, int] | None, code: int
) -> None:
    world.stacks.status = "CREATE_COMPLETE"
    answers = [
        execution("RUNNING"),
        execution(status, **({"output": json.dumps({"coverage": coverage})} if coverage else {})),
    ]
    world.cloud.answers["stepfunctions.DescribeExecution"] = lambda _: answers.pop(0)
    done = world("uc5", "--stack-name", "fsxap-test", "--invoke", "--yes")
    assert (done.code, done.records[0]["status"]) == (code, status)
    assert ("redrive-execution" in done.err) == (status == "FAILED")


def test_a_run_that_is_redriven_is_followed_and_told_of_as_that(world: World) -> None:
    """It waits to be redriven, runs again, and succeeds; the table of runs says how often that was done."""
    world.stacks.status = "CREATE_COMPLETE"
    output = json.dumps({"run": "r", "coverage": {"seen": 3, "ok": 3, "failed": 0, "missing": 0}})
    answers = [
        execution("PENDING_REDRIVE"),
        execution("RUNNING", redriveCount=1, redriveStatus="NOT_REDRIVABLE"),
        execution("SUCCEEDED", redriveCount=1, redriveStatus="NOT_REDRIVABLE", output=output),
    ]
    world.cloud.answers["stepfunctions.DescribeExecution"] = lambda _: answers.pop(0)
    done = world("uc5", "--stack-name", "fsxap-test", "--invoke", "--yes")
    assert (done.code, done.records[0]["status"], done.records[0]["redrives"]) == (0, "SUCCEEDED", 1)


def test_destroying_empties_the_state_bucket_first_and_nothing_else(world: World) -> None:
    world.stacks.status = "CREATE_COMPLETE"
    versions = {
        "Versions": [{"Key": "ledger", "VersionId": "1"}],
        "DeleteMarkers": [{"Key": "ledger", "VersionId": "2"}],
    }
    world.cloud.answers["s3.ListObjectVersions"] = lambda _: versions
    world.cloud.answers["s3.DeleteObjects"] = lambda _: {}
    done = world("uc5", "--stack-name", "fsxap-test", "--destroy", "--yes")
    assert done.code == 0, done.err
    (deleted,) = world.cloud.asked("s3.DeleteObjects")
    assert deleted["Bucket"] == "state"
    assert len(deleted["Delete"]["Objects"]) == 2
    order = world.cloud.operations
    assert order.index("s3.DeleteObjects") < order.index("cloudformation.DeleteStack")
    assert done.records == [{"name": "fsxap-test", "status": "DELETE_COMPLETE", "type": "stack"}]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("no-such-thing", "--plan"), 2, "unknown"),
        (("uc5", "--plan", "--status"), 2, "do not go together"),
        (("uc5", "--plan", "--architecture", "mips"), 2, "arm64"),
        (("uc5", "--plan", "--param", "key"), 2, "NAME=VALUE"),
        (("uc5", "--plan", "--stack-name", "a_b"), 2, "cannot be used"),
        (("uc5", "--status", "--stack-name", "absent"), 253, "no stack"),
        (("uc5", "--plan", "-s", "./folder", "--param", f"key={SECRET}"), 2, "folder of this machine"),
    ],
)
def test_wrong_use_is_told_apart(world: World, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = world(*arguments)
    assert done.code == code
    assert says in done.err
    assert world.changed == set()


def test_a_zip_without_native_packages_needs_no_index(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "download", no_wheels)
    assert world("legal-compliance", "--render", str(tmp_path / "out")).code == 0


@pytest.mark.parametrize("source", [ALIAS, ARN])
def test_a_pattern_has_no_code_and_knows_arn_and_alias(world: World, source: str) -> None:
    done = world("knowledge-base", "--stack-name", "fsxap-test", "-s", source, "--yes")
    assert done.code == 0, done.err
    (asked,) = world.cloud.asked("cloudformation.CreateChangeSet")
    given = {row["ParameterKey"]: row.get("ParameterValue") for row in asked["Parameters"]}
    assert given == {"SourceArn": ARN, "SourceAlias": ALIAS, "SourcePrefix": ""}
    assert world.changed == {"cloudformation.ExecuteChangeSet"}


def test_a_pattern_is_rendered_without_asking_aws(world: World, tmp_path: Path) -> None:
    done = world("kb", "--render", str(tmp_path / "out"), "-s", ARN)
    assert done.code == 0 and world.cloud.calls == []
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"template.yaml", "parameters.json"}
    assert "still to be given: SourceAlias" in done.err


@pytest.mark.parametrize("pattern", ["knowledge-base", "spark"])
def test_services_need_an_access_point_of_internet_origin(world: World, pattern: str) -> None:
    world.cloud.answers[POINTS] = lambda _: {"S3AccessPointAttachments": [point(vpc="vpc-0123456789abcdef0")]}
    done = world(pattern, "--stack-name", "fsxap-test", "-s", ALIAS, "--yes")
    assert done.code == 253 and not world.changed


def test_an_unknown_target_lists_patterns_too(world: World) -> None:
    done = world("knowlege-base", "--status")
    assert done.code == 2 and "did you mean knowledge-base?" in done.err and "idp" in done.err


def test_sftp_is_not_deployed_without_its_users(world: World, tmp_path: Path) -> None:
    done = world("sftp", "--stack-name", "fsxap-test", "-s", ALIAS, "--yes")
    assert done.code == 2 and "sftp needs --users" in done.err and not world.changed
    users = ("--users", write(tmp_path, row()))
    done = world("sftp", "--stack-name", "fsxap-test", "-s", f"{ALIAS}/in", "--yes", *users)
    assert done.code == 0, done.err
    (asked,) = world.cloud.asked("cloudformation.CreateChangeSet")
    given = {each["ParameterKey"]: each.get("ParameterValue") for each in asked["Parameters"]}
    assert given == {"SourceArn": ARN, "SourceAlias": ALIAS, "SourcePrefix": "in/"}
    assert world.changed == {"cloudformation.ExecuteChangeSet"}


def test_sftp_needs_an_access_point_of_internet_origin(world: World, tmp_path: Path) -> None:
    world.cloud.answers[POINTS] = lambda _: {"S3AccessPointAttachments": [point(vpc="vpc-0123456789abcdef0")]}
    users = ("--users", write(tmp_path, row()))
    done = world("sftp", "--stack-name", "fsxap-test", "-s", ALIAS, "--yes", *users)
    assert done.code == 253 and "its origin is a VPC" in done.err and not world.changed


@pytest.mark.parametrize(("number", "code"), [(29, 0), (30, 253)])
def test_one_sftp_stack_holds_29_users(world: World, tmp_path: Path, number: int, code: int) -> None:
    rows = [row(name=f"user{each}", home=f"partners/{each}") for each in range(number)]
    done = world("sftp", "--stack-name", "fsxap-test", "-s", ALIAS, "--yes", "--users", write(tmp_path, *rows))
    assert done.code == code, done.err
    assert bool(world.changed) == (code == 0)
    assert not code or ("51200" in done.err and "fewer users" in done.err and "--stack-name" in done.err)


@pytest.mark.parametrize(("to", "output"), [("", ""), ("out", OUT_ARN)])
def test_spark_is_deployed_over_access_points(world: World, to: str, output: str) -> None:
    world.cloud.answers[POINTS] = lambda _: {"S3AccessPointAttachments": [point(), point("out")]}
    where = ("-s", f"{ALIAS}/in", *(("--to", f"{ALIAS.replace('records', to)}/spark") if to else ()))
    done = world("spark", "--stack-name", "fsxap-test", "--yes", *where)
    assert done.code == 0, done.err
    (asked,) = world.cloud.asked("cloudformation.CreateChangeSet")
    given = {each["ParameterKey"]: each.get("ParameterValue") for each in asked["Parameters"]}
    assert (given["SourceArn"], given["SourcePrefix"]) == (ARN, "in/")
    assert (given.get("OutputArn", ""), given.get("OutputPrefix", "")) == (output, "spark/" if to else "")


def test_a_spark_stack_is_removed_with_its_scripts_and_no_outputs(world: World) -> None:
    world.stacks.status, world.stacks.outputs = "CREATE_COMPLETE", OUTPUTS | {"ApplicationId": "00abcdef"}
    scripts = {"Versions": [{"Key": "spark/0123/job.py", "VersionId": "1"}]}
    world.cloud.answers |= {"s3.ListObjectVersions": lambda _: scripts, "s3.DeleteObjects": lambda _: {}}
    done = world("spark", "--stack-name", "fsxap-test", "--destroy", "--yes")
    assert done.code == 0 and world.stacks.status == "DELETE_COMPLETE", done.err
    assert {each["Bucket"] for each in world.cloud.asked("s3.DeleteObjects")} == {"state"}


def test_users_of_a_use_case_are_an_error(world: World, tmp_path: Path) -> None:
    done = world("idp", "--status", "--users", write(tmp_path, row()))
    assert done.code == 2 and "no parameter 'users'" in done.err


def test_an_sftp_server_is_looked_at_and_removed_without_its_users(world: World) -> None:
    world.stacks.status, world.stacks.outputs = "CREATE_COMPLETE", {"ServerId": "s-0123456789abcdef0"}
    for action in ("--status", "--destroy"):
        done = world("sftp", "--stack-name", "fsxap-test", action, "--yes")
        assert done.code == 0, done.err
