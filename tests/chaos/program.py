"""fsxap as a forked process: everything is imported already, yet signals, exit codes, pipes and limits are real."""

from __future__ import annotations

import ctypes
import json
import os
import random
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.chaos import small_disk

CAUGHT = (signal.SIGINT, signal.SIGTERM)
SLEEP = 0.02
"""What is left of waits between attempts."""
PATIENCE = 1.0
"""Seconds a client waits for the next byte of an answer."""
JUMP = 8 * 3600.0
"""Seconds a laptop is asleep, by its wall clock."""


@dataclass(frozen=True)
class Injury:
    """What is wrong with the machine: the largest file it can write, whether the state folder is read-only, the share
    of names that are not resolved, and the process that keeps its small disk."""

    seed: int = 0
    largest_file: int | None = None
    read_only: bool = False
    dns: float = 0.0
    disk: int = 0


@dataclass
class Child:
    """`records` are whole lines of stdout."""

    pid: int
    out: int
    err: int
    output: bytes = b""
    errors: bytes = b""
    code: int | None = None

    def watch(self, at: int = -1, act: Callable[[], None] | None = None) -> int:
        """Read until it ends, and act once when so many lines have come; gives the exit code, negative for a signal."""
        if at == 0 and act:
            act()
            act = None
        with selectors.DefaultSelector() as selector:
            selector.register(self.out, selectors.EVENT_READ, "output")
            selector.register(self.err, selectors.EVENT_READ, "errors")
            while selector.get_map():
                for key, _ in selector.select():
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fd)
                        os.close(key.fd)
                    setattr(self, key.data, getattr(self, key.data) + data)
                if act and self.output.count(b"\n") >= at:
                    act()
                    act = None
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def send(self, signum: int) -> None:
        os.kill(self.pid, signum)

    @property
    def records(self) -> list[dict[str, Any]]:
        whole, _, _half = self.output.rpartition(b"\n")
        return [json.loads(line) for line in whole.split(b"\n") if line]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["type"] == kind]

    @property
    def error(self) -> dict[str, Any]:
        """The last line of stderr, where it is a record."""
        lines = self.errors.decode(errors="replace").splitlines()
        if not lines or not lines[-1].startswith("{"):
            return {}
        found: dict[str, Any] = json.loads(lines[-1])
        return found


def start(arguments: list[str], environ: Mapping[str, str], here: Path, injury: Injury) -> Child:
    """fsxap with these arguments, in a process of its own."""
    out, out_write = os.pipe()
    err, err_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    # Python forgets a signal that comes to a child before its first line; one that is blocked until then waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, CAUGHT)
    pid = os.fork()
    if pid == 0:
        os.close(out)
        os.close(err)
        _become(arguments, environ, here, injury, out_write, err_write)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CAUGHT)
    os.close(out_write)
    os.close(err_write)
    return Child(pid, out, err)


def _become(
    arguments: list[str], environ: Mapping[str, str], here: Path, injury: Injury, out: int, err: int
) -> NoReturn:
    code = 99
    try:
        for signum in CAUGHT:
            signal.signal(signum, signal.SIG_DFL if signum == signal.SIGTERM else signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, CAUGHT)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        if injury.disk:
            small_disk.enter(injury.disk)
        os.chdir(here)
        os.environ.clear()
        os.environ.update(environ)
        _hurt(injury)
        from fsxap.cli import main

        code = main(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        # As Python itself does with what nobody caught.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def preload() -> None:
    """What a forked process would otherwise import each time."""
    import botocore.session

    import fsxap.cli.app
    import fsxap.engine.kit
    import fsxap.providers.aws.access_point
    import fsxap.providers.aws.comprehend
    import fsxap.providers.aws.session
    import fsxap.providers.local.folder
    import fsxap.providers.ontap.ontap
    import fsxap.reports
    import fsxap.usecases

    ours = str(Path(__file__).with_name("usecases"))
    if ours not in fsxap.usecases.__path__:
        fsxap.usecases.__path__.append(ours)
    fsxap.cli.app.build()
    session = botocore.session.Session()
    for service in ("s3", "comprehend", "comprehendmedical", "rekognition", "textract", "bedrock-runtime"):
        session.create_client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def _hurt(injury: Injury) -> None:
    """In the child alone: shorter waits, and what the injury says."""
    import fsxap.providers.aws.session as aws
    import fsxap.providers.ontap.client as ontap
    from fsxap.retry import Retry

    aws.READ_TIMEOUT, ontap.READ_SECONDS = PATIENCE, PATIENCE  # type: ignore[assignment]
    slept, delays = time.sleep, Retry.delays
    time.sleep = lambda seconds: slept(seconds * SLEEP)
    Retry.delays = lambda self, *draw: (each * SLEEP for each in delays(self, *draw))  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, _jump)
    if injury.dns:
        _no_names(injury)
    if injury.read_only:
        _no_override()
    if injury.largest_file is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (injury.largest_file, injury.largest_file))


def _jump(_signum: int, _frame: object) -> None:
    """The wall clock goes on while a laptop sleeps; the monotonic one does not."""
    import datetime

    import fsxap.engine.runs
    import fsxap.jsontext

    told = time.time

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Later:
            return cls.fromtimestamp(time.time(), tz)

    time.time = lambda: told() + JUMP
    fsxap.jsontext.datetime = fsxap.engine.runs.datetime = Later  # type: ignore[misc]


def _no_names(injury: Injury) -> None:
    dice, found = random.Random(injury.seed), socket.getaddrinfo

    def resolve(*arguments: Any, **more: Any) -> Any:
        if dice.random() < injury.dns:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return found(*arguments, **more)

    socket.getaddrinfo = resolve


def _no_override() -> None:
    """Root writes into read-only folders unless it gives up the capability to."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    # CAP_DAC_OVERRIDE is bit 1, CAP_DAC_READ_SEARCH bit 2.
    sets[0] &= ~0b110
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")
