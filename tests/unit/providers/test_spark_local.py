"""Java as it is found or not, and scripts as they end, with programs that stand in for both."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from fsxap.engine.cancel import Cancel
from fsxap.errors import ConfigurationError, Interrupted, MissingExtra, ServiceError
from fsxap.providers.local import spark


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("says", "known"),
    [
        ('openjdk version "17.0.15" 2025-04-15', True),
        ('java version "1.8.0_402"', True),
        ('openjdk version "21.0.1"', False),
        ("The operation couldn’t be completed. Unable to locate a Java Runtime.", False),
    ],
)
def test_java(tmp_path: Path, says: str, known: bool) -> None:
    program(tmp_path / "home/bin/java", f"cat >&2 <<'E'\n{says}\nE")
    environ = {"JAVA_HOME": str(tmp_path / "home")}
    if known:
        assert spark.java(environ) == str((tmp_path / "home").resolve())
    else:
        with pytest.raises(ConfigurationError, match=r"Spark (needs Java|3\.5 runs on 8, 11, 17)"):
            spark.java(environ)


@pytest.mark.parametrize("environ", [{"PATH": "/nonexistent"}, {"JAVA_HOME": "/nonexistent"}])
def test_no_java_is_told_with_what_to_do(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        spark.java(environ)
    assert "Java 17" in raised.value.hint and raised.value.exit == 253


def test_no_pyspark_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match="PySpark"):
        spark.installed()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(spark, "installed", lambda: tmp_path)
    monkeypatch.setattr(spark, "java", lambda: "/java")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for a script")
    return tmp_path / "bin" / "spark-submit"


def submit(tmp_path: Path, told: list[str], cancel: Cancel) -> None:
    script = Path("job.py")
    spark.submit(script, ["--in=/a b"], files=[script], scratch=tmp_path, cores=3, tell=told.append, cancel=cancel)


def test_what_a_script_prints_is_told_and_what_spark_says_is_not(stand_in: Path, tmp_path: Path) -> None:
    program(stand_in, 'echo "$JAVA_HOME $SPARK_HOME $PYSPARK_PYTHON [$AWS_SECRET_ACCESS_KEY]"; echo row >&2; echo "$@"')
    told: list[str] = []
    submit(tmp_path, told, Cancel())
    assert told[0] == f"/java {tmp_path} {sys.executable} []"
    assert "--master local[3]" in told[1] and told[1].endswith("--py-files job.py job.py --in=/a b")
    assert len(told) == 2


def test_a_script_that_fails(stand_in: Path, tmp_path: Path) -> None:
    program(stand_in, "echo secret row >&2; exit 3")
    with pytest.raises(ServiceError, match="ended with code 3") as raised:
        submit(tmp_path, [], Cancel())
    assert "secret" not in raised.value.message + raised.value.hint


def test_an_interruption_ends_what_was_started(stand_in: Path, tmp_path: Path) -> None:
    program(stand_in, 'sleep 60 & echo "$!"; wait')
    cancel, told = Cancel(), list[str]()
    stopper = threading.Timer(1.0, cancel.set, [signal.SIGINT])
    stopper.start()
    started = time.monotonic()
    with pytest.raises(Interrupted):
        submit(tmp_path, told, cancel)
    stopper.join()
    assert time.monotonic() - started < 30
    assert (
        not told or not Path(f"/proc/{told[0]}/cmdline").exists() or not Path(f"/proc/{told[0]}/cmdline").read_bytes()
    )
