"""Decoders that crash, hang or fill the memory cost their own item, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fsxap.providers.local.walk import PARTIAL
from tests.e2e.program import Program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a run has no process of its own")

CODE = """
import os, signal, sys, time
from dataclasses import replace
from fsxap.cli import main
from fsxap.engine import catalog
from fsxap.model import Result

def process(item, kit):
    time.sleep(0.01)
    if item.key.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if item.key.startswith("abort"):
        os.abort()
    if "hang" in item.key:
        time.sleep(600)
    if item.key.startswith("fill"):
        held = [bytearray(b"x") * (32 << 20) for _ in range(100)]
        time.sleep(600)
    if item.key.startswith("lie"):
        bytearray(1 << 40)
    kit.sink.put(item.key + ".out", b"whole")
    return Result(item, "ok")

case = replace(catalog.load("manufacturing-analytics"), process=process, summarise=None)
catalog.find = lambda name: case
sys.exit(main())
"""


def run(tmp_path: Path, *arguments: str, code: str = CODE, **extra: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, "run-uc", "any", "-s", "in", "--to", "out", *arguments],
        cwd=tmp_path,
        env=Program(tmp_path).environ(PYTHONPATH=str(Path(__file__).parents[2]), **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(tmp_path: Path, *names: str, good: int = 20) -> None:
    (tmp_path / "in").mkdir()
    for name in (*names, *(f"good-{number}" for number in range(good))):
        (tmp_path / "in" / f"{name}.csv").write_text("a")


@pytest.mark.parametrize(
    ("seconds", "memory", "ends"),
    [
        ("3", "0", {"abort": "crashed", "crash": "crashed", "crash-too": "crashed", "hang": "too-slow"}),
        ("300", "400", {"fill": "memory", "lie": "memory"}),
    ],
)
def test_each_ends_with_a_reason_and_the_others_well(
    tmp_path: Path, seconds: str, memory: str, ends: dict[str, str]
) -> None:
    files(tmp_path, *ends)
    process = run(tmp_path, FSXAP_ITEM_SECONDS=seconds, FSXAP_MEMORY=memory)
    out, err = process.communicate(timeout=240)
    rows = [json.loads(line) for line in out.splitlines()]
    coverage = rows.pop()["coverage"]
    assert process.returncode == 1, err
    assert (coverage["ok"], coverage["failed"], coverage["missing"]) == (20, len(ends), 0)
    codes = {row["item"]["key"]: row["error"]["code"] for row in rows if row["status"] == "failed"}
    assert codes == {f"{name}.csv": code for name, code in ends.items()}
    told = [row["item"]["key"] for row in rows]
    assert len(set(told)) == len(told) == 20 + len(ends)
    # What was being written when a process was killed stays behind under another name, which no listing takes.
    written = [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(PARTIAL)]
    assert len(written) == 20
    assert all(path.read_bytes() == b"whole" for path in written)


PAUSED = """
from pathlib import Path
from fsxap.engine.apart import Wire

send, mark = Wire.send, Path("paused")

def pausing(self, kind, value, *, urgent=True):
    if kind == "result" and "good-1.csv" in value and not mark.exists():
        mark.touch()
        time.sleep(600)
    send(self, kind, value, urgent=urgent)

Wire.send = pausing
"""


def test_what_was_kept_and_not_yet_told_when_the_process_was_killed_is_told_by_the_next(tmp_path: Path) -> None:
    files(tmp_path, "a-hang")
    process = run(
        tmp_path, FSXAP_ITEM_SECONDS="1", FSXAP_WORKERS="2", code=CODE.replace("\ncase =", PAUSED + "\ncase =")
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert (tmp_path / "paused").exists()
    told = [row["item"]["key"] for row in map(json.loads, out.splitlines()) if row["type"] == "result"]
    assert len(set(told)) == len(told) == 21


def test_the_json_array_holds_what_was_told_before_the_crash(tmp_path: Path) -> None:
    files(tmp_path, "zz-last", good=5)
    (tmp_path / "in" / "zz-last.csv").rename(tmp_path / "in" / "hang.csv")
    process = run(tmp_path, "--output", "json", FSXAP_ITEM_SECONDS="1", FSXAP_WORKERS="1")
    out, _ = process.communicate(timeout=60)
    assert [row["type"] for row in json.loads(out)] == ["result"] * 6 + ["summary"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    files(tmp_path, good=400)
    process = run(tmp_path, FSXAP_WORKERS="2")
    assert process.stdout is not None
    process.stdout.readline()
    for each in (*children(process.pid), process.pid):
        os.kill(each, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, err
    assert not json.loads(out.splitlines()[-1])["complete"]


def test_a_killed_parent_leaves_no_run_behind(tmp_path: Path) -> None:
    files(tmp_path, "hang", good=3)
    process = run(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    (child,) = children(process.pid)
    process.kill()
    process.communicate(timeout=30)
    while Path(f"/proc/{child}").exists():
        time.sleep(0.02)
    again = run(tmp_path, FSXAP_ITEM_SECONDS="1")
    out, err = again.communicate(timeout=60)
    assert again.returncode == 1, err
    assert json.loads(out.splitlines()[-1])["coverage"]["ok"] == 3


def test_a_reader_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    files(tmp_path, good=400)
    process = run(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert not children(process.pid)


def children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
