"""Every command in the docs: `sh offline` blocks are run, all others held against the program or tool they name.

A block's commands run in order, in a folder of the page's own with the sample volume in it.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.program import Program

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
BLOCK = re.compile(r"^ *```([^\n`]*)\n(.*?)^ *```\s*$", re.MULTILINE | re.DOTALL)
OPERATORS = {"|", "&&", "||", ";", ">", "<", "&"}
AWS_GLOBAL = {"region", "profile", "query", "output"}


class Command(NamedTuple):
    page: str
    words: tuple[str, ...]
    offline: bool


def commands(page: Path) -> Iterator[Command]:
    for info, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        joined = re.sub(r"\\\n\s*", " ", body)
        for line in joined.splitlines():
            text = line.strip().removeprefix("$ ")
            if re.match(r"(?:[A-Z_]+=\S+ )*(?:fsxap|aws|make) ", text):
                for words in segments(text):
                    yield Command(str(page.relative_to(ROOT)), words, info.split() == ["sh", "offline"])


def segments(line: str) -> Iterator[tuple[str, ...]]:
    """The simple commands of a line, without variables set for them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    found: list[str] = []
    for word in [*lexer, ";"]:
        if word not in OPERATORS:
            found.append(word)
            continue
        while found and re.fullmatch(r"[A-Z_]+=.*", found[0]):
            found.pop(0)
        if found and found[0] in ("fsxap", "aws", "make"):
            yield tuple(found)
        found = []


ALL = [command for page in PAGES for command in commands(page)]


@cache
def program() -> Any:
    import typer

    from fsxap.cli.app import build

    return typer.main.get_command(build())


def named(command: Command) -> str:
    return f"{command.page}: {shlex.join(command.words)}"


def test_there_are_commands() -> None:
    assert len([each for each in ALL if each.offline]) >= 10
    assert {each.words[0] for each in ALL} == {"fsxap", "aws", "make"}
    told = {each.words[1] for each in ALL if each.words[0] == "fsxap" and len(each.words) > 1}
    assert set(program().commands) <= told, "a command no page shows"


@pytest.mark.parametrize("command", [each for each in ALL if each.words[0] == "fsxap"], ids=named)
def test_flags_and_arguments_are_those_of_the_program(command: Command) -> None:
    """Parsed by the program itself, which is not run: a flag that is gone, or a required argument, is an error."""
    name, *arguments = command.words[1:]
    if {"--help", "--version"} & set(command.words):
        return
    assert name in program().commands
    if arguments and arguments[0].isupper() and name in ("run-uc", "deploy", "cost"):
        arguments[0] = "idp"
    with program().commands[name].make_context(name, arguments) as context:
        use_case = context.params.get("use_case") or context.params.get("target")
    if isinstance(use_case, str) and use_case:
        from fsxap.deploy import targets

        assert targets.find(use_case)


@pytest.mark.parametrize("command", [each for each in ALL if each.words[0] == "aws"], ids=named)
def test_operations_of_aws_are_those_of_its_models(command: Command) -> None:
    from botocore import xform_name
    from botocore.session import Session

    model = Session().get_service_model({"s3api": "s3"}.get(command.words[1], command.words[1]))
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    members = model.operation_model(operations[command.words[2]]).input_shape.members
    flags = {word[2:] for word in command.words[3:] if word.startswith("--")}
    assert flags - AWS_GLOBAL <= {xform_name(name, "-") for name in members}


@pytest.mark.parametrize("command", [each for each in ALL if each.words[0] == "make"], ids=named)
def test_targets_are_those_of_the_makefile(command: Command) -> None:
    assert re.search(rf"^{re.escape(command.words[1])}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from fsxap.emulator.sample import write_sample

    folder = tmp_path_factory.mktemp("docs") / "fsxap-demo" / "volume"
    write_sample(folder)
    return folder


@pytest.mark.parametrize("page", sorted({each.page for each in ALL if each.offline}))
def test_what_needs_no_aws_runs(page: str, fsxap: Program, volume: Path) -> None:
    (fsxap.here / "fsxap-demo").mkdir()
    shutil.copytree(volume, fsxap.here / "fsxap-demo" / "volume", symlinks=True)
    (fsxap.here / "fsxap-demo" / ".fsxap-demo").touch()
    for command in ALL:
        if command.page == page and command.offline:
            done = fsxap(*command.words[1:])
            # 1: an item of the sample cannot be read, which is part of it.
            assert done.code in (0, 1), f"{named(command)}\n{done.err}"
            assert done.code == 0 or '"failed":1' in done.out, f"{named(command)}\n{done.err}"
