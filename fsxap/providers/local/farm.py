"""Renders on this machine: the sessions of Open Job Description, one task after the other."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fsxap.errors import Interrupted, ItemError, MissingExtra
from fsxap.ports import Cancellation
from fsxap.providers.openjd import checked
from fsxap.rendering import FailedTask, FarmJob, FarmOutcome

TAIL = 40
"""Lines of a task's log that are kept."""
GLANCE = 0.5
"""Seconds between looks at the token that cancels."""


class LocalFarm:
    """Sessions have working folders of their own below `scratch`. Tasks run as this very user."""

    def __init__(self, scratch: Path, cancel: Cancellation) -> None:
        try:
            import openjd.sessions  # noqa: F401
        except ImportError as error:
            raise MissingExtra("deadline", "the library that runs Open Job Description") from error
        self._scratch, self._cancel = scratch, cancel

    @property
    def engine(self) -> str:
        return f"openjd-sessions {version('openjd-sessions')} on this machine"

    def run(self, job: FarmJob, *, wait: float) -> FarmOutcome:
        """`wait` bounds each task: nobody else goes on with it."""
        from openjd.model import StepDependencyGraph, StepParameterSpaceIterator

        made, values = checked(job, self._scratch)
        root = self._scratch / "sessions"
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        failed: list[FailedTask] = []
        total = 0
        for step in StepDependencyGraph(job=made).topo_sorted():
            needs = {each.dependsOn for each in step.dependencies or ()}
            if needs & {task.step for task in failed}:
                continue
            environments = [*(made.jobEnvironments or ()), *(step.stepEnvironments or ())]
            tasks = list(StepParameterSpaceIterator(space=step.parameterSpace))
            total += len(tasks)
            while tasks:
                # A session takes no more tasks after one has failed.
                with _Session(values, root, self._cancel, wait) as session:
                    wrong, tasks = session.work(step, environments, tasks)
                failed += wrong
        return FarmOutcome(f"local-{job.token[:16]}", "failed" if failed else "succeeded", total, tuple(failed))


class _Session:
    """Leaving it exits what was entered and removes the working folder."""

    def __init__(self, values: dict[str, Any], root: Path, cancel: Cancellation, wait: float) -> None:
        from openjd.sessions import LOG, Session

        # Its lines are the tasks' own words: kept with what fails, and no part of the run's log.
        LOG.propagate = False
        LOG.setLevel(logging.INFO)
        self._name = uuid.uuid4().hex
        self._over = threading.Event()
        self._cancel, self._wait = cancel, wait
        self._entered: list[str] = []
        self._session = Session(
            session_id=self._name, job_parameter_values=values, callback=self._told, session_root_directory=root
        )

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for identifier in reversed(self._entered):
                with suppress(RuntimeError):
                    self._act(partial(self._session.exit_environment, identifier=identifier))
        finally:
            self._session.cleanup()

    def work(self, step: Any, environments: Sequence[Any], tasks: list[Any]) -> tuple[list[FailedTask], list[Any]]:
        """Tasks until one fails; that one, and those that are left. ItemError when an environment fails."""
        with _log_of(self._name) as lines:
            for environment in environments:
                if not self._act(partial(self._enter, environment)):
                    said = " / ".join(lines)[-400:]
                    raise ItemError(f"the environment {environment.name} of the job failed: {said}", code="farm")
        for number, values in enumerate(tasks, 1):
            self._cancel.check()
            with _log_of(self._name) as lines:
                ok = self._act(partial(self._session.run_task, step_script=step.script, task_parameter_values=values))
            if not ok:
                shown = {name: str(value.value) for name, value in values.items()}
                return [FailedTask(step.name, shown, tuple(lines))], tasks[number:]
        return [], []

    def _enter(self, environment: Any) -> None:
        self._entered.append(self._session.enter_environment(environment=environment))

    def _act(self, begin: Callable[[], object]) -> bool:
        """Begin something and wait for its end; whether it succeeded."""
        from openjd.sessions import ActionState

        self._over.clear()
        begin()
        waited = 0.0
        while not self._over.wait(GLANCE):
            waited += GLANCE
            if self._cancel.is_set() or waited > self._wait:
                self._session.cancel_action()
                self._over.wait(30)
                if self._cancel.is_set():
                    raise Interrupted("stopped while a task was running")
                return False
        status = self._session.action_status
        return status is not None and status.state == ActionState.SUCCESS

    def _told(self, _session: str, status: Any) -> None:
        from openjd.sessions import ActionState

        if status.state != ActionState.RUNNING:
            self._over.set()


class _Tail(logging.Handler):
    """The last lines of one session."""

    def __init__(self, session: str) -> None:
        super().__init__(logging.INFO)
        self._session = session
        self.lines: deque[str] = deque(maxlen=TAIL)

    def emit(self, record: logging.LogRecord) -> None:
        from openjd.sessions import LogContent

        said = getattr(record, "openjd_log_content", None)
        if (
            getattr(record, "session_id", "") == self._session
            and said
            and said & (LogContent.COMMAND_OUTPUT | LogContent.EXCEPTION_INFO | LogContent.PROCESS_CONTROL)
        ):
            self.lines.append(record.getMessage()[:500])


@contextmanager
def _log_of(session: str) -> Iterator[deque[str]]:
    from openjd.sessions import LOG

    tail = _Tail(session)
    LOG.addHandler(tail)
    try:
        yield tail.lines
    finally:
        LOG.removeHandler(tail)
