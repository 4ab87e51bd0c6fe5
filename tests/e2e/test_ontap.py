"""scan-acl and run-uc as processes against the emulator: what goes wrong ends in a clear error or a counted outcome."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fsxap.emulator.faults import Faults
from fsxap.emulator.server import Emulator, serve
from fsxap.emulator.trees import Folder
from tests.e2e.program import Done, Program


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    from fsxap.emulator.sample import write_sample

    volume = tmp_path / "volume"
    write_sample(volume)
    with serve([Folder(volume)]) as running:
        yield running


def scan(
    fsxap: Program, emulator: Emulator, *more: str, command: tuple[str, ...] = ("scan-acl",), secret: str = ""
) -> Done:
    arguments = [
        *command,
        "--ontap",
        emulator.url,
        "--ontap-user",
        emulator.user,
        "--ontap-secret",
        "env:PW",
        "--volume",
        "*",
    ]
    if "--ontap-ca" not in more and "--insecure" not in more:
        arguments += ["--ontap-ca", str(emulator.ca_file)]
    return fsxap(*arguments, *more, PW=secret or emulator.password, AWS_MAX_ATTEMPTS="4")


def test_a_scan_finds_what_was_planted(fsxap: Program, emulator: Emulator) -> None:
    done = scan(fsxap, emulator, "--emit", "all", "--files")
    assert done.code == 1, "the sample holds a path that cannot be audited"
    rules = {finding["rule"] for finding in done.of("finding")}
    assert {"open-access-full", "unresolved-sid", "not-audited", "null-dacl", "share-everyone-full"} <= rules
    coverage = done.summary["coverage"]
    assert coverage["failed"] == len([f for f in done.of("finding") if f["rule"] == "not-audited"]) > 0
    assert coverage["seen"] == sum(number for name, number in coverage.items() if name != "seen")
    svm = 1
    assert len(done.of("acl")) == coverage["ok"] - len(emulator.site.shares) - svm
    assert {f["where"] for f in done.of("finding") if f["rule"] in ("export-open", "auditing-off")} == {"svm://files"}
    for finding in done.of("finding"):
        assert finding["evidence"] and finding["remediation"] and finding["where"]


def test_rest_and_folder_tell_the_same(fsxap: Program, emulator: Emulator, tmp_path: Path) -> None:
    """The same volume over REST and read as a folder: equal findings, apart from where the volume is mounted."""

    def facts(done: Done, mount: str) -> set[tuple[str, str, str]]:
        return {(f["rule"], f["where"].removeprefix(mount) or "/", f.get("subject", "")) for f in done.of("finding")}

    rest = scan(fsxap, emulator, "--files")
    local = fsxap("scan-acl", "-s", tmp_path / "volume", "--files", "--state", tmp_path / "other")
    (mount,) = {volume.path for volume in emulator.site.volumes if volume.path != "/"}
    assert facts(rest, mount) == facts(local, "")


@pytest.mark.parametrize(
    ("faults", "more", "secret", "exit", "code"),
    [
        (Faults(), [], "wrong", 254, "unauthenticated"),
        (Faults(wrong_password=True, unauthorized_body="none"), [], "", 254, "unauthenticated"),
        (Faults(certificate_host="elsewhere.example"), [], "", 253, "certificate"),
        (Faults(), ["--svm", "nope"], "", 2, "unknown-svm"),
        (Faults(), ["--ontap-ca", "/nowhere.pem"], "", 253, "ca-file"),
    ],
)
def test_what_stops_a_scan(
    fsxap: Program, emulator: Emulator, faults: Faults, more: list[str], secret: str, exit: int, code: str
) -> None:
    emulator.set_faults(faults)
    done = scan(fsxap, emulator, *more, secret=secret)
    assert (done.code, done.error["exit"]) == (exit, exit)
    assert done.error["code"] == code
    assert done.error["hint"]
    assert done.out == ""
    assert emulator.password not in done.err


def test_a_refused_password_is_tried_once(fsxap: Program, emulator: Emulator) -> None:
    scan(fsxap, emulator, secret="wrong")
    assert emulator.counters.total == 1


def test_another_ca_is_not_trusted_and_insecure_warns(fsxap: Program, emulator: Emulator, tmp_path: Path) -> None:
    with serve([Folder(tmp_path / "volume")]) as other:
        done = scan(fsxap, emulator, "--ontap-ca", str(other.ca_file))
    assert (done.code, done.error["code"]) == (253, "certificate")
    done = scan(fsxap, emulator, "--insecure")
    assert done.code == 1
    assert "warning" in done.err


def test_nobody_listens(fsxap: Program) -> None:
    done = fsxap("scan-acl", "--ontap", "https://127.0.0.1:9", "--ontap-secret", "env:PW", PW="x", AWS_MAX_ATTEMPTS="2")
    assert (done.code, done.error["code"]) == (253, "refused")


@pytest.mark.parametrize(
    "faults",
    [
        Faults(reset=0.05, unavailable=0.03, seed=1),
        Faults(truncated=0.05, throttled=0.03, server_error=0.02, seed=2),
        Faults(repeat_entry=True, page_limit=3, empty_pages=True),
        Faults(requests_per_connection=7),
    ],
    ids=["resets", "truncated", "pages", "short connections"],
)
def test_a_bad_day_changes_nothing_in_the_answer(fsxap: Program, emulator: Emulator, faults: Faults) -> None:
    calm = scan(fsxap, emulator)
    emulator.set_faults(faults)
    rough = scan(fsxap, emulator)
    assert rough.summary["coverage"] == calm.summary["coverage"]
    assert {f["id"] for f in rough.of("finding")} == {f["id"] for f in calm.of("finding")}


def test_run_uc_over_rest(fsxap: Program, emulator: Emulator) -> None:
    done = scan(fsxap, emulator, "--report", "r.html", command=("run-uc", "legal-compliance"))
    assert done.code == 1
    assert done.summary["data"]["ontap"].startswith("ontap-rest 9.")
    assert done.summary["data"]["narrator"].startswith("template")
    assert done.summary["data"]["facts"]["failed"] == done.summary["coverage"]["failed"]
    assert (fsxap.here / "r.html").stat().st_size > 10_000
    again = scan(fsxap, emulator, command=("run-uc", "legal-compliance"))
    assert again.summary["coverage"]["ok"] == done.summary["coverage"]["ok"], (
        "an audit over REST is complete every time"
    )
