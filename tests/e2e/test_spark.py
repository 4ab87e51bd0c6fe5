"""Jobs by real PySpark, and what `run-uc spark` says of them; on EMR Serverless against its own model of answers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from fsxap.cli import main
from fsxap.errors import FsxapError

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")


def missing() -> str:
    from fsxap.providers.local import spark

    if importlib.util.find_spec("pyspark") is None:
        return "PySpark is not installed (extra spark)"
    try:
        spark.java()
    except FsxapError as error:
        return error.message
    return ""


needs_spark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["run-uc", "spark", "--output", "jsonl", *arguments])
    told = capsys.readouterr()
    return code, [json.loads(line) for line in told.out.splitlines()], told.err


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.csv").write_text('ts,name,x\n2026-01-01T00:00:00,"a ""q"", é",1.5\n2026-01-01,,2\n')
    (tmp_path / "in" / "sub" / "B.CSV").write_text('ts,name,x\n2026-01-02,"",\n')
    (tmp_path / "in" / "_old.csv").write_text("not,read\n")
    return tmp_path


@needs_spark
def test_csv_becomes_parquet_and_duckdb_agrees(csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = "schema=ts timestamp, name string, x double"
    code, (summary,), _ = run(capsys, "-P", schema, "-s", str(csv / "in"), "--to", str(csv / "in"))
    assert code == 0 and summary["coverage"]["seen"] == 2
    data = summary["data"]
    assert data["verified"] and data["rows"] == {"spark": 3, "duckdb": 3}
    assert data["checksum"]["spark"] == data["checksum"]["duckdb"]
    out = Path(summary["outputs"])
    assert out.is_relative_to(csv / "in" / "_fsxap" / "spark")
    assert {path.name[:5] for path in (out / "rows").iterdir()} == {"part-"}
    assert {path.name for path in out.iterdir()} == {"rows", "_manifest.json"}


@needs_spark
def test_headers_that_differ_end_the_job_without_a_manifest(csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (csv / "in" / "c.csv").write_text("ts,x,name\n2026-01-01,5,secret-value\n")
    code, _, err = run(capsys, "-s", str(csv / "in"), "--to", str(csv / "out"))
    assert code == 254 and "ended with code" in err and "secret-value" not in err
    assert not list((csv / "out").rglob("_manifest.json"))


@needs_spark
def test_permissions_are_counted_as_duckdb_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aces = [{"trustee": "Everyone", "access": "allow", "level": "full", "inherited": False, "mask": 1}]
    rows = [{"type": "acl", "path": f"/d/{n}", "kind": "file", "aces": aces * (n % 3)} for n in range(50)]
    (tmp_path / "in").mkdir()
    text = "\n".join(json.dumps(row) for row in [*rows, {"type": "summary"}])
    (tmp_path / "in" / "acl.jsonl").write_text(text)
    code, (summary,), _ = run(capsys, "-P", "job=acl-analysis", "-s", str(tmp_path / "in"), "--to", str(tmp_path / "o"))
    assert code == 0 and summary["data"]["verified"] and summary["data"]["rows"] == {"spark": 1, "duckdb": 1}


@needs_spark
def test_sensor_anomalies_are_those_of_manufacturing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import duckdb

    from tests.contract.test_sensor_queries import LIMITS, readings

    rows = [(row["line"], row["sensor"], row["metric"], row["ts"].replace(tzinfo=None), row["value"])
            for row in readings()]  # fmt: skip
    (tmp_path / "in").mkdir()
    database = duckdb.connect()
    database.execute("CREATE TABLE r (line VARCHAR, sensor VARCHAR, metric VARCHAR, ts TIMESTAMP, value DOUBLE)")
    database.executemany("INSERT INTO r VALUES (?, ?, ?, ?, ?)", rows)
    database.execute(f"COPY r TO '{tmp_path / 'in' / 'r.parquet'}'")
    # With one limit only, all scores of an event are alike.
    (tmp_path / "limits.csv").write_text(f"{LIMITS}plain,,,5.05,,\n")
    arguments = ("-P", "job=sensor-anomalies", "-P", f"limits={tmp_path / 'limits.csv'}")
    code, (summary,), _ = run(capsys, *arguments, "-s", str(tmp_path / "in"), "--to", str(tmp_path / "out"))
    assert code == 0 and summary["data"]["verified"]
    found = database.execute(f"SELECT rule, sensor, test FROM '{summary['outputs']}/rows/*.parquet'").fetchall()
    assert {("sensor-spike", "spiky", None), ("sensor-stuck", "stuck", None), ("sensor-drift", "drifting", None)} <= {
        *found
    }
    broken = {(sensor, test) for rule, sensor, test in found if rule == "sensor-out-of-range"}
    assert broken == {("specified", "specification"), ("plain", "specification")} | {
        ("controlled", f"western-electric-{number}") for number in range(1, 5)
    }


def stand_in(csv: Path, monkeypatch: pytest.MonkeyPatch, query: str, *, stray: bool = False) -> None:
    """A job that writes what `query` says, as Spark would."""
    import duckdb

    def submit(_script: Path, arguments: tuple[str, ...], **_: Any) -> None:
        out = Path(next(each for each in arguments if each.startswith("--out=")).removeprefix("--out="))
        (out / "rows").mkdir(parents=True)
        database, part = duckdb.connect(), out / "rows" / "part-0.parquet"
        database.execute(f"COPY ({query}) TO '{part}'")
        ((rows,),) = database.execute(f"SELECT count(*) FROM '{part}'").fetchall()
        if stray:
            (out / "rows" / "part-1.parquet").write_bytes(part.read_bytes())
        manifest = {"rows": rows, "files": [{"name": part.name, "size": part.stat().st_size}]}
        (out / "_manifest.json").write_text(json.dumps(manifest))

    monkeypatch.setattr("fsxap.providers.local.spark.submit", submit)


GOOD = "VALUES ('2026-01-01T00:00:00', 'a \"q\", é', '1.5'), ('2026-01-01', NULL, '2'), ('2026-01-02', NULL, NULL)"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (GOOD, 0),
        (GOOD.replace("'1.5'", "'1.6'"), 1),
        (GOOD.replace(", ('2026-01-02', NULL, NULL)", ""), 1),
    ],
)
def test_an_answer_that_differs_fails(
    csv: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, query: str, code: int
) -> None:
    stand_in(csv, monkeypatch, f"SELECT * FROM ({query}) AS t(ts, name, x)")
    found, (summary,), err = run(capsys, "-s", str(csv / "in"), "--to", str(csv / "out"))
    assert found == code and summary["data"]["verified"] is (code == 0)
    assert ("differ" in err) == bool(code)


def test_a_file_that_the_manifest_does_not_name(
    csv: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(csv, monkeypatch, f"SELECT * FROM ({GOOD}) AS t(ts, name, x)", stray=True)
    code, records, err = run(capsys, "-s", str(csv / "in"), "--to", str(csv / "out"))
    assert code == 254 and not records and "manifest" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-s", "s3://a-b-ext-s3alias/x", "--to", "./out"), "not one and then the other"),
        (("-s", "./in"), "--to LOCATION"),
        (("-s", "./in", "--to", "./out", "--limit", "3"), "leave out --limit"),
        (("-s", "./in", "--to", "./out", "--exclude", "b*", "--fail-on", "high"), "leave out --exclude, --fail-on"),
        (("-s", "./in", "--to", "./out", "-P", "job=nothing"), "must be one of"),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == 2 and told in err


def test_an_arn_is_not_an_alias(capsys: pytest.CaptureFixture[str]) -> None:
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/records"
    code, _, err = run(capsys, "-s", arn, "--to", arn)
    assert code == 2 and "alias" in err


def test_a_plan_runs_nothing(csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (plan,), _ = run(capsys, "-s", str(csv / "in"), "--to", str(csv / "out"), "--dry-run")
    assert code == 0 and plan["todo"] == 2 and not (csv / "out").exists()


@pytest.mark.parametrize(("answer", "cancelled"), [("y", True), ("n", False)])
def test_an_interrupted_watcher_is_asked(
    answer: str, cancelled: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io
    from types import SimpleNamespace

    from fsxap.cli import sparking

    asked: list[str] = []
    application = SimpleNamespace(cancel=asked.append, id="00app")
    warned: list[str] = []
    session: Any = SimpleNamespace(interactive=True, progress=SimpleNamespace(close=lambda: None), warn=warned.append)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    sparking._left(session, application, "00job")
    assert asked == (["00job"] if cancelled else []) and bool(warned) != cancelled
    assert "00job" in capsys.readouterr().err
