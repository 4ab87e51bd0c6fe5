"""What DuckDB is asked, how two answers are compared, and that scripts stay within what EMR runs."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from fsxap.engine import params
from fsxap.engine.types import Pattern
from fsxap.errors import ServiceError, UsageError
from fsxap.model import Item
from fsxap.patterns.spark import RUN, answers

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

SCRIPTS = sorted(Path("fsxap/patterns/spark/scripts").glob("*.py"))
ROWS = "SELECT * FROM (VALUES (1, 'a', 0.1::DOUBLE), (2, NULL, 2.5), (2, NULL, 2.5)) AS t(n, s, x)"


def parquet(path: Path, query: str) -> Path:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_python_3_9_and_import_only_what_spark_has(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else
                     [each.name for each in node.names] if isinstance(node, ast.Import) else [])
    }  # fmt: skip
    allowed = {"__future__", "argparse", "json", "functools", "typing", "pyspark", "publishing", "sensor_sql"}
    assert imported <= allowed


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a.csv", True),
        ("x/B.CSV", True),
        ("date=1/a.csv", True),
        ("_date=1/a.csv", True),
        ("_fsxap/spark/a.csv", False),
        (".snapshot/a.csv", False),
        ("x/_tmp.csv", False),
        ("a.csv.gz", False),
    ],
)
def test_inputs_are_those_that_spark_lists(key: str, expected: bool) -> None:
    assert answers.is_input("csv-to-parquet", Item(key, 1)) == expected


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("SELECT x, s, n FROM ({0}) ORDER BY n DESC", True),
        ("SELECT n, s, x + 1e-14 AS x FROM ({0})", True),
        ("SELECT n, s, x + 1e-6 AS x FROM ({0})", False),
        ("SELECT DISTINCT * FROM ({0})", False),
        ("SELECT n, coalesce(s, '') AS s, x FROM ({0})", False),
        ("SELECT n, s, x AS y FROM ({0})", False),
        ("SELECT n, s, x FROM ({0}) WHERE false", False),
    ],
)
def test_order_does_not_count_and_all_else_does(tmp_path: Path, other: str, same: bool) -> None:
    from fsxap.providers.local.answers_compared import compared

    written = parquet(tmp_path / "w.parquet", other.format(ROWS))
    one, two = compared(tmp_path, ROWS, [written], [])
    assert (one == two) == same and one.rows == 3


def test_nothing_but_the_files_named_is_read(tmp_path: Path) -> None:
    from fsxap.providers.local.answers_compared import compared

    written, other = parquet(tmp_path / "w.parquet", ROWS), parquet(tmp_path / "o.parquet", ROWS)
    with pytest.raises(ServiceError):
        compared(tmp_path / "scratch", f"SELECT * FROM '{other}'", [written], [])


def test_permissions_are_counted(tmp_path: Path) -> None:
    def line(path: str, *aces: tuple[str, str, str, bool]) -> str:
        names = ("trustee", "access", "level", "inherited")
        row = {"type": "acl", "path": path, "kind": "directory", "owner": "o"}
        return json.dumps(row | {"aces": [dict(zip(names, ace, strict=True)) | {"mask": 1} for ace in aces]})

    everyone, bob = ("Everyone", "allow", "full", False), ("bob", "deny", "write", True)
    rows = [line("/a", everyone, bob), line("/b", everyone, everyone), '{"type": "summary", "use_case": "x"}']
    path = tmp_path / "acl.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    found = duckdb.connect().execute(answers.acl([str(path)])).fetchall()
    assert sorted(found) == [
        ("Everyone", "allow", "full", False, "directory", 3, 2, "/a"),
        ("bob", "deny", "write", True, "directory", 1, 1, "/a"),
    ]


@pytest.mark.parametrize(
    "pair", ["schema=ts timestamp, x blob", "schema=a'b double", "delimiter=ab", "delimiter='", "window=2", "job=x"]
)
def test_what_a_job_cannot_take(pair: str) -> None:
    with pytest.raises(UsageError):
        params.parse(Pattern("spark", "", params=RUN), [pair], {})


def test_a_division_of_unknown_types_is_refused() -> None:
    from fsxap.providers.local.spark_dialect import to_spark

    tables = {"t": {"a": "bigint", "b": "double"}}
    steps = to_spark(
        "WITH u AS (SELECT a / 2 AS h, b / 2 AS q FROM t) SELECT h, q FROM u JOIN u AS v USING (h)", tables
    )
    assert [(name, shared) for name, _, shared in steps] == [("u", True), ("", False)]
    assert "DIV" in steps[0][1] and steps[0][1].count("DIV") == 1
    with pytest.raises(UsageError, match="are not known"):
        to_spark("SELECT mystery(a) / 2 AS h FROM t", tables)
