"""Job runs by EMR's own model of requests and answers: started once, followed, cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from fsxap.errors import AccessDenied, Interrupted, ServiceError, Unavailable
from fsxap.providers.aws.emr_serverless import Application, ended_well, usage

APPLICATION, JOB, RUN, GROUP = "00abcdef", "00job", "csv-1", "/fsxap/s/jobs"
ARN = f"arn:aws:emr-serverless:eu-west-1:123456789012:/applications/{APPLICATION}/jobruns/{JOB}"
ROLE = "arn:aws:iam::123456789012:role/jobs"


@pytest.fixture
def emr() -> Iterator[tuple[Application, Stubber, Stubber]]:
    session = boto3.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1")
    client, logs = session.client("emr-serverless"), session.client("logs")
    with ExitStack() as stack:
        stubs = [stack.enter_context(Stubber(each)) for each in (client, logs)]
        yield Application(client, logs, APPLICATION, ROLE, GROUP), stubs[0], stubs[1]
        for stub in stubs:
            stub.assert_no_pending_responses()


def about(state: str, **more: Any) -> dict[str, Any]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    run = {
        "applicationId": APPLICATION, "jobRunId": JOB, "arn": ARN,
        "createdBy": ROLE, "createdAt": now, "updatedAt": now, "executionRole": ROLE, "state": state,
        "stateDetails": "-", "releaseLabel": "emr-7.9.0", "jobDriver": {"sparkSubmit": {"entryPoint": "s3://b/j.py"}},
    }  # fmt: skip
    return {"jobRun": run | more}


def event(number: int, message: str, stream: str = "stdout") -> dict[str, Any]:
    name = f"{RUN}/applications/{APPLICATION}/jobs/{JOB}/SPARK_DRIVER/{stream}"
    return {"eventId": str(number), "timestamp": number, "message": message, "logStreamName": name}


def follow(application: Application, told: list[str], **given: Any) -> Any:
    waits: list[float] = []
    given = {"check": lambda: None, "sleep": waits.append, "timeout": 3600.0} | given
    return application.follow(JOB, RUN, tell=told.append, **given), waits


def test_a_job_is_started_with_a_token(emr: tuple[Application, Stubber, Stubber]) -> None:
    application, stub, _ = emr
    expected = {
        "applicationId": APPLICATION,
        "clientToken": RUN,
        "executionRoleArn": ROLE,
        "name": RUN,
        "executionTimeoutMinutes": 60,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": "s3://b/j.py",
                "entryPointArguments": ["--in=s3://x-ext-s3alias/a b/"],
                "sparkSubmitParameters": "--py-files s3://b/p.py,s3://b/q.py",
            }
        },
        "configurationOverrides": ANY,
    }
    answer = {"applicationId": APPLICATION, "jobRunId": JOB, "arn": ARN}
    for _ in range(2):
        stub.add_response("start_job_run", answer, expected)
        files = ["s3://b/p.py", "s3://b/q.py"]
        assert application.start(RUN, "s3://b/j.py", files, ["--in=s3://x-ext-s3alias/a b/"], 60) == JOB


def test_a_job_is_followed_with_what_it_prints(emr: tuple[Application, Stubber, Stubber]) -> None:
    application, stub, logs = emr
    told: list[str] = []
    first = [event(1, "one\n"), event(2, "a row of the input", "stderr")]
    pages = [("RUNNING", first), ("RUNNING", [event(1, "one\n")]), ("SUCCESS", [event(1, "one\n"), event(3, "two")])]
    since = 0
    for state, events in pages:
        stub.add_response("get_job_run", about(state), {"applicationId": APPLICATION, "jobRunId": JOB})
        given = {"logGroupName": GROUP, "logStreamNamePrefix": f"{RUN}/", "startTime": since}
        logs.add_response("filter_log_events", {"events": events}, given)
        since = 1
    found, waits = follow(application, told)
    assert found["state"] == "SUCCESS"
    assert told == [f"running: job run {JOB}", "one", f"success: job run {JOB}", "two"]
    assert waits == sorted(waits) and len(waits) == 2


def test_a_log_group_without_streams_yet_is_no_error(emr: tuple[Application, Stubber, Stubber]) -> None:
    application, stub, logs = emr
    stub.add_response("get_job_run", about("SUCCESS"))
    logs.add_client_error("filter_log_events", "ResourceNotFoundException", "none", 400)
    assert follow(application, [])[0]["state"] == "SUCCESS"


def test_an_end_that_does_not_come(emr: tuple[Application, Stubber, Stubber]) -> None:
    application, stub, logs = emr
    stub.add_response("get_job_run", about("PENDING"))
    logs.add_response("filter_log_events", {"events": []})
    with pytest.raises(Unavailable):
        follow(application, [], timeout=0.0)


def test_an_interruption_asks_nothing_more(emr: tuple[Application, Stubber, Stubber]) -> None:
    def stop() -> None:
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        follow(emr[0], [], check=stop)


def test_cancel_and_refusal(emr: tuple[Application, Stubber, Stubber]) -> None:
    application, stub, _ = emr
    stub.add_response(
        "cancel_job_run",
        {"applicationId": APPLICATION, "jobRunId": JOB},
        {"applicationId": APPLICATION, "jobRunId": JOB},
    )
    application.cancel(JOB)
    stub.add_client_error("cancel_job_run", "AccessDeniedException", "no", 403)
    with pytest.raises(AccessDenied):
        application.cancel(JOB)


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_job_that_does_not_end_well(state: str) -> None:
    """What went wrong is in the logs, which may quote rows; it is not in the message."""
    with pytest.raises(ServiceError, match=state.lower()) as raised:
        ended_well(about(state, stateDetails="row: secret")["jobRun"], GROUP)
    assert "secret" not in raised.value.message and GROUP in raised.value.hint


def test_what_is_billed() -> None:
    billed = {"billedResourceUtilization": {"vCPUHour": 0.5, "memoryGBHour": 2.0, "storageGBHour": 0.0}}
    assert usage(about("SUCCESS", **billed)["jobRun"]) == {"emr_vcpu_seconds": 1800, "emr_memory_gb_seconds": 7200}
    assert usage(about("FAILED")["jobRun"]) == {}
