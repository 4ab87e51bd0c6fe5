"""Runs functions for LocalStack without Docker: the code that was uploaded, under awslambdaric, in a sandbox.

The sandbox is a namespace with the code at /var/task and Lambda's own packages at /var/runtime, neither of which can
be written to, and a /tmp of the function's size. Time, memory and answers are bounded as the function says; memory is
looked at after each answer, where Lambda stops a function at once.
"""

from __future__ import annotations

import json
import os
import queue
import re
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from tests.unit.deploy.lambda_runtime import Exited, Function, HandlerFailed, running

FOLDER = Path(os.environ.get("PROVE_FOLDER", "."))
"""Logs of functions, and `deaths`: numbers of invocations with items that are not survived, counted from its change."""
ANSWER = 6 * 2**20
"""Bytes of the longest answer."""
INSIDE = """\
mount -t tmpfs none /mnt && mkdir /mnt/task /mnt/runtime /mnt/lang &&
mount --bind "$1" /mnt/task && mount --bind "$2" /mnt/runtime && mount --bind "$3" /mnt/lang &&
mount -o remount,bind,ro /mnt/task && mount -o remount,bind,ro /mnt/runtime && mount -o remount,bind,ro /mnt/lang &&
mount --move /mnt /var && mount -t tmpfs -o "size=${4}m" none /tmp && shift 4 && exec "/var/lang/bin/$@"
"""


class Deaths:
    """Which invocations the harness wants to see killed."""

    def __init__(self) -> None:
        self._lock, self._told, self._number = threading.Lock(), "", 0

    def comes(self, event: Any) -> bool:
        place = FOLDER / "deaths"
        if "Items" not in event or not place.exists():
            return False
        with self._lock:
            told = place.read_text()
            if told != self._told:
                self._told, self._number = told, 0
            self._number += 1
            return self._number in json.loads(told)["numbers"]


DEATHS = Deaths()


class Sandbox(RuntimeExecutor):  # type: ignore[misc]  # of another environment
    """One execution environment of one function: a process that answers one invocation after another."""

    def __init__(self, id: str, function_version: Any) -> None:
        super().__init__(id=id, function_version=function_version)
        self._life = ExitStack()
        self._function: Function | None = None
        self._environ: dict[str, str] = {}

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None: ...

    def start(self, env_vars: dict[str, Any]) -> None:
        self._environ = {name: str(value) for name, value in env_vars.items()}
        self._environ |= json.loads(os.environ["PROVE_ENVIRONMENT"])

    def stop(self) -> None:
        self._life.close()
        self._function = None

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request, event = payload["invoke-id"], json.loads(payload["payload"])
        answer, failed = self._answered(request, event)
        said = f"REPORT RequestId: {request} Max Memory Used: {self._peak()} MB"
        self._note(said)
        return InvocationResult(request, json.dumps(answer).encode(), is_error=failed, logs=said)

    def _answered(self, request: str, event: Any) -> tuple[Any, bool]:
        """The answer, and whether it is an error."""
        about = self.function_version.config
        function = self._started()
        assert function.process is not None
        if DEATHS.comes(event):
            function.process.kill()
        try:
            answer = function(event, request)
        except Exited as exited:
            self.stop()
            self._note(str(exited.args[0]))
            return _error("Runtime.ExitError", f"RequestId: {request} Error: Runtime exited"), True
        except HandlerFailed as failed:
            return failed.args[0], True
        except queue.Empty:
            self.stop()
            return _error(
                "Sandbox.Timedout", f"RequestId: {request} Task timed out after {about.timeout} seconds"
            ), True
        if self._peak() > about.memory_size:
            self.stop()
            return _error("Runtime.ExitError", f"RequestId: {request} Error: Runtime exited: signal: killed"), True
        if len(json.dumps(answer)) > ANSWER:
            return _error("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed"), True
        return answer, False

    def _started(self) -> Function:
        if self._function is None:
            about = self.function_version.config
            code, lang = about.code.get_unzipped_code_location(), os.environ["PROVE_LANG"]
            places = (code, os.environ["PROVE_RUNTIME"], lang, about.ephemeral_storage.size)
            within = ("unshare", "-m", "sh", "-c", INSIDE, "sh", *map(str, places), os.environ["PROVE_PYTHON"])
            log = self._life.enter_context(self._log.open("ab"))
            self._function = self._life.enter_context(
                running(
                    Path("/var/task"),
                    Path("/var/runtime"),
                    self._environ,
                    timeout=about.timeout,
                    python=within,
                    log=log,
                )
            )
        return self._function

    def _peak(self) -> int:
        """Megabytes the process held at most; 0 when it is no more."""
        if self._function is None or self._function.process is None:
            return 0
        try:
            status = Path(f"/proc/{self._function.process.pid}/status").read_text()
        except FileNotFoundError:
            return 0
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) >> 10 if found else 0

    @property
    def _log(self) -> Path:
        place = FOLDER / "logs" / f"{self.function_version.id.function_name}.log"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _note(self, text: str) -> None:
        with self._log.open("a") as log:
            print(text, file=log)

    def get_address(self) -> str:
        return "127.0.0.1"

    get_endpoint_from_executor = get_runtime_endpoint = get_logs = get_address


def _error(kind: str, message: str) -> dict[str, str]:
    return {"errorType": kind, "errorMessage": message}
