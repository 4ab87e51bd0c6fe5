"""How fast scan-acl audits a computed volume, against what its concurrency and the emulator allow.

    python -m benchmarks ontap_scan

For each case the emulator runs as a process of its own. `of_ideal` is the rate against in flight / latency, counting
listings and access lists; `of_bare` is the same against threads that only send requests and read the answers, in the
same run, because the emulator's own work adds to the latency it was told. `of_vendor` is against NetApp's client used
one call at a time for both kinds of call. Sizes come from FSXAP_BENCH_FOLDERS, the latencies in milliseconds from
FSXAP_BENCH_LATENCIES.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

SAMPLE_SECONDS = 5.0
"""How long the bare threads and the vendor's client are watched."""
VOLUME = "synthetic"


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


def scan(server: Server, workers: int) -> Scan:
    """The installed program as a process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        arguments = {
            "--ontap": server.url,
            "--ontap-user": server.user,
            "--ontap-secret": "env:PW",
            "--ontap-ca": server.ca_file,
            "--volume": VOLUME,
            "--workers": str(workers),
            "--output": "jsonl",
            "-o": str(out),
        }
        flags = [part for pair in arguments.items() for part in pair]
        environ = {**os.environ, "PW": server.password, "FSXAP_STATE": f"{folder}/state", "HOME": folder}
        command = [sys.executable, "-m", "fsxap", "scan-acl", "--quiet", *flags]
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
    from fsxap.providers.ontap import endpoint
    from fsxap.providers.ontap.http1 import Connections

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

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    return sum(counts) / SAMPLE_SECONDS


def vendor(server: Server) -> tuple[float, float]:
    """Calls a second of netapp-ontap, one at a time, and CPU seconds a call."""
    from urllib.parse import urlsplit

    from netapp_ontap import HostConnection
    from netapp_ontap.resources import FileDirectorySecurity, FileInfo, Volume

    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # They win over `verify` in requests.
        os.environ.pop(name, None)
    where = urlsplit(server.url)
    login: dict[str, Any] = {"username": server.user, "password": server.password, "verify": server.ca_file}
    with HostConnection(where.hostname, port=where.port, scheme=where.scheme, **login):
        volume = next(iter(Volume.get_collection(name=VOLUME, fields="uuid,svm")))
        waiting, calls = [""], 0
        started, cpu = time.perf_counter(), time.process_time()
        while waiting and time.perf_counter() - started < SAMPLE_SECONDS:
            path = waiting.pop(0)
            listing = FileInfo.get_collection(volume.uuid, path or "/", fields="name,type", type="directory")
            waiting += [f"{path}/{entry.name}".strip("/") for entry in listing if entry.name not in (".", "..")]
            FileDirectorySecurity(volume.svm.uuid, f"/{VOLUME}/{path}".rstrip("/")).get()
            calls += 2
        return calls / (time.perf_counter() - started), (time.process_time() - cpu) / calls


def measure(folders: int, latency: float, workers: int, *, peers: bool) -> dict[str, Any]:
    with emulator(folders, latency) as server:
        before = bare(server, workers) if peers else 0.0
        done = scan(server, workers)
        allowed = max(before, bare(server, workers)) if peers else 0.0
        calls_a_second, cpu_a_call = vendor(server) if peers else (0.0, 0.0)
    calls = 2 * folders
    rate = calls / done.seconds
    row: dict[str, Any] = {
        "folders": folders,
        "latency_ms": round(latency * 1000),
        "in_flight": workers,
        "calls_a_second": round(rate),
        "of_ideal": round(rate * latency / workers, 2),
    }
    if peers:
        row["of_bare"] = round(rate / allowed, 2)
        row["of_vendor"] = round(rate / calls_a_second, 1)
        row["cpu_of_vendor"] = round(done.cpu / calls / cpu_a_call, 3)
    row["cpu_ms_a_folder"] = round(done.cpu / folders * 1000, 2)
    row["peak_mb"] = round(done.peak_mb)
    row["ok"], row["failed_or_missing"] = done.coverage["ok"], done.coverage["failed"] + done.coverage["missing"]
    return row


def main() -> dict[str, Any]:
    sizes = [int(text) for text in os.environ.get("FSXAP_BENCH_FOLDERS", "10000,100000").split(",")]
    latencies = [float(text) / 1000 for text in os.environ.get("FSXAP_BENCH_LATENCIES", "10,50").split(",")]
    first = sizes[0]
    rows = [measure(first, latency, workers, peers=True) for latency in latencies for workers in (8, 20)]
    rows += [measure(size, latencies[0], 20, peers=False) for size in sizes[1:]]
    return {
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "load": round(os.getloadavg()[0], 1),
        "rows": rows,
    }
