"""How fast scan-acl audits a computed volume, against what its concurrency allows, and netapp-ontap.

    python -m benchmarks ontap_scan

The emulator's answers are recorded once and served again by a C program (`ontap_replay`), so that what is measured is
the scan. `of_ideal` is the rate against in flight / latency, counting listings and access lists; `of_bare` is the same
against threads that only send requests and read the answers, in the same run. netapp-ontap reads access lists from the
emulator with as many threads; it needs so much longer for each that the emulator does not hold it up. Sizes come from
FSXAP_BENCH_FOLDERS, the latencies in milliseconds from FSXAP_BENCH_LATENCIES.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from benchmarks import _measure

SAMPLE_SECONDS = 5.0
"""How long the bare threads and the vendor's client are watched."""
VOLUME = "synthetic"
TURNS = 3
"""Scans of which the one in the middle counts."""


@dataclass(frozen=True)
class Server:
    url: str
    user: str
    password: str
    ca_file: str
    pid: int


@dataclass(frozen=True)
class Scan:
    seconds: float
    cpu: float
    peak_mb: float
    coverage: dict[str, int]


@contextmanager
def emulator(folders: int, latency: float) -> Iterator[Server]:
    command = [sys.executable, "-m", "fsxap.emulator", "--synthetic", str(folders), "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            password = Path(said["password_file"]).read_text()
            yield Server(said["url"], said["user"], password, said["ca_file"], process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def arguments(server: Server, workers: int, out: Path) -> list[str]:
    given = {
        "--ontap": server.url,
        "--ontap-user": server.user,
        "--ontap-secret": "env:PW",
        "--ontap-ca": server.ca_file,
        "--volume": VOLUME,
        "--workers": str(workers),
        "--output": "jsonl",
        "-o": str(out),
    }
    return ["scan-acl", "--quiet", *(part for pair in given.items() for part in pair)]


def environment(server: Server, folder: str) -> dict[str, str]:
    return _measure.environment(PW=server.password, FSXAP_STATE=f"{folder}/state", HOME=folder)


def scan(server: Server, workers: int) -> Scan:
    """The installed program as a process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        command = [sys.executable, "-m", "fsxap", *arguments(server, workers, out)]
        environ = environment(server, folder)
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environ)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"the scan ended with {process.returncode}")
        with out.open() as lines:
            (summary,) = (row for line in lines if (row := json.loads(line))["type"] == "summary")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Scan(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, summary["coverage"])


def targets(server: Server, number: int) -> list[str]:
    """Request targets as a scan sends them: listings and access lists by turns."""
    from fsxap.acl.model import Entry
    from fsxap.providers.ontap.client import PAGING, target
    from fsxap.providers.ontap.ontap import OPTIONAL, REQUIRED, connect
    from fsxap.providers.ontap.paths import relative, segment

    with connect(server.url, server.user, server.password, ca_file=server.ca_file, volumes=(VOLUME,)) as ontap:
        (volume,) = ontap.volumes()
        entries = [entry for entry in islice(ontap.walk(volume), number) if isinstance(entry, Entry)]
    query = {**PAGING, "type": "directory|symlink", "fields": ",".join(REQUIRED + OPTIONAL)}
    found = []
    for entry in entries:
        place = segment(relative(volume.path, entry.path)) or "%2F"
        found.append(target(f"/storage/volumes/{volume.uuid}/files/{place}", query))
        found.append(target(f"/protocols/file-security/permissions/{volume.svm_uuid}/{segment(entry.path)}", {}))
    return found


def bare(server: Server, workers: int) -> float:
    """Answers a second to threads that do nothing else."""
    from fsxap.providers.http1 import Connections
    from fsxap.providers.ontap import endpoint

    login = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}
    context = endpoint.tls(server.ca_file)
    links = targets(server, 500)
    pool = Connections(endpoint.parse(server.url), headers, context=context, connect_seconds=5, read_seconds=30)
    counts = [0] * workers
    end = time.perf_counter() + SAMPLE_SECONDS

    def ask(worker: int) -> None:
        while time.perf_counter() < end:
            answer = pool.get(links[(counts[worker] * workers + worker) % len(links)], 1 << 20)
            assert answer.status == 200
            counts[worker] += 1

    _together(ask, workers)
    pool.close()
    return sum(counts) / SAMPLE_SECONDS


def vendor(server: Server, workers: int) -> tuple[float, float]:
    """Access lists a second that netapp-ontap reads with so many threads, and CPU seconds for each."""
    from urllib.parse import urlsplit

    from netapp_ontap import HostConnection, config
    from netapp_ontap.resources import FileDirectorySecurity, Volume

    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # They win over `verify` in requests.
        os.environ.pop(name, None)
    where = urlsplit(server.url)
    login: dict[str, Any] = {"username": server.user, "password": server.password, "verify": server.ca_file}
    config.CONNECTION = HostConnection(where.hostname, port=where.port, scheme=where.scheme, **login)
    svm = next(iter(Volume.get_collection(name=VOLUME, fields="uuid,svm"))).svm.uuid
    counts = [0] * workers
    started, cpu = time.perf_counter(), time.process_time()

    def ask(worker: int) -> None:
        while time.perf_counter() - started < SAMPLE_SECONDS:
            FileDirectorySecurity(svm, f"/{VOLUME}").get()
            counts[worker] += 1

    _together(ask, workers)
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    config.CONNECTION = None
    return sum(counts) / seconds, used / sum(counts)


def _together(ask: Callable[[int], None], workers: int) -> None:
    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(recorded: Path, folders: int, latency: float, workers: int) -> dict[str, Any]:
    from benchmarks.ontap_replay import replayed

    with replayed(recorded, latency) as server:
        before = bare(server, workers)
        done = sorted((scan(server, workers) for _ in range(TURNS)), key=attrgetter("seconds"))[TURNS // 2]
        allowed = max(before, bare(server, workers))
    with emulator(10, latency) as server:
        calls_a_second, cpu_a_call = vendor(server, workers)
    calls = 2 * folders
    rate = calls / done.seconds
    return {
        "folders": folders,
        "latency_ms": round(latency * 1000),
        "in_flight": workers,
        "calls_a_second": round(rate),
        "of_ideal": round(rate * latency / workers, 2),
        "of_bare": round(rate / allowed, 2),
        "time_of_vendor": round(calls_a_second / rate, 3),
        "cpu_of_vendor": round(done.cpu / calls / cpu_a_call, 3),
        "cpu_ms_a_folder": round(done.cpu / folders * 1000, 2),
        "peak_mb": round(done.peak_mb),
        "ok": done.coverage["ok"],
        "failed_or_missing": done.coverage["failed"] + done.coverage["missing"],
    }


def main(*, quick: bool = False) -> dict[str, Any]:
    from benchmarks.ontap_replay import record

    sizes = [500] if quick else [int(text) for text in os.environ.get("FSXAP_BENCH_FOLDERS", "10000").split(",")]
    latencies = [float(text) / 1000 for text in os.environ.get("FSXAP_BENCH_LATENCIES", "10").split(",")]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for folders in sizes:
            recorded = Path(name, f"answers-{folders}")
            record(folders, recorded)
            rows += [measure(recorded, folders, latency, workers) for latency in latencies for workers in (8, 20)]
    last = rows[-1]
    said = f"ACL scan, {last['latency_ms']} ms, 20 in flight"
    figures = [
        _measure.figure(f"{said}: calls a second against in flight / latency", "≥ 0.85", last["of_ideal"]),
        _measure.figure(f"{said}: time against netapp-ontap", "≤ 0.10", last["time_of_vendor"]),
        _measure.figure(f"{said}: CPU against netapp-ontap", "≤ 0.08", last["cpu_of_vendor"]),
        _measure.figure(f"ACL scan: peak memory at {last['folders']:,} folders", "≤ 96", last["peak_mb"], "MB"),
    ]
    return {"rows": rows, "figures": figures}
