"""The same canaries on the deployed path: what functions answer, log, print, notify and name."""

from __future__ import annotations

import pytest

from fsxap.engine.lambda_handler import handle
from fsxap.model import dumps
from tests.e2e.program import Program
from tests.hostile.test_canary import ACCESS, IBAN, KEY, PASSWORD, PERSON, RUNS, SECRET, SECRETS, said
from tests.hostile.test_canary import world as world
from tests.unit.deploy.interpreter import Services, interpreter
from tests.usecases.drivers import Context, by_lambda


@pytest.fixture
def environ(world: Program, use_case: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of the functions."""
    for name, value in {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "CANARY": PASSWORD}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(world.here / "home"))
    monkeypatch.setenv("TMPDIR", str(world.here))
    monkeypatch.setattr("tempfile.tempdir", None)
    environ = {"FSXAP_SOURCE": str(world.here / "in" / RUNS[use_case][0]), "FSXAP_TO": str(world.here / "out")}
    if use_case == "healthcare-dicom":
        environ["FSXAP_PARAM_KEY"] = f"file:{world.here / 'key'}"
    return environ


@pytest.mark.parametrize("use_case", RUNS)
def test_functions(world: Program, use_case: str, environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    answers = by_lambda(use_case, str(world.here / "state"), environ)
    assert answers["ended"]["coverage"]["seen"] > 0
    # Logs, and the notification, which without a topic is a line of stderr; metrics are made of the answers.
    printed = "".join(capfd.readouterr())
    assert '"type":"notification"' in printed
    assert '"message":"done"' in printed
    kept = [
        found for folder in ("state", "out") if (world.here / folder).exists() for found in said(world.here / folder)
    ]
    for name, body in [*kept, ("answers", dumps(answers).encode()), ("printed", printed.encode())]:
        assert not [each for each in SECRETS if each.encode() in body], name
    names = " ".join(name for name, _ in kept if name.startswith("the name"))
    quiet = {"answers": dumps(answers), "printed": printed, "names": names}
    if use_case == "healthcare-dicom":
        quiet |= {name: body.decode("latin-1") for name, body in kept}
    for name, text in quiet.items():
        assert PERSON.lower() not in text.lower(), name
        assert IBAN not in text, name
        assert KEY not in text, name
    crash_files = [path.name for path in world.here.iterdir()]
    assert set(crash_files) <= {"in", "out", "state", "home", "key"}


@pytest.mark.parametrize("use_case", RUNS)
def test_executions(world: Program, use_case: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes through the state machine: its history, which is kept for 90 days, batches, metrics, the notice."""
    state = world.here / "state"
    environ |= {"FSXAP_STATE_BUCKET": str(state)}

    made = Services(lambda event: handle(event, Context(), environ), lambda key: (state / key).read_bytes())
    with interpreter(monkeypatch, made, BatchSize=1) as execute:
        about = execute(use_case)
    assert about["status"] == "SUCCEEDED", about
    assert made.events and made.written and made.published and made.measured
    for passed in (about, made.events, made.written, made.published, made.measured):
        told = str(passed)
        assert not [each for each in (*SECRETS, IBAN) if each in told]
        assert PERSON.lower() not in told.lower()


def test_a_function_that_fails_quotes_nothing(world: Program, capfd: pytest.CaptureFixture[str]) -> None:
    """What it raises becomes the cause in the execution's history, which is kept for 90 days."""
    environ = {"FSXAP_SOURCE": str(world.here / "in" / "dicom"), "FSXAP_TO": str(world.here / "out")}
    environ["FSXAP_PARAM_KEY"] = f"file:{world.here / 'in' / 'csv' / 'b.csv'}"
    with pytest.raises(Exception) as caught:
        by_lambda("healthcare-dicom", str(world.here / "state"), environ)
    told = f"{caught.value!r} {caught.value}" + "".join(capfd.readouterr())
    assert PERSON not in told
    assert IBAN not in told
