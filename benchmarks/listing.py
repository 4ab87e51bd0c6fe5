"""How the objects of a bucket become a file of lines: `fsxap discover` beside what one would use instead.

Every peer lists the same bucket of the loopback origin, as a process, and its keys must be the same in the same order.
FSXAP_BENCH_LARGE=1 adds ten million keys.
`the usual script` is what one writes first: page after page, all of it in memory, then one JSON document.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import _measure, _peers
from benchmarks.s3_origin import origin

WORKERS = 16
"""In flight unless something else is said: `--workers` of discover's default."""
GOALS = {
    "s5cmd ls": "≤ 0.15",
    "obstore, as lines": "≤ 0.6",
    "boto3 paginator": "≤ 0.05",
    "aws s3 ls --recursive": "≤ 0.05",
}
"""Peer → goal for our CPU against its, where starting up counts for little."""
EVERY = dict.fromkeys((*GOALS, "rclone lsf", "s3fs find", "the usual script"), "")
BOTO3 = """
import sys, boto3
client = boto3.client("s3", endpoint_url=sys.argv[1])
for page in client.get_paginator("list_objects_v2").paginate(Bucket="bench"):
    for each in page.get("Contents", ()):
        print(each["Key"])
"""
USUAL = """
import json, sys, boto3
client, found, more = boto3.client("s3", endpoint_url=sys.argv[1]), [], {}
while True:
    page = client.list_objects_v2(Bucket="bench", **more)
    for each in page.get("Contents", ()):
        found.append({"key": each["Key"], "size": each["Size"], "modified": each["LastModified"].isoformat()})
    if not page["IsTruncated"]:
        break
    more = {"ContinuationToken": page["NextContinuationToken"]}
json.dump(found, sys.stdout)
"""
S3FS = """
import sys, s3fs
for key in s3fs.S3FileSystem(endpoint_url=sys.argv[1]).find("bench"):
    print(key.partition("/")[2])
"""
OBSTORE = """
import sys, obstore
from obstore.store import S3Store
store = S3Store("bench", endpoint=sys.argv[1], region="us-east-1", client_options={"allow_http": True})
for batch in obstore.list(store, chunk_size=10000, return_arrow=True):
    import pyarrow
    table = pyarrow.record_batch(batch)
    rows = zip(table["path"].to_pylist(), table["size"].to_pylist(), table["last_modified"].to_pylist())
    sys.stdout.write("".join([f"{key}\\t{size}\\t{when}\\n" for key, size, when in rows]))
"""


def keys_of_lines(line: str) -> str:
    return line.rstrip("\n")


def keys(output: Path, key: Callable[[str], str]) -> Iterator[str]:
    with output.open(encoding="utf-8") as lines:
        for line in lines:
            yield key(line)


def digest(found: Iterator[str]) -> str:
    said = hashlib.sha256()
    for key in found:
        said.update(key.encode() + b"\n")
    return said.hexdigest()


def fsxap(url: str, to: Path, *options: str) -> _measure.Run:
    state = str(to.parent / "state")
    command = (_measure.FSXAP, "discover", "s3://bench/", "--endpoint-url", url, "--output", "jsonl", "--quiet")
    return _measure.run((*command, "--state", state, *options), to=to)


def peers(url: str, to: Path) -> dict[str, tuple[str, _measure.Job, Callable[[Path], Iterator[str]]]]:
    """Label → peer, its run, and the keys in what it wrote; only peers that are to be had."""
    script = partial(_script, url, to)
    lines = partial(keys, key=keys_of_lines)
    last = partial(keys, key=lambda line: line.split(maxsplit=3)[3].rstrip("\n"))
    s5cmd = (_peers.program("s5cmd"), "--endpoint-url", url, "ls", "s3://bench/*")
    aws = (_peers.program("aws"), "--endpoint-url", url, "s3", "ls", "--recursive", "s3://bench/")
    rclone = (_peers.program("rclone"), "lsf", "-R", "--fast-list", "--files-only", "--format", "pst", "stub:bench")
    settings = {"TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": url, "ENV_AUTH": "true", "LIST_VERSION": "2"}
    stub = {f"RCLONE_CONFIG_STUB_{name}": value for name, value in settings.items()}
    found = {
        "s5cmd ls": ("s5cmd", partial(_measure.run, s5cmd, to=to), last),
        "obstore, as lines": (
            "obstore",
            script("obstore", OBSTORE),
            partial(keys, key=lambda line: line.split("\t")[0]),
        ),
        "rclone lsf": ("rclone", partial(_measure.run, rclone, to=to, **stub), _rclone),
        "boto3 paginator": ("boto3", script("boto3", BOTO3), lines),
        "aws s3 ls --recursive": ("aws", partial(_measure.run, aws, to=to), last),
        "s3fs find": ("s3fs", script("s3fs", S3FS), lines),
        "the usual script": ("boto3", script("boto3", USUAL), _document),
    }
    return {label: each for label, each in found.items() if _peers.version(each[0])}


def _rclone(output: Path) -> Iterator[str]:
    """It lists folders in an order of its own."""
    return iter(sorted(keys(output, lambda line: line.split(";")[0])))


def _document(output: Path) -> Iterator[str]:
    """In pieces: what we hold would count as the peak of every process we start later."""
    rest = ""
    with output.open(encoding="utf-8") as stream:
        while piece := stream.read(1 << 20):
            *whole, rest = (rest + piece).split("}, {")
            yield from (json.loads(f"{{{each.strip('[{}]')}}}")["key"] for each in whole)
    yield json.loads(f"{{{rest.strip('[{}]')}}}")["key"]


def _script(url: str, to: Path, peer: str, text: str) -> _measure.Job:
    return partial(_measure.run, (_peers.python(peer), "-c", text, url), to=to)


def ours(output: Path) -> Iterator[str]:
    return keys(output, lambda line: json.loads(line)["key"])


def main(*, quick: bool = False) -> dict[str, Any]:
    number = 20_000 if quick else 200_000
    with tempfile.TemporaryDirectory() as name:
        to = Path(name, "out")
        rows, figures = _compared(number, 1, to, EVERY)
        if not quick:
            again = _compared(1_000_000, 2, to, GOALS)
            rows, figures = rows + again[0], figures + again[1]
        more = _latencies(number, to) + _alone(to, quick=quick)
    asked = ("s5cmd", "obstore", "rclone", "boto3", "aws", "s3fs")
    missing = {peer: _peers.missing(peer) for peer in asked if not _peers.version(peer)}
    return {
        "peers": ", ".join(f"{peer} {_peers.version(peer)}" for peer in asked if _peers.version(peer)),
        "missing": "; ".join(f"{peer}: {why}" for peer, why in missing.items()) or "nothing",
        "rows": rows + [row for row, _ in more],
        "figures": figures + [each for _, found in more for each in found],
    }


def _row(what: str, number: int, delay: float, run: _measure.Run) -> dict[str, Any]:
    return {
        "listing": what,
        "keys": number,
        "page_ms": delay,
        "cpu_s": round(run.cpu, 2),
        "seconds": round(run.seconds, 2),
        "peak_mb": round(run.peak_mb),
    }


def _compared(
    number: int, turns: int, to: Path, goals: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """CPU without latency beside those named, each with its goal, and whether everyone lists the same."""
    with origin(keys=number) as url:
        others = {label: each for label, each in peers(url, to).items() if label in goals}
        jobs = {"fsxap discover": partial(fsxap, url, to)} | {label: job for label, (_, job, _) in others.items()}
        read = {"fsxap discover": ours} | {label: reader for label, (_, _, reader) in others.items()}
        same: dict[str, str] = {}

        def checked(label: str) -> _measure.Run:
            run = jobs[label]()
            if label not in same:
                same[label] = digest(read[label](to))
            return run

        taken = _measure.by_turns({label: partial(checked, label) for label in jobs}, turns)
    if len(set(same.values())) != 1:
        raise RuntimeError(f"not everyone lists the same keys: {same}")
    us = taken["fsxap discover"]
    rows = [_row(label, number, 0, _measure.best(runs)) for label, runs in taken.items()]
    for row in rows:
        row["our_cpu"] = round(_measure.ratio(us, taken[row["listing"]]), 3)
    name = f"listing of {number:,} keys: CPU of `discover` against"
    figures = [
        _measure.figure(f"{name} {label}", goal, _measure.ratio(us, taken[label]))
        for label, goal in goals.items()
        if goal and label in taken
    ]
    return rows, figures


def _latencies(number: int, to: Path) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Wall time where a page takes 20 ms."""
    with origin(keys=number, delay_ms=20) as url:
        others = peers(url, to)
        us = fsxap(url, to)
        found = [(_row("fsxap discover", number, 20, us), [])]
        for label, goal in {"s5cmd ls": "≤ 0.15", "aws s3 ls --recursive": "≤ 0.06"}.items():
            if label in others:
                theirs = others[label][1]()
                name = f"listing at 20 ms a page: wall time against {label}"
                found.append(
                    (_row(label, number, 20, theirs), [_measure.figure(name, goal, us.seconds / theirs.seconds)])
                )
    return found


def _alone(to: Path, *, quick: bool) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """A million keys: CPU, memory, and wall time against what latency and concurrency allow."""
    million = 100_000 if quick else 1_000_000
    found = []
    for sites, goal, said in (
        (64, "≤ 1.5", "over 64 prefixes"),
        (1, "≤ 2.2", "below one prefix"),
        (0, "≤ 2.2", "in one directory"),
    ):
        with origin(keys=million, sites=sites, delay_ms=80) as url:
            run = fsxap(url, to)
        ideal = million / 1000 * 0.08 / WORKERS
        name = f"listing of {million:,} keys {said} at 80 ms a page: wall time against pages × latency / {WORKERS}"
        found.append(
            (_row(f"fsxap discover {said}", million, 80, run), [_measure.figure(name, goal, run.seconds / ideal)])
        )
    with origin(keys=million) as url:
        plain = [fsxap(url, to) for _ in range(2)]
        some = [fsxap(url, to, "--include", "*.pdf") for _ in range(2)]
    whole, filtered = _measure.best(plain), _measure.best(some)
    found.append(
        (
            _row("fsxap discover", million, 0, whole),
            [
                _measure.figure(f"listing of {million:,} keys: CPU", "≤ 5", whole.cpu, "s"),
                _measure.figure(f"listing of {million:,} keys: peak memory", "≤ 96", whole.peak_mb, "MB"),
            ],
        )
    )
    name = "listing with a suffix filter: CPU against none"
    figures = [_measure.figure(name, "≤ 1", _measure.ratio(some, plain))]
    found.append((_row("fsxap discover --include '*.pdf'", million, 0, filtered), figures))
    if os.environ.get("FSXAP_BENCH_LARGE"):
        with origin(keys=10 * million) as url:
            large = fsxap(url, to)
        name = f"listing: peak memory at {10 * million:,} keys against {million:,}"
        figures = [_measure.figure(name, "≤ 1.5", large.peak_mb / whole.peak_mb)]
        found.append((_row("fsxap discover", 10 * million, 0, large), figures))
    return found
