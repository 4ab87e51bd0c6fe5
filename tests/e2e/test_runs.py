"""Runs of the installed program: incremental, killed, interrupted, explained."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.program import Program

AUDIT = ("run-uc", "legal-compliance", "-P", "files=yes", "-s")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    root = tmp_path / "large"
    for number in range(1200):
        path = root / f"d{number % 40:02}" / f"f{number:04}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_the_second_run_does_only_what_changed(fsxap: Program, folder: Path) -> None:
    first = fsxap(*AUDIT, folder)
    assert first.code == 0
    seen = first.summary["coverage"]["seen"]
    assert first.summary["coverage"]["ok"] == seen == len(first.of("result"))
    second = fsxap(*AUDIT, folder)
    assert second.summary["coverage"]["unchanged"] == seen
    assert {record["status"] for record in second.of("result")} == {"unchanged"}
    assert second.summary["findings"] == first.summary["findings"]
    (folder / "hr" / "pay" / "2025.csv").chmod(0o666)
    third = fsxap(*AUDIT, folder)
    assert [r["item"]["key"] for r in third.of("result") if r["status"] == "ok"] == ["/hr/pay/2025.csv"]


def test_fail_on(fsxap: Program, folder: Path) -> None:
    assert fsxap(*AUDIT, folder, "--fail-on", "critical").code == 0
    assert fsxap(*AUDIT, folder, "--fail-on", "high").code == 3
    assert fsxap("scan-acl", "-s", folder, "--fail-on", "high").code == 3


def test_a_dry_run_writes_nothing(fsxap: Program, folder: Path) -> None:
    done = fsxap(*AUDIT, folder, "--dry-run")
    assert done.code == 0
    (plan,) = done.of("plan")
    assert plan["todo"] == len(done.of("item"))
    assert plan["engines"] == {"ontap": "local", "sql": "local", "narrator": "local"}
    assert done.of("estimate")[-1]["usd"] == "0.00"
    assert not (fsxap.here / "state").exists()


def test_explain_lists_parameters(fsxap: Program) -> None:
    names = {record["name"] for record in fsxap("run-uc", "uc1", "--explain").records}
    assert names >= {"path", "files", "depth", "rules"}


def test_kill_9_loses_nothing_and_repeats_nothing(fsxap: Program, large: Path) -> None:
    other = Program(fsxap.here / "calm")
    other.here.mkdir()
    expected = other(*AUDIT, large).summary
    process = fsxap.start(*AUDIT, large)
    lines: list[str] = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if len(lines) >= 300:
            process.kill()
            break
    lines += process.stdout.readlines()
    process.wait()
    again = fsxap(*AUDIT, large)
    for name in ("coverage", "findings", "usage"):
        assert again.summary[name] == expected[name]
    counts: Counter[str] = Counter()
    for path in (fsxap.here / "state").rglob("results/**/*.jsonl"):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            counts[row["item"]["key"]] += row["status"] == "ok"
    assert set(counts.values()) == {1}
    assert len(counts) == expected["coverage"]["seen"]
    assert len(again.of("result")) < expected["coverage"]["seen"]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_cleanly_and_the_next_run_goes_on(fsxap: Program, large: Path, signum: int, code: int) -> None:
    process = fsxap.start(*AUDIT, large)
    assert process.stdout
    first = process.stdout.readline()
    process.send_signal(signum)
    assert process.stderr
    out, err = process.stdout.read(), process.stderr.read()
    assert process.wait() == code
    error = json.loads(err.splitlines()[-1])
    assert (error["code"], error["exit"]) == ("interrupted", code)
    stopped = json.loads(out.splitlines()[-1])
    assert stopped["type"] == "summary"
    assert not stopped["complete"]
    assert stopped["coverage"]["missing"] > 0
    done = [first, *out.splitlines()[:-1]]
    assert all(json.loads(line)["type"] == "result" for line in done)
    again = fsxap(*AUDIT, large)
    assert again.code == 0
    assert again.summary["run"] == stopped["run"]
    assert again.summary["coverage"]["ok"] == stopped["coverage"]["seen"]
    assert len(again.of("result")) + len(done) == stopped["coverage"]["seen"]


def test_two_runs_at_once_are_refused(fsxap: Program, large: Path) -> None:
    process = fsxap.start(*AUDIT, large)
    assert process.stdout
    process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.1)
    try:
        second = fsxap(*AUDIT, large)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()
    assert (second.code, second.error["code"]) == (253, "locked")


def test_an_interrupted_scan_can_be_resumed_or_begun_anew(fsxap: Program, large: Path) -> None:
    scan = ("scan-acl", "--files", "--emit", "all", "-s", large)
    process = fsxap.start(*scan)
    assert process.stdout
    for _ in range(200):
        process.stdout.readline()
    process.kill()
    process.communicate()
    resumed = fsxap(*scan, "--resume")
    whole = resumed.summary["coverage"]
    assert whole["ok"] == whole["seen"] > len(resumed.of("acl")) > 0
    journaled = [
        json.loads(line)["item"]["key"]
        for path in (fsxap.here / "state").rglob("results/**/*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert sorted(set(journaled)) == sorted(journaled), "nothing was read twice"
    assert len(journaled) == whole["seen"] > len(resumed.of("acl"))
    anew = fsxap(*scan)
    assert len(anew.of("acl")) == whole["seen"]
    assert anew.summary["run"] != resumed.summary["run"]


def test_a_manifest_can_be_given(fsxap: Program, folder: Path) -> None:
    manifest = fsxap("run-uc", "legal-compliance", "-s", folder, "--dry-run").out
    chosen = "".join(line + "\n" for line in manifest.splitlines() if '"/hr' in line)
    done = fsxap("run-uc", "legal-compliance", "-s", folder, "--items", "-", input=chosen)
    assert {record["item"]["key"] for record in done.of("result")} == {"/hr", "/hr/pay"}


def test_reports(fsxap: Program, folder: Path) -> None:
    run = fsxap(*AUDIT, folder, "--report", "audit.html").summary
    page = (fsxap.here / "audit.html").read_text()
    assert run["run"] in page
    assert Path(run["report"]).read_text().startswith("<!DOCTYPE html>")
    listed = fsxap("report", "--list").records
    assert [record["run"] for record in listed] == [run["run"]]
    assert fsxap("report", "--format", "md", "-o", "-").out.startswith("# ")
    assert json.loads(fsxap("report", "--format", "json", "-o", "-").out)["summary"]["run"] == run["run"]
    assert fsxap("report", run["run"][:10], "-o", "r.csv").code == 0
    assert (fsxap.here / "r.csv").read_text().splitlines()
    assert fsxap("report", "2001").code == 253


def test_unreadable_folders_never_read_as_clean(fsxap: Program, folder: Path) -> None:
    import os

    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "hr").chmod(0)
    try:
        done = fsxap(*AUDIT, folder)
    finally:
        (folder / "hr").chmod(0o755)
    assert done.code == 1
    assert done.summary["coverage"]["failed"] >= 1
