"""Job runs of EMR Serverless: started once, followed with their logs, cancelled."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fsxap.errors import NotFound, ServiceError
from fsxap.providers.aws.errors import translated
from fsxap.retry import Retry

ENDED = ("SUCCESS", "FAILED", "CANCELLED")
POLL = Retry(base=2.0, cap=30.0)


@dataclass(frozen=True, slots=True)
class Application:
    """Where jobs run, and the role and log group they run with."""

    client: Any = field(repr=False)
    logs: Any = field(repr=False)
    id: str
    role: str
    log_group: str

    def start(self, run: str, script: str, files: Sequence[str], arguments: Sequence[str], minutes: int) -> str:
        """The id of the job run; started again with the same `run`, it is the same one."""
        stream = f"{run}/"
        driver: dict[str, Any] = {"entryPoint": script, "entryPointArguments": list(arguments)}
        if files:
            driver["sparkSubmitParameters"] = f"--py-files {shlex.quote(','.join(files))}"
        logging = {
            "enabled": True,
            "logGroupName": self.log_group,
            "logStreamNamePrefix": stream,
            "logTypes": {"SPARK_DRIVER": ["STDOUT", "STDERR"]},
        }
        with translated(f"starting a job of application {self.id}"):
            answer = self.client.start_job_run(
                applicationId=self.id,
                clientToken=run,
                executionRoleArn=self.role,
                name=run,
                jobDriver={"sparkSubmit": driver},
                configurationOverrides={
                    "monitoringConfiguration": {
                        "cloudWatchLoggingConfiguration": logging,
                        # Logs may quote rows: they stay in the log group, under its key.
                        "managedPersistenceMonitoringConfiguration": {"enabled": False},
                    }
                },
                executionTimeoutMinutes=minutes,
            )
        return str(answer["jobRunId"])

    def cancel(self, job: str) -> None:
        with translated(f"cancelling job run {job}"):
            self.client.cancel_job_run(applicationId=self.id, jobRunId=job)

    def follow(
        self,
        job: str,
        run: str,
        *,
        tell: Callable[[str], None],
        check: Callable[[], None],
        sleep: Callable[[float], object],
        timeout: float,
    ) -> Mapping[str, Any]:
        """The job run when it has ended, however it did; its changes of state and what it prints are told."""
        seen: set[str] = set()
        since = 0
        state = ""

        def poll() -> Mapping[str, Any] | None:
            nonlocal since, state
            check()
            with translated(f"asking about job run {job}"):
                about: Mapping[str, Any] = self.client.get_job_run(applicationId=self.id, jobRunId=job)["jobRun"]
            if about["state"] != state:
                state = about["state"]
                tell(f"{state.lower()}: job run {job}")
            for event in self._events(run, since):
                if event["eventId"] not in seen:
                    seen.add(event["eventId"])
                    since = max(since, int(event["timestamp"]))
                    tell(str(event["message"]).rstrip())
            return about if state in ENDED else None

        return POLL.wait(poll, what=f"job run {job}", timeout=timeout, sleep=sleep)

    def _events(self, run: str, since: int) -> Iterator[Mapping[str, Any]]:
        """What the driver printed; its error stream, which may quote rows, is only in the log group."""
        given: dict[str, Any] = {"logGroupName": self.log_group, "logStreamNamePrefix": f"{run}/", "startTime": since}
        while True:
            try:
                with translated(f"reading log group {self.log_group}"):
                    page = self.logs.filter_log_events(**given)
            except NotFound:
                # Streams come into being with their first line.
                return
            yield from (event for event in page["events"] if event["logStreamName"].lower().endswith("stdout"))
            if not (token := page.get("nextToken")):
                return
            given["nextToken"] = token


def usage(about: Mapping[str, Any]) -> dict[str, int]:
    """What a job run is billed for, in seconds of one vCPU or GB."""
    billed = about.get("billedResourceUtilization") or {}
    names = {"vCPUHour": "emr_vcpu_seconds", "memoryGBHour": "emr_memory_gb_seconds"}
    return {unit: round(float(billed[name]) * 3600) for name, unit in names.items() if name in billed}


def ended_well(about: Mapping[str, Any], log_group: str) -> None:
    if about["state"] != "SUCCESS":
        raise ServiceError(
            f"job run {about['jobRunId']} is {about['state'].lower()}",
            code="spark-job",
            hint=f"its error stream is in log group {log_group}; it may quote rows of the input",
        )
