"""Lambda's Runtime API on loopback, and a clean interpreter that runs an unpacked zip under awslambdaric (layer a)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from itertools import count
from pathlib import Path
from queue import Queue
from typing import IO, Any

RUNTIME = ("awslambdaric", "snapshot-restore-py", "simplejson", "boto3", "botocore", "s3transfer")
RUNTIME += ("jmespath", "python-dateutil", "six")
"""What Lambda's own runtime holds; the zip must bring the rest."""
MAIN = """\
import os, sys
os.chdir({task!r})
sys.path[:0] = [{task!r}, {runtime!r}]
from awslambdaric.__main__ import main
main(sys.argv)
"""


class HandlerFailed(Exception):
    """The handler raised; `args[0]` is what Lambda reports."""


class Exited(HandlerFailed):
    """The process ended before it answered; `args[0]` is the end of what it said."""


@dataclass
class Function:
    """Invokes the handler in the running interpreter, one event at a time, as Lambda does; `timeout` in seconds."""

    events: Queue[tuple[str, float, Mapping[str, Any]]]
    answers: Queue[tuple[str, Any]]
    process: subprocess.Popen[bytes] | None = None
    timeout: float = 300
    numbers: Iterator[int] = field(default_factory=count)

    def __call__(self, event: Mapping[str, Any], request: str = "") -> Any:
        """queue.Empty when the time is over."""
        self.events.put((request or f"request-{next(self.numbers)}", time.time() + self.timeout, event))
        kind, answer = self.answers.get(timeout=self.timeout)
        if kind == "exit":
            raise Exited(answer)
        if kind != "response":
            raise HandlerFailed(answer)
        return answer


def unpack(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def runtime_folder(folder: Path) -> Path:
    """Links to the packages of the runtime and to nothing else."""
    folder.mkdir()
    for name in RUNTIME:
        tops = {file.parts[0] for file in metadata.files(name) or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            (folder / top).symlink_to(Path(str(metadata.distribution(name).locate_file(top))))
    return folder


@contextmanager
def running(
    task: Path,
    runtime: Path,
    environ: Mapping[str, str],
    *,
    timeout: float = 300,
    python: Sequence[str | Path] = (sys.executable,),
    log: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[Function]:
    """The function's process, without site-packages, this checkout, or anybody's environment.

    `python` is the interpreter, with whatever goes before it; `log` takes what the function prints.
    """
    function = Function(Queue(), Queue(), timeout=timeout)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _api(function))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    code = MAIN.format(task=str(task), runtime=str(runtime))
    own = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "_HANDLER": "fsxap.engine.lambda_handler.handle",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "error::DeprecationWarning:fsxap",
    }
    arguments = [*python, "-P", "-S", "-c", code, "fsxap.engine.lambda_handler.handle"]
    process = subprocess.Popen(arguments, env={**own, **environ}, stdout=log, stderr=subprocess.PIPE)
    function.process = process
    watcher = threading.Thread(target=_watch, args=(process, function), daemon=True)
    watcher.start()
    try:
        yield function
    finally:
        process.kill()
        watcher.join()
        server.shutdown()
        server.server_close()
        thread.join()


def _watch(process: subprocess.Popen[bytes], function: Function) -> None:
    """A process that ends answers nothing: say why."""
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    function.answers.put(("exit", said.decode(errors="replace")[-2000:]))


def _api(function: Function) -> type[BaseHTTPRequestHandler]:
    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request, deadline, event = function.events.get()
            body = json.dumps(event).encode()
            self.send_response(200)
            for name, value in {
                "Lambda-Runtime-Aws-Request-Id": request,
                "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            function.answers.put((self.path.rpartition("/")[2], json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    return Api
