from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _sensors
from fsxap.usecases.manufacturing_analytics.sample import write_sample
from tests import moto_server
from tests.e2e.program import Done, Program
from tests.usecases.drivers import by_lambda, rows, same

pytest.importorskip("duckdb")
cv2 = pytest.importorskip("cv2")

HEAD = "timestamp,sensor_id,metric,value\n"


def run(tmp_path: Path, source: Path, *more: str | Path) -> Done:
    where = ("-s", source, "--to", tmp_path / "out")
    return Program(tmp_path)("run-uc", "manufacturing-analytics", *where, *more)


def results(done: Done) -> dict[str, dict]:
    return {record["item"]["key"]: record for record in done.of("result")}


def parquet(tmp_path: Path, key: str) -> list[tuple]:
    import duckdb

    (path,) = (tmp_path / "out" / "parquet").glob(f"date=*/{key}.parquet")
    return duckdb.connect().execute("SELECT * FROM read_parquet(?, hive_partitioning=false)", [str(path)]).fetchall()


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plant") / "plant"
    write_sample(folder)
    return folder


@pytest.fixture(scope="module")
def sampled(plant: Path) -> Done:
    return run(plant.parent, plant, "--report", plant.parent / "report.html")


def test_the_command_line_and_lambda_give_equal_rows(sampled: Done, plant: Path) -> None:
    folder = plant.parent
    environ = {"FSXAP_SOURCE": str(plant), "FSXAP_TO": str(folder / "out")}
    answers = by_lambda("manufacturing-analytics", str(folder / "lambda"), environ)
    assert rows(folder / "lambda") == rows(folder / "state")
    assert answers["ended"]["coverage"] == sampled.summary["coverage"]
    assert answers["ended"]["findings"] == sampled.summary["findings"]


def test_an_access_point_gives_the_same_rows(sampled: Done, plant: Path, tmp_path: Path) -> None:
    """moto answers for S3; logs, Parquet and heat maps pass through the same bucket."""
    bucket = "plant-abc123-ext-s3alias"
    with moto_server.serving() as url:
        moto_server.bucket(url, bucket, moto_server.files(plant))
        where = ("-s", f"s3://{bucket}", "--to", f"s3://{bucket}", "--endpoint-url", url, "--engine", "sql=local")
        done = Program(tmp_path)("run-uc", "manufacturing-analytics", *where, **moto_server.ENVIRON)
    assert done.code == 0, done.err
    same(results(done), results(sampled))
    assert done.summary["findings"] == sampled.summary["findings"]


def test_the_sample_shows_what_it_was_made_for(sampled: Done, plant: Path) -> None:
    assert sampled.code == 0, sampled.err
    found = results(sampled)
    rules = {(f["rule"], f["evidence"].get("sensor", "")) for r in found.values() for f in r["findings"]}
    assert rules == {
        ("sensor-spike", "temperature"),
        ("sensor-stuck", "speed"),
        ("sensor-drift", "pressure"),
        ("sensor-gap", "temperature"),
        ("sensor-gap", "pressure"),
        ("sensor-gap", "speed"),
        ("inspection-defect", ""),
    }
    assert not [r for key, r in found.items() if key.startswith("line-2") and r["findings"]]
    assert found["line-2/press-20260105.csv"]["data"]["encoding"] == "cp932"
    assert found["golden/bracket/good.bmp"]["data"]["reason"] == "it is a reference picture"
    decisions = [r["data"]["decision"] for r in found.values() if r["data"].get("kind") == "inspection"]
    assert sorted(decisions) == ["fail", "pass"]
    picture = (plant.parent / "out" / "inspection" / "line-1" / "bracket" / "20260105-100500.bmp.png").read_bytes()
    assert cv2.imdecode(np.frombuffer(picture, np.uint8), 1).shape == (256, 512, 3)
    data = sampled.summary["data"]
    assert (data["rows"], data["set_aside"], data["yield"]) == (5700, 1, 0.5)
    assert [(link["sensor"], link["rule"], link["seconds_after_start"]) for link in data["links"]] == [
        ("temperature", "sensor-spike", 300)
    ]
    page = (plant.parent / "report.html").read_text()
    for words in ("Sensors by day", "Anomalies", "Yield", "<polyline"):
        assert words in page


def test_evidence_has_the_fields_of_the_contract(sampled: Done) -> None:
    for record in sampled.of("result"):
        for finding in record["findings"]:
            wanted = {"sensor", "metric", "start", "end", "value", "expected", "score"}
            assert finding["evidence"].keys() >= (
                wanted if finding["rule"].startswith("sensor") else {"boxes", "score"}
            )


LOGS = {
    "utf8.csv": lambda text: text.encode(),
    "bom.csv": lambda text: text.encode("utf-8-sig"),
    "utf16.csv": lambda text: text.encode("utf-16"),
    "sjis.csv": lambda text: text.encode("cp932"),
    "packed.csv.gz": lambda text: gzip.compress(text.encode("cp932")),
    "tabs.tsv": lambda text: text.replace(",", "\t").encode(),
    "comma.csv": lambda text: text.replace(",", ";").replace(".", ",").encode(),
    "crlf.csv": lambda text: text.replace("\n", "\r\n").encode("cp932"),
    "mac.csv": lambda text: text.replace("\n", "\r").encode(),
    "blank.csv": lambda text: text.replace("\n", "\n\n").encode(),
}


def test_one_log_in_many_spellings_gives_the_same_rows(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    body = "".join(f"2026-01-05 00:{at:02d}:00,計{at % 3:03d},温度,{at + 0.5}\n" for at in range(60))
    for name, written in LOGS.items():
        (source / name).write_bytes(written(HEAD + body))
    done = run(tmp_path, source, "-P", "timezone=Asia/Tokyo")
    assert done.code == 0, done.err
    want = [(datetime(2026, 1, 4, 15) + timedelta(minutes=at), f"計{at % 3:03d}", "温度", at + 0.5) for at in range(60)]
    for name in LOGS:
        assert parquet(tmp_path, name) == want, name
        assert results(done)[name]["data"]["set_aside"] == 0


def test_rows_in_are_rows_out_and_rows_set_aside(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    good = [f"2026-01-05 00:{at:02d}:00,s,t,{at}" for at in range(60)]
    bad = ["2026-01-05 00:00:00,s", '=cmd|"/c calc",s,t,1', "2026-01-05 00:00:00,s,t,warm", "a,b,c,d,e,f"]
    lines = [*good[:20], *bad[:2], *good[20:], *bad[2:]]
    (source / "ragged.csv").write_text(HEAD + "\n".join(lines))
    data = results(run(tmp_path, source))["ragged.csv"]["data"]
    assert (data["rows"], data["set_aside"]) == (60, 4)
    assert len(parquet(tmp_path, "ragged.csv")) == 60
    aside = (tmp_path / "out" / "set-aside" / "ragged.csv.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in aside[1:]] == ["22", "23", "64", "65"]
    assert "'=cmd" in aside[2]


@pytest.mark.parametrize(
    ("name", "body", "status", "says"),
    [
        ("a.csv", b"", "skipped", "empty"),
        ("a.csv", b"hello\nworld\n", "skipped", "no table"),
        ("a.csv.gz", b"not gzip", "failed", "gzip"),
        ("a.png", b"not a picture", "failed", "no picture"),
        ("a.csv", b"x,y\n1,2\n3,4\n", "ok", "no column says when"),
    ],
)
def test_what_cannot_be_used_says_why(name: str, body: bytes, status: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(body)
    record = results(run(tmp_path, tmp_path / "in"))[name]
    assert record["status"] == status
    told = record["data"].get("reason") or record["data"].get("note") or record["error"]["message"]
    assert says in told


def test_a_changed_first_day_leaves_no_old_parquet(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for day in (5, 6):
        body = "".join(f"2026-01-0{day} 00:{at:02d}:00,s,t,{at}\n" for at in range(30))
        (tmp_path / "in" / "a.csv").write_text(HEAD + body)
        assert run(tmp_path, tmp_path / "in").code == 0
    assert [path.parent.name for path in (tmp_path / "out" / "parquet").rglob("*.parquet")] == ["date=2026-01-06"]


def test_sensors_are_followed_across_files(tmp_path: Path) -> None:
    """A day in each file: the drift and the missing day show only in all of them."""
    source = tmp_path / "in"
    source.mkdir()
    noise = np.random.default_rng(4)
    for day in (1, 2, 3, 4, 6, 7, 8):
        level = 20 + max(0, day - 2) * 0.5 + np.linspace(0, 0.5 if day >= 2 else 0, 144)
        values = level + noise.normal(0, 0.3, 144)
        stamps = [datetime(2026, 1, day) + timedelta(minutes=10 * at) for at in range(144)]
        body = "".join(f"{stamp},s,t,{value:.3f}\n" for stamp, value in zip(stamps, values, strict=True))
        (source / f"day{day}.csv").write_text(HEAD + body)
    done = run(tmp_path, source)
    kept = (next((tmp_path / "state").rglob("findings.jsonl"))).read_text().splitlines()
    found = {row["rule"]: row for row in map(json.loads, kept)}
    assert found["sensor-gap"]["where"] == "day4.csv"
    assert found["sensor-gap"]["evidence"]["value"] == 87000
    assert found["sensor-drift"]["evidence"]["end"] > "2026-01-07"
    assert done.summary["data"]["anomalies"] == {"sensor-drift": 1, "sensor-gap": 1}
    assert done.summary["findings"]["high"] == 1


def test_limits_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    body = "".join(f"2026-01-05 00:{at:02d}:00,s,t,{9 if at == 30 else 5}\n" for at in range(60))
    (tmp_path / "in" / "a.csv").write_text(HEAD + body)
    (tmp_path / "limits.csv").write_text("sensor,lsl,usl\ns,1,8\n")
    done = run(tmp_path, tmp_path / "in", "-P", f"limits={tmp_path / 'limits.csv'}")
    (finding,) = (f for f in results(done)["a.csv"]["findings"] if f["rule"] == "sensor-out-of-range")
    assert (finding["evidence"]["value"], finding["evidence"]["expected"]) == (9, 8)
    (tmp_path / "limits.csv").write_text("sensor,lsl,usl\ns,1,10\n")
    again = run(tmp_path, tmp_path / "in", "-P", f"limits={tmp_path / 'limits.csv'}")
    assert not [f for f in results(again)["a.csv"]["findings"] if f["rule"] == "sensor-out-of-range"]


@pytest.mark.parametrize(
    "param",
    ["window=3", "threshold=-1", "timezone=Mars", "encoding=klingon", "schema=a", "golden=nowhere", "limits=no"],
)
def test_bad_parameters_are_usage_errors(param: str, tmp_path: Path, plant: Path) -> None:
    done = run(tmp_path, plant, "-P", param)
    assert done.code == 2, done.err
    assert not done.of("result")


def test_planted_faults_are_found_and_clean_sensors_are_quiet(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    faulty = _sensors.faulty(11, 2880)
    _sensors.write(str(tmp_path / "in" / "clean.csv"), _sensors.clean(11, 2880))
    _sensors.write(str(tmp_path / "in" / "faulty.csv"), faulty)
    found = results(run(tmp_path, tmp_path / "in"))
    assert found["clean.csv"]["findings"] == []
    told = [
        _sensors.Found(
            f["rule"],
            f["evidence"]["sensor"],
            _sensors.position(f["evidence"]["start"]),
            _sensors.position(f["evidence"]["end"]),
        )
        for f in found["faulty.csv"]["findings"]
    ]
    for rule in ("sensor-spike", "sensor-stuck", "sensor-gap"):
        assert _sensors.score(faulty, told, rule).f1 >= 0.9, rule
    assert all(error <= 0.1 for _, error in _sensors.bounds(faulty, told))


def test_textures_are_judged_by_good_pictures(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    noise = np.random.default_rng(2)
    for folder in ("in/golden/cloth", "in/cloth"):
        (tmp_path / folder).mkdir(parents=True)

    def weave() -> np.ndarray:
        y, x = np.mgrid[:256, :256]
        waves = 25 * np.sin(x * 0.8 + noise.uniform(0, 6)) * np.sin(y * 0.8 + noise.uniform(0, 6))
        return np.clip(120 + waves + noise.normal(0, 6, (256, 256)), 0, 255).astype(np.uint8)

    for at in range(10):
        cv2.imwrite(str(tmp_path / "in/golden/cloth" / f"{at}.png"), weave())
    cv2.imwrite(str(tmp_path / "in/cloth/good.png"), weave())
    cv2.imwrite(str(tmp_path / "in/cloth/hole.png"), cv2.circle(weave(), (100, 150), 12, 20, -1))
    found = results(run(tmp_path, tmp_path / "in", "-P", "golden=golden", "-P", "method=texture"))
    assert found["cloth/hole.png"]["data"]["decision"] == "fail"
    assert found["cloth/good.png"]["data"]["decision"] in ("pass", "review")
    assert found["cloth/good.png"]["data"]["score"] < found["cloth/hole.png"]["data"]["score"]
    assert "backbone" in found["cloth/hole.png"]["data"]["engine"]
    assert found["cloth/hole.png"]["data"]["learnt_from"] == 10
