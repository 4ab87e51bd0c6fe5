from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

pytest.importorskip("openjd.model")

from fsxap.engine.cancel import Cancel
from fsxap.errors import ConfigurationError, FsxapError, ItemError, Throttled
from fsxap.providers.aws import deadline
from fsxap.providers.aws.deadline import DeadlineFarm
from fsxap.rendering import FarmJob, FarmOutcome

FARM, QUEUE = "farm-" + "0" * 32, "queue-" + "1" * 32
MARK = deadline.digest("/v/a.####.exr", size=12)
JOB, STEP, TASK = "job-" + "2" * 32, "step-" + "3" * 32, "task-" + "4" * 32 + "-0"
ACTION, SESSION = "sessionaction-" + "5" * 32 + "-0", "session-" + "5" * 32
PLACE = {"farmId": FARM, "queueId": QUEUE}
WHEN = datetime(2026, 1, 5, tzinfo=UTC)
COUNTS = {"PENDING": 0, "READY": 0, "ASSIGNED": 0, "STARTING": 0, "SCHEDULED": 0, "INTERRUPTING": 0, "RUNNING": 0}
COUNTS |= {"SUSPENDED": 0, "CANCELED": 0, "FAILED": 0, "SUCCEEDED": 0, "NOT_COMPATIBLE": 0}
FRAME = {"name": "Frame", "type": "INT", "range": "{{Param.Frames}}"}
TEMPLATE = {
    "specificationVersion": "jobtemplate-2023-09",
    "name": "Render",
    "parameterDefinitions": [
        {"name": "Frames", "type": "STRING"},
        {"name": "Scene", "type": "PATH"},
        {"name": "Samples", "type": "INT", "default": 4},
    ],
    "steps": [
        {
            "name": "Render",
            "parameterSpace": {"taskParameterDefinitions": [FRAME]},
            "script": {"actions": {"onRun": {"command": "render"}}},
        }
    ],
}
WORK = FarmJob("shot", TEMPLATE, {"Frames": "1-3", "Scene": "/v/a.blend", "Samples": "8"}, "token", "/v/a.####.exr")
NAMED = TEMPLATE | {"name": f"Render {deadline.mark(WORK)}"}


@lru_cache
def _session() -> Any:
    """One for all clients: reading the models takes longer than most tests."""
    return boto3.Session("AKIDEXAMPLE", "secret", region_name="us-east-1")


class Service:
    """Stubs that check every request against the service's model, and that each is made."""

    def __init__(self) -> None:
        self.deadline, self.logs = _session().client("deadline"), _session().client("logs")
        self.stubs = Stubber(self.deadline), Stubber(self.logs)
        for stub in self.stubs:
            stub.activate()

    def search(self, *found: tuple[str, str, str], more: int | None = None, offset: int = 0) -> None:
        """Jobs as (id, name, status)."""
        jobs = [{"jobId": job, "name": name, "taskRunStatus": status} for job, name, status in found]
        expected = {
            "farmId": FARM,
            "queueIds": [QUEUE],
            "filterExpressions": {
                "filters": [{"searchTermFilter": {"searchTerm": MARK, "matchType": "CONTAINS"}}],
                "operator": "AND",
            },
            "itemOffset": offset,
            "pageSize": 100,
        }
        answer = {"jobs": jobs, "totalResults": len(jobs)} | ({"nextItemOffset": more} if more else {})
        self.stubs[0].add_response("search_jobs", answer, expected)

    def create(self) -> None:
        self.search()
        self.creates()

    def creates(self) -> None:
        expected = {
            **PLACE,
            "template": json.dumps(NAMED),
            "templateType": "JSON",
            "priority": 50,
            "parameters": {"Frames": {"string": "1-3"}, "Scene": {"path": "/v/a.blend"}, "Samples": {"int": "8"}},
            "clientToken": ANY,
        }
        self.stubs[0].add_response("create_job", {"jobId": JOB}, expected)

    def get(self, status: str, lifecycle: str = "CREATE_COMPLETE", **counts: int) -> None:
        about = {"jobId": JOB, "name": "shot", "lifecycleStatus": lifecycle, "lifecycleStatusMessage": "because"}
        about |= {"priority": 50, "createdAt": WHEN, "createdBy": "me", "taskRunStatus": status}
        answer: dict[str, Any] = {**about, "taskRunStatusCounts": COUNTS | counts}
        self.stubs[0].add_response("get_job", answer, {**PLACE, "jobId": JOB})

    def run(self, wait: float = 60, cancel: Cancel | None = None) -> FarmOutcome:
        farm = DeadlineFarm(self.deadline, self.logs, farm=FARM, queue=QUEUE, cancel=cancel or Cancel())
        outcome = farm.run(WORK, wait=wait)
        for stub in self.stubs:
            stub.assert_no_pending_responses()
        return outcome


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(deadline, "POLL", 0.001)
    return Service()


def test_a_job_is_followed_to_its_end(service: Service) -> None:
    service.create()
    service.get("PENDING", "CREATE_IN_PROGRESS")
    service.get("RUNNING", RUNNING=2, SUCCEEDED=1)
    service.get("SUCCEEDED", SUCCEEDED=3)
    assert service.run() == FarmOutcome(JOB, "succeeded", 3)


def test_failed_tasks_come_with_the_end_of_their_log(service: Service) -> None:
    service.create()
    service.get("FAILED", FAILED=1, SUCCEEDED=2)
    step = {"stepId": STEP, "name": "Render", "lifecycleStatus": "CREATE_COMPLETE", "taskRunStatus": "FAILED"}
    step |= {"taskRunStatusCounts": COUNTS | {"FAILED": 1}, "createdAt": WHEN, "createdBy": "me"}
    service.stubs[0].add_response("list_steps", {"steps": [step]}, {**PLACE, "jobId": JOB})
    task = {"taskId": TASK, "createdAt": WHEN, "createdBy": "me", "runStatus": "FAILED"}
    bad = task | {"parameters": {"Frame": {"int": "2"}}, "latestSessionActionId": ACTION}
    listed = {"tasks": [task | {"runStatus": "SUCCEEDED"}, bad]}
    service.stubs[0].add_response("list_tasks", listed, {**PLACE, "jobId": JOB, "stepId": STEP})
    action = {"sessionActionId": ACTION, "status": "FAILED", "sessionId": SESSION, "startedAt": WHEN, "endedAt": WHEN}
    action["definition"] = {"taskRun": {"taskId": TASK, "stepId": STEP, "parameters": {}}}
    service.stubs[0].add_response("get_session_action", action, {**PLACE, "jobId": JOB, "sessionActionId": ACTION})
    milliseconds = int(WHEN.timestamp() * 1000)
    service.stubs[1].add_response(
        "get_log_events",
        {"events": [{"timestamp": 1, "message": "no licence\n", "ingestionTime": 1}]},
        {
            "logGroupName": f"/aws/deadline/{FARM}/{QUEUE}",
            "logStreamName": SESSION,
            "limit": 40,
            "startFromHead": False,
            "startTime": milliseconds,
            "endTime": milliseconds + 1000,
        },
    )
    (failed,) = service.run().failed
    assert (failed.step, failed.parameters, failed.log) == ("Render", {"Frame": "2"}, ("no licence",))


def test_a_log_that_may_not_be_read_is_said_to_be_missing(service: Service) -> None:
    service.create()
    service.get("FAILED", FAILED=1)
    step = {"stepId": STEP, "name": "Render", "lifecycleStatus": "CREATE_COMPLETE", "taskRunStatus": "FAILED"}
    step |= {"taskRunStatusCounts": COUNTS | {"FAILED": 1}, "createdAt": WHEN, "createdBy": "me"}
    service.stubs[0].add_response("list_steps", {"steps": [step]})
    task = {"taskId": TASK, "createdAt": WHEN, "createdBy": "me", "runStatus": "FAILED"}
    service.stubs[0].add_response("list_tasks", {"tasks": [task | {"latestSessionActionId": ACTION}]})
    service.stubs[0].add_client_error("get_session_action", "AccessDeniedException", "no", 403)
    (failed,) = service.run().failed
    assert "no log" in failed.log[0]


def test_a_job_that_takes_longer_is_still_running(service: Service) -> None:
    service.create()
    service.get("RUNNING", RUNNING=3)
    assert service.run(wait=0).status == "running"


def test_a_run_that_is_stopped_leaves_the_job_to_be_found_again(service: Service) -> None:
    cancel = Cancel()
    cancel.set()
    service.create()
    service.get("RUNNING", RUNNING=3)
    assert service.run(cancel=cancel).status == "running"


def test_a_job_that_could_not_be_made_says_why(service: Service) -> None:
    service.create()
    service.get("PENDING", "CREATE_FAILED")
    with pytest.raises(ItemError, match="because"):
        service.run()


def test_errors_are_ours(service: Service) -> None:
    service.search()
    service.stubs[0].add_client_error("create_job", "ThrottlingException", "slow down", 429)
    with pytest.raises(Throttled):
        service.run()


def test_the_same_work_has_the_same_token(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = []
    for token in ("one", "one", "two"):
        service = Service()
        service.deadline.meta.events.register(
            "before-parameter-build.deadline.CreateJob", lambda params, **_: tokens.append(params["clientToken"])
        )
        service.search()
        service.stubs[0].add_response("create_job", {"jobId": JOB})
        service.get("SUCCEEDED", SUCCEEDED=3)
        farm = DeadlineFarm(service.deadline, service.logs, farm=FARM, queue=QUEUE, cancel=Cancel())
        farm.run(replace(WORK, token=token), wait=1)
    assert tokens[0] == tokens[1] != tokens[2]


@pytest.mark.parametrize(("farm", "queue"), [("", QUEUE), (FARM, "queue-1"), ("arn:aws:deadline", QUEUE)])
def test_ids_are_checked_before_any_call(farm: str, queue: str) -> None:
    with pytest.raises(ConfigurationError, match="not the id"):
        DeadlineFarm(None, None, farm=farm, queue=queue, cancel=Cancel())


def test_a_template_that_does_not_fit_is_not_sent(service: Service) -> None:
    farm = DeadlineFarm(service.deadline, service.logs, farm=FARM, queue=QUEUE, cancel=Cancel())
    with pytest.raises(FsxapError) as caught:
        farm.run(replace(WORK, template=TEMPLATE | {"steps": []}), wait=1)
    assert caught.value.code == "template"


OTHER = "job-" + "9" * 32
LIKE_MINE = f"Render {deadline.mark(WORK)}"
LIKE_ANOTHER = f"Render {deadline.mark(replace(WORK, token='earlier'))}"


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED"])
def test_no_second_job_makes_the_same_frames(service: Service, status: str) -> None:
    """The scene has changed since, so that the token is another one, but its frames are being written."""
    service.search((OTHER, LIKE_ANOTHER, status))
    assert service.run() == FarmOutcome(OTHER, "busy")


def test_the_job_itself_is_followed_however_long_ago_it_was_made(service: Service) -> None:
    service.search((JOB, LIKE_MINE, "RUNNING"))
    service.get("SUCCEEDED", SUCCEEDED=3)
    assert service.run() == FarmOutcome(JOB, "succeeded", 3)


def test_jobs_that_ended_or_only_look_alike_are_in_nobodys_way(service: Service) -> None:
    service.search((OTHER, LIKE_ANOTHER, "SUCCEEDED"), (OTHER, "a job of others", "RUNNING"), more=100)
    service.search((OTHER, LIKE_ANOTHER, "CANCELED"), offset=100)
    service.creates()
    service.get("SUCCEEDED", SUCCEEDED=3)
    assert service.run() == FarmOutcome(JOB, "succeeded", 3)


def test_where_the_queue_cannot_be_searched_nothing_is_submitted(service: Service) -> None:
    service.stubs[0].add_client_error("search_jobs", "AccessDeniedException", "no", 403)
    with pytest.raises(FsxapError) as caught:
        service.run()
    assert caught.value.code == "access-denied"
