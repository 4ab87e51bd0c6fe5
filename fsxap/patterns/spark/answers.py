"""What DuckDB is asked so that its answer can be held against a job's: SQL over the job's input files."""

# ruff: noqa: S608 - queries are made of our own text, checked names and quoted literals.
from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsxap.model import Item

KINDS = {"string": "VARCHAR", "int": "INTEGER"}
JUDGED = "sensor-out-of-range"
"""The rule that also says which test was failed."""
SUFFIXES = {"csv-to-parquet": ".csv", "acl-analysis": ".jsonl", "sensor-anomalies": ".parquet"}


def is_input(job: str, item: Item) -> bool:
    """As Spark chooses: by suffix, and nothing below what begins with a dot or underscore."""
    hidden = (part[:1] == "." or (part[:1] == "_" and "=" not in part) for part in item.key.split("/"))
    return item.key.lower().endswith(SUFFIXES[job]) and not any(hidden)


def csv(files: Sequence[str], header: Sequence[str], schema: str, delimiter: str) -> str:
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in header)
    wanted = dict(part.split() for part in schema.split(",")) if schema else {}
    chosen = ", ".join(f'CAST("{name}" AS {KINDS.get(kind, kind)}) AS "{name}"' for name, kind in wanted.items())
    return (
        f"SELECT {chosen or '*'} FROM read_csv({_list(files)}, columns={{{columns}}}, header=true, auto_detect=false, "
        f"delim={_text(delimiter)}, quote='\"', escape='\"', nullstr='', strict_mode=true)"
    )


def acl(files: Sequence[str]) -> str:
    entry = "STRUCT(trustee VARCHAR, access VARCHAR, level VARCHAR, inherited BOOLEAN)[]"
    columns = f"{{type: 'VARCHAR', path: 'VARCHAR', kind: 'VARCHAR', aces: '{entry}'}}"
    entries = (
        f"SELECT path, kind, unnest(aces, recursive := true) FROM read_json({_list(files)}, columns={columns}, "
        "format='newline_delimited') WHERE type = 'acl'"
    )
    return (
        "SELECT trustee, access, level, inherited, kind, count(*) AS entries, count(DISTINCT path) AS paths, "
        f"min(path) AS first_path FROM ({entries}) AS entry GROUP BY ALL"
    )


def anomalies(queries: Mapping[str, str]) -> str:
    """By rule, each in DuckDB's SQL over the table `rows`."""
    columns = "line, sensor, metric, started, ended, CAST(value AS DOUBLE) AS value"
    columns += ", CAST(expected AS DOUBLE) AS expected, CAST(score AS DOUBLE) AS score, points"
    return " UNION ALL ".join(
        f"SELECT '{rule}' AS rule, {columns}, {'test' if rule == JUDGED else 'CAST(NULL AS VARCHAR) AS test'} "
        f"FROM ({query}) AS found"
        for rule, query in queries.items()
    )


def _list(files: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, files))}]"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
