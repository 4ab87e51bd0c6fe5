"""`spark submit` and `run-uc spark` on EMR Serverless: its own model of requests on a port, S3 and logs by moto."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fsxap.cli import main, sparking
from fsxap.engine.settings import Settings
from fsxap.engine.stores import connect_aws
from fsxap.providers.aws import emr_serverless
from fsxap.retry import Retry
from tests import moto_server
from tests.unit.deploy.cloud import MOMENT, Cloud, Refusal
from tests.unit.deploy.json_endpoint import listening_by_path

ALIAS, STATE, GROUP, APPLICATION = "jobs-abc123-ext-s3alias", "fsxap-spark-state", "/fsxap/fsxap-spark/jobs", "00abcdef"
ROLE = "arn:aws:iam::123456789012:role/fsxap-spark-jobs"
OUTPUTS = {"ApplicationId": APPLICATION, "JobRoleArn": ROLE, "JobLogGroup": GROUP, "StateBucketName": STATE}
JOB = "00job"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server.serving() as url:
        for name in (ALIAS, STATE):
            moto_server.bucket(url, name)
        moto_server.client(url, "logs").create_log_group(logGroupName=GROUP)
        yield url


@dataclass
class Emr:
    """One job run: a state each time it is asked about, and a line printed with it. `answer` is what the job does."""

    url: str
    states: list[str] = field(default_factory=lambda: ["SUBMITTED", "RUNNING", "SUCCESS"])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    interrupted: bool = False
    answer: Any = None

    def __call__(self, _service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, params))
        told: dict[str, Any] = getattr(self, operation.lower())(params)
        return told

    def startjobrun(self, params: dict[str, Any]) -> dict[str, Any]:
        self.run = params
        if self.answer:
            self.answer(moto_server.client(self.url, "s3"), params["jobDriver"]["sparkSubmit"]["entryPointArguments"])
        logging = params["configurationOverrides"]["monitoringConfiguration"]["cloudWatchLoggingConfiguration"]
        logs = moto_server.client(self.url, "logs")
        for stream, line in (("stdout", "3 rows"), ("stderr", "a row of the input")):
            name = f"{logging['logStreamNamePrefix']}applications/{APPLICATION}/jobs/{JOB}/SPARK_DRIVER/{stream}"
            logs.create_log_stream(logGroupName=logging["logGroupName"], logStreamName=name)
            event = {"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": line}
            logs.put_log_events(logGroupName=logging["logGroupName"], logStreamName=name, logEvents=[event])
        return {"applicationId": APPLICATION, "jobRunId": JOB, "arn": self.arn}

    def getjobrun(self, params: dict[str, Any]) -> dict[str, Any]:
        if self.interrupted:
            os.kill(os.getpid(), signal.SIGINT)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        about = {
            "applicationId": APPLICATION, "jobRunId": params["jobRunId"], "arn": self.arn, "createdBy": ROLE,
            "createdAt": MOMENT, "updatedAt": MOMENT, "executionRole": ROLE, "state": state,
            "stateDetails": "a row of the input", "releaseLabel": "emr-7.9.0", "jobDriver": self.run["jobDriver"],
            "billedResourceUtilization": {"vCPUHour": 0.5, "memoryGBHour": 2.0, "storageGBHour": 0.0},
        }  # fmt: skip
        return {"jobRun": about}

    def canceljobrun(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"applicationId": params["applicationId"], "jobRunId": params["jobRunId"]}

    arn = f"arn:aws:emr-serverless:eu-west-1:123456789012:/applications/{APPLICATION}/jobruns/{JOB}"

    @property
    def asked(self) -> list[str]:
        return [operation for operation, _ in self.calls]


def stacks(params: dict[str, Any]) -> dict[str, Any]:
    name = params["StackName"]
    if name not in ("fsxap-spark", "other"):
        raise Refusal("ValidationError", f"Stack with id {name} does not exist")
    outputs = OUTPUTS if name == "fsxap-spark" else {}
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    about = {"StackName": name, "CreationTime": MOMENT, "StackStatus": "CREATE_COMPLETE", "Outputs": listed}
    return {"Stacks": [about]}


class Clients:
    """As the settings say, but for CloudFormation, which moto takes a minute to bring up."""

    def __init__(self, settings: Settings) -> None:
        self._aws = connect_aws(settings)
        self.ca_bundle = self._aws.ca_bundle
        self.region = self._aws.region
        self._cloud = Cloud({"cloudformation.DescribeStacks": stacks})

    def client(self, service: str) -> Any:
        return self._cloud.client(service) if service == "cloudformation" else self._aws.client(service)


@pytest.fixture
def emr(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emr]:
    made = Emr(aws)
    monkeypatch.setattr(emr_serverless, "POLL", Retry(base=0.01, cap=0.02))
    monkeypatch.setattr(sparking, "connect_aws", Clients)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_text("print('job')\n")
    (tmp_path / "a job.py").write_text("")
    (tmp_path / "mine.py").write_text("NAME = 1\n")
    with listening_by_path("emr-serverless", made) as url:
        for name, value in (
            moto_server.ENVIRON | {"AWS_ENDPOINT_URL": aws, "AWS_ENDPOINT_URL_EMR_SERVERLESS": url}
        ).items():
            monkeypatch.setenv(name, value)
        yield made


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    code = main([*arguments])
    told = capsys.readouterr()
    return code, [json.loads(line) for line in told.out.splitlines()], told.err


def submit(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    options = ("--output", "jsonl", "-s", f"s3://{ALIAS}/in/", "--to", f"s3://{ALIAS}/out/", "--py-files", "mine.py")
    return run(capsys, "spark", "submit", *options, "job.py", *arguments)


def test_a_script_is_started_once_and_followed_to_its_end(emr: Emr, capsys: pytest.CaptureFixture[str]) -> None:
    code, (summary,), err = submit(capsys, "--minutes", "30", "--", "--top", "10")
    assert code == 0, err
    assert emr.asked == ["StartJobRun", *["GetJobRun"] * 3]
    run = emr.run
    driver = run["jobDriver"]["sparkSubmit"]
    assert driver["entryPointArguments"] == [f"--in=s3://{ALIAS}/in/", f"--out=s3://{ALIAS}/out/", "--top", "10"]
    script, module = driver["entryPoint"], driver["sparkSubmitParameters"].removeprefix("--py-files ")
    for place, text in ((script, b"print('job')\n"), (module, b"NAME = 1\n")):
        at = urlsplit(place)
        assert at.netloc == STATE and at.path.startswith("/spark/")
        assert moto_server.client(emr.url, "s3").get_object(Bucket=STATE, Key=at.path[1:])["Body"].read() == text
    assert run["applicationId"] == APPLICATION and run["executionRoleArn"] == ROLE
    assert run["executionTimeoutMinutes"] == 30 and run["clientToken"] == run["name"] == summary["run"]
    monitoring = run["configurationOverrides"]["monitoringConfiguration"]
    assert monitoring["managedPersistenceMonitoringConfiguration"] == {"enabled": False}
    # The committer is the application's: a job that set its own would bring back one that renames.
    assert "--conf" not in driver["sparkSubmitParameters"] and set(run["configurationOverrides"]) == {
        "monitoringConfiguration"
    }
    assert summary["usage"] == {"emr_vcpu_seconds": 1800, "emr_memory_gb_seconds": 7200}
    assert summary["data"] == {
        "job": "job.py", "engine": "EMR Serverless emr-7.9.0", "verified": None, "reason": "a script of one's own"
    }  # fmt: skip
    assert "submitted" in err and "success" in err and "3 rows" in err and "a row of the input" not in err


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_job_that_fails_says_where_its_error_stream_is(
    emr: Emr, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    emr.states = ["RUNNING", state]
    code, records, err = submit(capsys)
    assert code == 254 and GROUP in err and state.lower() in err and "3 rows" in err
    assert "a row of the input" not in err + json.dumps(records)


def test_an_interrupted_watcher_says_how_to_end_the_job(emr: Emr, capsys: pytest.CaptureFixture[str]) -> None:
    emr.states, emr.interrupted = ["RUNNING"], True
    code, records, err = submit(capsys)
    assert code == 130 and "CancelJobRun" not in emr.asked and all(each["type"] != "summary" for each in records)
    assert f"get-job-run --application-id {APPLICATION} --job-run-id {JOB}" in err
    assert f"cancel-job-run --application-id {APPLICATION} --job-run-id {JOB}" in err


@pytest.mark.parametrize(("stack", "told"), [("other", "has no application"), ("none", "there is no stack none")])
def test_a_stack_without_an_application(emr: Emr, capsys: pytest.CaptureFixture[str], stack: str, told: str) -> None:
    code, _, err = submit(capsys, "--stack", stack)
    assert code == 253 and told in err and "fsxap deploy" in err and not emr.calls


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing.py",), "there is no file nothing.py"),
        (("job.py", "--py-files", "nothing.py"), "there is no file nothing.py"),
        (("job.py", "--py-files", "job.py", "-s", f"s3://{ALIAS}/"), "names must differ"),
        (("a job.py", "-s", f"s3://{ALIAS}/"), "names must differ and be plain"),
        (("job.py", "-s", f"s3://{ALIAS}/", "--to", "./out"), "not one and then the other"),
        (("job.py", "-s", "./in", "--engines", "aws"), "not one and then the other"),
        (("job.py", "-s", f"s3://{ALIAS}/", "--engines", "local"), "not one and then the other"),
        (("job.py", "-s", "arn:aws:s3:eu-west-1:123456789012:accesspoint/records"), "by its alias"),
        (("job.py", "--minutes", "1"), "--minutes"),
        ((), "SCRIPT"),
    ],
)
def test_what_cannot_be_submitted(
    emr: Emr, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    code, _, err = run(capsys, "spark", "submit", *arguments)
    assert code == 2 and told.lower() in err.lower() and not emr.calls


def by_duckdb(query: str) -> Any:
    """A job that writes what `query` says where it is told to, as Spark would."""

    def answer(s3: Any, arguments: list[str]) -> None:
        import duckdb

        out = urlsplit(next(each for each in arguments if each.startswith("--out=")).removeprefix("--out="))
        database = duckdb.connect()
        database.execute(f"COPY ({query}) TO 'part.parquet'")
        ((rows,),) = database.execute("SELECT count(*) FROM 'part.parquet'").fetchall()
        body = Path("part.parquet").read_bytes()
        manifest = {"rows": rows, "files": [{"name": "part-0.parquet", "size": len(body)}]}
        for name, content in (("rows/part-0.parquet", body), ("_manifest.json", json.dumps(manifest).encode())):
            s3.put_object(Bucket=out.netloc, Key=f"{out.path[1:]}{name}", Body=io.BytesIO(content))

    return answer


@pytest.mark.parametrize(("rows", "code"), [("('1', 'a'), ('2', NULL)", 0), ("('1', 'a'), ('2', '')", 1)])
def test_a_job_on_an_access_point_is_held_against_duckdb(
    emr: Emr, capsys: pytest.CaptureFixture[str], rows: str, code: int
) -> None:
    pytest.importorskip("duckdb")
    moto_server.client(emr.url, "s3").put_object(Bucket=ALIAS, Key="csv/a.csv", Body=b"n,s\n1,a\n2,\n")
    emr.answer = by_duckdb(f"SELECT * FROM (VALUES {rows}) AS t(n, s)")
    place = f"s3://{ALIAS}/csv/"
    found, (summary,), err = run(capsys, "run-uc", "spark", "--output", "jsonl", "-s", place, "--to", place)
    assert found == code, err
    assert summary["data"]["verified"] is (code == 0) and summary["data"]["rows"] == {"spark": 2, "duckdb": 2}
    assert summary["outputs"].startswith(f"{place}_fsxap/spark/csv-to-parquet/")
    driver = emr.run["jobDriver"]["sparkSubmit"]
    assert driver["entryPointArguments"][:2] == [f"--in={place}", f"--out={summary['outputs']}"]
    places = [driver["entryPoint"], *driver["sparkSubmitParameters"].removeprefix("--py-files ").split(",")]
    assert all(each.startswith(f"s3://{STATE}/spark/") for each in places)
