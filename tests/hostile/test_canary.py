"""Secrets and patients planted in every input are in nothing that is logged, reported as an error, or named."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsxap.cli import failures
from tests.e2e.program import Program
from tests.e2e.test_apart import CODE as CRASHING
from tests.hostile import bodies
from tests.unit.providers.documents.made import pdf, text
from tests.unit.usecases.healthcare_dicom.made import dataset, stored

PASSWORD, ACCESS, SECRET = "canary-Passw0rd-5581", "AKIACANARY5581XXXXXX", "canarySecretKey5581/zzzz"
KEY = "canary-pseudonym-key-5581-of-enough-length"
PERSON = "Quarrington"
IBAN = "DE75512108001245126199"
SECRETS = (PASSWORD, ACCESS, SECRET, KEY)


@pytest.fixture
def world(tmp_path: Path) -> Program:
    made = {
        "dicom/a.dcm": stored(dataset()),
        "dicom/bent.dcm": bodies.bent(stored(dataset()), 3),
        "dicom/cut.dcm": stored(dataset())[:-900],
        "idp/a.pdf": pdf(
            text((50, 60, f"Invoice to {PERSON}"), (50, 90, f"IBAN {IBAN}"), (50, 120, "Total 10.00 EUR"))
        ),
        "idp/cut.pdf": pdf(text((50, 60, f"{PERSON} {IBAN}")))[:-300],
        "idp/a.xml": f"<Invoice><Note>{PERSON} {IBAN}</Note>".encode(),
        "csv/a.csv": f"time,value\n2026-01-01T00:00:00Z,{PERSON}\n".encode() * 20,
        "csv/b.csv": f"{PERSON} {IBAN}\n\0".encode(),
        "exr/a.0001.exr": bodies.exr(0, 0, 7, 7, PERSON.encode() * 40),
    }
    for name, body in made.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(KEY)
    return Program(tmp_path)


ENVIRON = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "CANARY": PASSWORD}
RUNS = {
    "healthcare-dicom": ("dicom", "-P", "key=file:key", "-P", "metadata=yes"),
    "idp": ("idp",),
    "manufacturing-analytics": ("csv",),
    "media-vfx": ("exr",),
}


def said(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        yield f"the name {path.name}", str(path.relative_to(folder)).encode()
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


@pytest.mark.parametrize("use_case", RUNS)
def test_runs(world: Program, use_case: str) -> None:
    where, *more = RUNS[use_case]
    done = world(
        "run-uc", use_case, "-s", f"in/{where}", "--to", "out", "--report", "report.html", "-vv", *more, **ENVIRON
    )
    assert done.code in (0, 1), done.err
    written = [("stderr", done.err.encode()), ("stdout", done.out.encode())]
    for place in ("out", "state", "home"):
        if (world.here / place).exists():
            written += said(world.here / place)
    written.append(("report", (world.here / "report.html").read_bytes()))
    for name, body in written:
        assert not [each for each in SECRETS if each.encode() in body], name
    # Results of documents hold what was read: that is what they are for. Logs, errors and names never do.
    errors = [str(row.get("error") or row["data"].get("reason")) for row in done.of("result")]
    names = [name for name, _ in written if name.startswith("the name")]
    quiet = {"stderr": done.err, "errors": " ".join(errors), "names": " ".join(names)}
    if use_case == "healthcare-dicom":
        quiet |= {name: body.decode("latin-1") for name, body in written}
    for name, body_text in quiet.items():
        assert PERSON.lower() not in body_text.lower(), name
        assert IBAN not in body_text, name


def test_a_password_that_ontap_refuses(world: Program) -> None:
    done = world(
        "scan-acl", "--ontap", "127.0.0.1:1", "--svm", "s", "--volume", "v", "--ontap-secret", "env:CANARY", "-vv",
        **ENVIRON,
    )  # fmt: skip
    assert done.code == 253
    assert not [each for each in SECRETS if each in done.out + done.err]


def test_the_log_of_a_bug_quotes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    try:
        try:
            raise ValueError(PASSWORD)
        except ValueError as error:
            raise RuntimeError(f"{PERSON} {SECRET}") from error
    except RuntimeError as error:
        shown = failures.bug(error, ["run-uc", PASSWORD])
    (log,) = tmp_path.glob("fsxap-*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    text_of_it = log.read_text()
    assert "RuntimeError" in text_of_it
    assert "ValueError" in text_of_it
    for each in (*SECRETS, PERSON):
        assert each not in text_of_it + shown.message + shown.hint


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a run has no process of its own")
def test_a_decoder_that_crashes_with_a_patient_in_its_memory(tmp_path: Path) -> None:
    code = CRASHING.replace("time.sleep(0.01)", "held = kit.source.read(item.key)")
    for name in ("a", "crash-b", "abort-c"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.csv").write_text(f"{PERSON} {SECRET}\n" * 9)
    arguments = ("run-uc", "any", "-s", "in", "--to", "out", "-vv")
    environ = Program(tmp_path).environ(PYTHONPATH=str(Path(__file__).parents[2]), TMPDIR=str(tmp_path / "home"))
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, env=environ, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert b"crashed" in done.stdout
    kept = [found for place in ("state", "home", "out") for found in said(tmp_path / place)]
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "state", "home"}
    for name, body in [*kept, ("stdout", done.stdout), ("stderr", done.stderr)]:
        assert PERSON.encode() not in body, name
        assert SECRET.encode() not in body, name


def test_no_core_file() -> None:
    code = "import resource\nfrom fsxap.cli.app import run\nrun(['--help'])\n"
    code += "print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"
