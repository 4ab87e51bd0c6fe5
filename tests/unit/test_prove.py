"""What `make prove` makes of checks: what holds, what fails, and what a machine cannot check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.prove import __main__ as prove
from benchmarks.prove import localstack, tools, wheels, zips
from benchmarks.prove.verdicts import Check, Verdict, tell, told, verdicts

Program = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (prove, localstack, tools, wheels, zips):
        monkeypatch.setattr(module, "BUILD", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:/bin:/usr/bin")
    return tmp_path


@pytest.fixture
def program(build: Path) -> Program:
    """Makes a program, found before others of its name, that says something and ends."""
    (build / "programs").mkdir()
    (build / "rendered").mkdir()

    def made(name: str, code: int, said: str = "") -> Path:
        path = build / "programs" / name
        path.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit {code}\n")
        path.chmod(0o755)
        return path

    return made


def check(*found: Verdict) -> Check:
    return lambda _names: iter(found)


@pytest.mark.parametrize(
    ("found", "code", "tally"),
    [
        ([("a", 0, ""), ("b", 0, "")], 0, "2 pass"),
        ([("a", 0, ""), ("b", None, "no qemu")], 0, "1 pass, 1 not run"),
        ([("a", None, "no npm")], 0, "1 not run"),
        ([("a", 1, "wrong"), ("b", 0, "")], 1, "1 FAIL, 1 pass"),
        ([("a", 254, "wrong"), ("b", None, "no npm")], 1, "1 FAIL, 1 not run"),
    ],
)
def test_only_what_ran_and_failed_fails(
    found: list[Verdict], code: int, tally: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(iter(found)) == code
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == tally
    for what, each, said in found:
        assert f"not run  {what}: {said}" in out if each is None else what in out
        assert (said in err) == bool(each) or not said


def test_a_check_that_breaks_off_fails_and_the_others_run() -> None:
    def breaks(_names: list[str]) -> Iterator[Verdict]:
        yield "before", 0, ""
        raise ValueError("a tool that answers nonsense")

    found = list(verdicts([breaks, check(("after", 0, ""))], []))
    assert [(what, code) for what, code, _ in found] == [("before", 0), ("breaks", 1), ("after", 0)]
    assert "a tool that answers nonsense" in found[1][2]


def test_problems_are_a_failure() -> None:
    assert list(told("it", ["one", "two"])) == [("it", 1, "one\ntwo")]
    assert list(told("it", [])) == [("it", 0, "")]


def test_no_code_under_another_licence_is_imported_by_the_package_or_its_tests() -> None:
    sources = [path for top in ("fsxap", "tests") for path in (tools.ROOT / top).rglob("*.py")]
    named = re.compile(rb"^\s*(?:import|from) principalmapper", re.M)
    assert len(sources) > 100 and not [path for path in sources if named.search(path.read_bytes())]


def test_an_unknown_check_is_a_mistake(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["prove", "gaurd"])
    assert prove.main() == 2
    assert "no check gaurd; there are asl_validator, guard" in capsys.readouterr().err


def test_without_npm_nothing_is_said_of_state_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert list(prove.asl_validator(["idp"])) == [("asl-validator", None, "npm is not installed")]


def test_nor_where_its_registry_does_not_answer(program: Program) -> None:
    program("npm", 1, "ENOTFOUND registry")
    assert list(prove.asl_validator(["idp"])) == [("asl-validator", None, "npm: ENOTFOUND registry")]


@pytest.mark.parametrize("code", [0, 1])
def test_a_tool_that_runs_decides(build: Path, program: Program, code: int) -> None:
    program("npm", 0)
    tool = build / "node_modules" / ".bin" / "asl-validator"
    tool.parent.mkdir(parents=True)
    program("validates", code, "it says so").rename(tool)
    (build / "idp.asl.json").write_text('{"StartAt": "Count"}')
    first, second = prove.asl_validator(["idp"])
    assert first == ("asl-validator idp", code, "it says so\n")
    # Its red twin: a tool that accepts everything proves nothing.
    assert second[1] == (0 if code else 1)


@pytest.mark.parametrize("which", [prove.guard, prove.iam, prove.checkov, wheels.wheels])
def test_an_index_that_does_not_answer_is_no_failure(
    which: Check, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = program("python3.11", 1, "no index answers")
    monkeypatch.setattr(tools, "python", lambda _version: silent)
    ((_, code, said),) = which(["idp"])
    assert (code, said) == (None, "could not be installed: no index answers")
    monkeypatch.setattr(tools, "python", lambda _version: None)
    assert [(code, said) for _, code, said in which(["idp"])] == [(None, "Python 3.11 is not installed")]


def test_an_interpreter_must_run(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    shim = program("python3.99", 127, "not chosen")
    assert tools.python("3.99") is None
    shim.write_text("#!/bin/sh\n")
    assert tools.python("3.99") == shim


def test_zips_need_an_index_and_all_else_is_a_fault(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(code: str) -> int | None:
        said = f'{{"type":"error","code":"{code}","message":"why","exit":253}}'
        monkeypatch.setattr("sys.executable", str(program("fsxap", 253, said).with_name("python")))
        folder, (_, found, told) = zips.twice("idp", "arm64")
        assert (folder, told) == (None, "why")
        return found

    assert ends("packaging") is None
    assert ends("too-large") == 253


def test_bytes_that_differ_are_seen(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    made = program("fsxap", 0)
    monkeypatch.setattr("sys.executable", str(made.with_name("python")))
    made.write_text('#!/bin/sh\nmkdir -p "$4" && echo same >"$4/a" && echo "$PYTHONHASHSEED" >"$4/b"\n')
    _, (_, code, said) = zips.twice("idp", "arm64")
    assert (code, said) == (1, "not equal: b")
    made.write_text('#!/bin/sh\nmkdir -p "$4" && echo same >"$4/a"\n')
    assert zips.twice("idp", "arm64")[1][1] == 0


def test_without_namespaces_no_stack_is_made(program: Program) -> None:
    program("unshare", 1, "Operation not permitted")
    program("ip", 0)
    ((_, code, said),) = localstack.localstack([])
    assert (code, said) == (None, "namespaces are not allowed here: Operation not permitted")


def test_what_localstack_lacks_is_told(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "ip" else f"/bin/{name}")
    monkeypatch.setattr(localstack, "python", lambda _version: build)
    assert list(localstack.localstack([])) == [("localstack", None, "ip not installed")]
    monkeypatch.setattr(localstack, "python", lambda _version: None)
    assert [code for _, code, _ in localstack.localstack([])] == [None]
