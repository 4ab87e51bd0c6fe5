"""A command is imported when it is asked for; the top page is the same whether or not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from fsxap.cli.app import COMMANDS, asked, build

HEAVY = ("boto3", "botocore", "rich", "jinja2", "duckdb", "pydicom", "yaml", "asyncio")


def shown(only: str | None) -> str:
    return CliRunner().invoke(build(only), ["--help"], prog_name="fsxap").output


def test_the_top_page_is_the_same_without_the_commands() -> None:
    assert shown("") == shown(None)
    for line in COMMANDS.values():
        assert line in shown("")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], ""),
        (["--help"], ""),
        (["discover", "run-uc"], "discover"),
        (["-h", "cost"], "cost"),
        (["nonsense"], "nonsense"),
    ],
)
def test_the_command_that_is_asked_for(arguments: list[str], command: str) -> None:
    assert asked(arguments) == command


@pytest.mark.parametrize("variable", ["COMP_WORDS", "_TYPER_COMPLETE_ARGS"])
def test_a_command_that_is_completed_is_asked_for(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "fsxap scan-acl --vol")
    assert asked([]) == ""
    monkeypatch.setenv("_FSXAP_COMPLETE", "complete_bash")
    assert asked([]) == "scan-acl"


def test_help_imports_nothing_heavy_and_no_command() -> None:
    code = (
        "import sys, fsxap.cli; code = fsxap.cli.main(['--help']); "
        "sys.stderr.write('\\n'.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint(f"fsxap.cli.{name.replace('-', '_')}" for name in COMMANDS)
