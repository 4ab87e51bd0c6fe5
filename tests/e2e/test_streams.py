"""Streams, formats and exit codes, as a shell sees them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.e2e.program import FSXAP, Program


def test_stdout_holds_records_only_and_keys_are_exact(fsxap: Program, folder: Path) -> None:
    done = fsxap("discover", folder)
    assert (done.code, done.err) == (0, "")
    assert [record["key"] for record in done.of("item")] == sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    for line in done.out.splitlines():
        record = json.loads(line)
        assert list(record) == sorted(record)
        assert record["modified"].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["discover", "data", "--nonsense"], "usage", "--help"),
        (["discover", "data", "--min-size", "big"], "usage", "10MB"),
        (["discover", "data", "--newer-than", "soon"], "usage", "7d"),
        (["discover", "data", "--output", "xml"], "usage", ""),
        (["discover", "data", "--query", "[["], "usage", "jmespath"),
        (["discover", "data", "--use-case", "legal-complience"], "usage", "did you mean legal-compliance"),
        (["discover", "data", "--changed"], "usage", "--use-case"),
        (["discover"], "usage", "./folder"),
        (["discover", "ftp://x/y"], "usage", ""),
        (["nonsense"], "usage", ""),
        (["run-uc", "nonsense"], "usage", "legal-compliance"),
        (["run-uc", "legal-compliance", "-s", "data", "-P", "pth=x"], "usage", "did you mean path"),
        (["run-uc", "legal-compliance", "-s", "data", "-P", "files=perhaps"], "usage", ""),
        (["run-uc", "legal-compliance", "-s", "data", "--fail-on", "awful"], "usage", ""),
        (["run-uc", "legal-compliance", "-s", "data", "--report", "x.docx"], "usage", ""),
        (["run-uc", "legal-compliance", "-s", "data", "--budget", "lots"], "usage", "2.50"),
        (["scan-acl", "--workers", "50"], "usage", ""),
        (["scan-acl", "-s", "data", "--emit", "everything"], "usage", ""),
        (["report", "--format", "docx"], "usage", ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_wrong_flags_end_in_2_with_one_json_line(
    fsxap: Program, folder: Path, arguments: list[str], code: str, hint: str
) -> None:
    done = fsxap(*arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert (done.error["type"], done.error["code"], done.error["exit"]) == ("error", code, 2)
    assert hint in done.error["hint"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["discover", "nowhere"], "no-folder"),
        (["report"], "no-run"),
        (["scan-acl", "--ontap", "https://127.0.0.1:1", "--no-input"], "no-secret"),
        (["scan-acl", "--no-input"], "usage"),
    ],
)
def test_environment_errors(fsxap: Program, arguments: list[str], code: str) -> None:
    done = fsxap(*arguments)
    assert done.error["code"] == code
    assert done.code == done.error["exit"] == (2 if code == "usage" else 253)
    assert done.error["hint"]


def test_a_settings_file_is_found_upward_and_a_bad_one_refused(fsxap: Program, folder: Path) -> None:
    (fsxap.here / "fsxap.yaml").write_text("source: ./data\n")
    assert len(fsxap("discover").of("item")) == 5
    shown = {record["name"]: record for record in fsxap("discover", "--show-settings").records}
    assert shown["source"]["value"] == "./data"
    assert shown["source"]["origin"].endswith("fsxap.yaml")
    assert shown["workers"]["origin"] == "default"
    (fsxap.here / "fsxap.yaml").write_text("sauce: ./data\n")
    done = fsxap("discover")
    assert (done.code, done.error["code"]) == (253, "bad-settings")


def test_text_errors_when_asked_for_a_table(fsxap: Program) -> None:
    done = fsxap("discover", "nowhere", "--output", "table")
    assert done.code == 253
    assert done.err.startswith("fsxap: ")
    assert "hint: " in done.err


def test_formats(fsxap: Program, folder: Path) -> None:
    assert len(json.loads(fsxap("discover", folder, "--output", "json").out)) == 5
    rows = list(csv.DictReader(io.StringIO(fsxap("discover", folder, "--output", "csv").out, newline="")))
    assert [row["key"] for row in rows] == [record["key"] for record in fsxap("discover", folder).records]
    table = fsxap("discover", folder, "--output", "table").out
    assert "[red]x.txt" in table
    assert fsxap("discover", folder, "--query", "key").out.splitlines()[0] == '"hr/pay/2025.csv"'
    assert json.loads(fsxap("discover", folder, "--output", "json", "--query", "length(@)").out) == 5


def test_a_file_instead_of_stdout(fsxap: Program, folder: Path) -> None:
    done = fsxap("discover", folder, "-o", "manifest.jsonl")
    assert (done.code, done.out) == (0, "")
    assert len((fsxap.here / "manifest.jsonl").read_text().splitlines()) == 5
    done = fsxap("discover", "nowhere", "-o", "other.jsonl")
    assert done.code == 253
    assert not (fsxap.here / "other.jsonl").exists()


def test_a_reader_that_goes_away_ends_it_quietly_with_141(fsxap: Program, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(3000):
        (many / f"file-{number:05}-{'x' * 60}").touch()
    script = f"set -o pipefail; '{FSXAP}' discover many | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=fsxap.here,
        env=fsxap.environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "141"
    assert done.stderr == ""


def test_hostile_names_are_shown_escaped(fsxap: Program, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    names = ["a\x1b[31mred", "b\u202egnp", "[/x]", "[bold]c", "d\nnewline", os.fsdecode(b"e\xff")]
    for name in names:
        (hostile / name).parent.mkdir(exist_ok=True)
        (hostile / name).touch()
    for form in ("table", "jsonl"):
        out = fsxap("discover", hostile, "--output", form).out
        assert not set(out) & {"\x1b", "\u202e"}
        assert len(out.splitlines()) == len(names) + (form == "table")
    keys = [record["key"] for record in fsxap("discover", hostile).records]
    assert sorted(keys) == sorted(names)


def test_help_and_version(fsxap: Program) -> None:
    assert fsxap("--version").out.startswith("fsxap ")
    for arguments in (["--help"], ["-h"], []):
        done = fsxap(*arguments)
        assert done.code == 0
        assert "scan-acl" in done.out
    for command in ("discover", "scan-acl", "run-uc", "report", "demo"):
        text = fsxap(command, "--help").out
        assert "Examples:" in text
        assert "Exit codes:" in text


def test_a_terminal_gets_a_table_and_progress_stays_off_stdout(fsxap: Program, folder: Path) -> None:
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [FSXAP, "discover", folder],
        cwd=fsxap.here,
        env=fsxap.environ(TERM="xterm"),
        stdout=terminal,
        stderr=subprocess.PIPE,
    )
    _, err = process.communicate(timeout=60)
    os.close(terminal)
    shown = os.read(screen, 65536).decode()
    os.close(screen)
    assert process.returncode == 0
    assert "MODIFIED" in shown
    assert "[red]x.txt" in shown
    assert err == b""


def test_quiet_leaves_stdout_and_the_final_error(fsxap: Program, folder: Path) -> None:
    done = fsxap("run-uc", "legal-compliance", "-s", folder, "--report", "r.html", "-q")
    assert (done.code, done.err) == (0, "")
    assert done.summary["coverage"]["ok"] > 0
