"""What reading objects costs: 100 KB ones sixteen at a time, and one of 1 GB as a stream, beside other clients."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import _measure, _peers
from benchmarks.s3_origin import origin

SMALL, LARGE, IN_FLIGHT = 100_000, 1 << 30, 16
EACH = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
url, keys, size = sys.argv[1], open(sys.argv[2]).read().splitlines(), int(sys.argv[3])
{opened}
began = time.process_time()
with ThreadPoolExecutor({in_flight}) as pool:
    assert all(length == size for length in pool.map(one, keys))
print(time.process_time() - began)
"""
CLIENT = """
import boto3
from botocore.config import Config
client = boto3.client("s3", endpoint_url=url, config=Config(max_pool_connections=16))
"""
STORE = """
from fsxap.providers.aws.access_point import S3Store
store = S3Store(client, "bench")
"""
TRANSFER = """
from boto3.s3.transfer import S3Transfer
class Nothing:
    def __init__(self): self.size = 0
    def seekable(self): return False
    def write(self, data): self.size += len(data)
"""
OBSTORE = """
import obstore
from obstore.store import S3Store
store = S3Store("bench", endpoint=url, region="us-east-1", client_options={"allow_http": True})
"""
MANY = {
    "fsxap": ("", CLIENT + STORE + "def one(key): return len(store.read(key))"),
    "boto3 get_object().read()": (
        "boto3",
        CLIENT + "def one(key): return len(client.get_object(Bucket='bench', Key=key)['Body'].read())",
    ),
    "s3transfer": (
        "boto3",
        CLIENT
        + TRANSFER
        + "def one(key):\n    to = Nothing()\n    client.download_fileobj('bench', key, to)\n    return to.size",
    ),
    "obstore.get": ("obstore", OBSTORE + "def one(key): return len(obstore.get(store, key).bytes())"),
}
STREAMED = {
    "fsxap, readinto": (
        "",
        CLIENT
        + STORE
        + "room = bytearray(1 << 20)\n"
        + "def one(key):\n    with store.open(key) as body:\n        return sum(iter(lambda: body.readinto(room), 0))",
    ),
    "boto3 iter_chunks": (
        "boto3",
        CLIENT
        + "def one(key):\n    body = client.get_object(Bucket='bench', Key=key)['Body']\n"
        + "    return sum(map(len, body.iter_chunks(1 << 20)))",
    ),
    "s3transfer": MANY["s3transfer"],
    "obstore stream": (
        "obstore",
        OBSTORE + "def one(key): return sum(len(part) for part in obstore.get(store, key).stream())",
    ),
}


def jobs(readers: dict[str, tuple[str, str]], url: str, keys: Path, size: int) -> dict[str, _measure.Job]:
    found: dict[str, _measure.Job] = {}
    for label, (peer, opened) in readers.items():
        if peer and not _peers.version(peer):
            continue
        program = EACH.format(opened=opened, in_flight=IN_FLIGHT)
        python = _peers.python(peer) if peer else sys.executable
        found[label] = partial(_read, (python, "-c", program, url, str(keys), str(size)), keys.with_name("said"))
    return found


def _read(command: tuple[str, ...], said: Path) -> _measure.Run:
    """CPU of the reading alone: starting a client is most of a short run, and is the same for all that use botocore."""
    whole = _measure.run(command, to=said)
    return replace(whole, cpu=float(said.read_text()))


def listed(url: str, number: int, keys: Path) -> None:
    """The first keys of the bucket, in a file."""
    program = CLIENT + f"page = client.list_objects_v2(Bucket='bench', MaxKeys={number})\n"
    program += "print('\\n'.join(each['Key'] for each in page['Contents']))"
    _measure.run((sys.executable, "-c", f"import sys; url = sys.argv[1]\n{program}", url), to=keys)


def main(*, quick: bool = False) -> dict[str, Any]:
    number, large, turns = (100, 1 << 26, 1) if quick else (500, LARGE, 2)
    with tempfile.TemporaryDirectory() as name:
        keys = Path(name, "keys")
        with origin(keys=number, size=SMALL) as url:
            listed(url, number, keys)
            many = _measure.by_turns(jobs(MANY, url, keys, SMALL), turns)
        with origin(keys=1, size=large) as url:
            listed(url, 1, keys)
            streamed = _measure.by_turns(jobs(STREAMED, url, keys, large), turns)
    rows = [_row(label, f"{number:,} × 100 KB", runs) for label, runs in many.items()]
    rows += [_row(label, f"1 × {large >> 20:,} MB", runs) for label, runs in streamed.items()]
    ours, stream = many["fsxap"], streamed["fsxap, readinto"]
    figures = [_measure.figure("reading 1 GB: peak memory", "≤ 64", _measure.best(stream).peak_mb, "MB")]
    if _peers.version("boto3"):
        small = _measure.ratio(ours, many["boto3 get_object().read()"])
        whole = _measure.ratio(stream, streamed["s3transfer"])
        figures.append(_measure.figure("reading 100 KB objects: CPU against boto3", "≤ 0.35", small))
        figures.append(_measure.figure("reading 1 GB: CPU against s3transfer", "≤ 0.25", whole))
    return {"rows": rows, "figures": figures}


def _row(label: str, what: str, runs: list[_measure.Run]) -> dict[str, Any]:
    best = _measure.best(runs)
    shown = {"cpu_s": round(best.cpu, 2), "seconds": round(best.seconds, 2), "peak_mb": round(best.peak_mb)}
    return {"reader": label, "objects": what} | shown
