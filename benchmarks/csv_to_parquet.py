"""CSV to typed Parquet: the use case's whole ingest beside DuckDB, pyarrow and polars alone on the same file, by turns.

Each is a process of its own that tells the time and CPU of the work, without starting up. Only the ingest finds out the
encoding, the delimiter and the types, and sorts out the lines that do not fit; the others are told the types.
BENCH_ROWS and BENCH_TURNS set the sizes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import _measure, _peers

MADE = """
import sys, duckdb
duckdb.sql('''
COPY (SELECT i AS row_id, strftime(timestamp '2026-01-01' + to_seconds(i // 100), '%Y-%m-%d %H:%M:%S') AS timestamp,
  'S-' || lpad(cast(i % 100 AS varchar), 4, '0') AS sensor_id, 'temperature' AS metric,
  round(20 + random() * 5, 3) AS value, 'C' AS unit, 'line-' || (i % 4) AS line FROM range({rows}) AS t(i))
TO '{path}' (HEADER)
'''.format(path=sys.argv[1], rows=sys.argv[2]))
"""
INGEST = """
import types
from pathlib import Path
from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.providers.local.tabular import DuckTabular
from fsxap.usecases.manufacturing_analytics.ingest import ingest
def work(source, to):
    to.mkdir()
    tabular = DuckTabular(to / "scratch")
    params = {"encoding": "auto", "max_size": 1 << 40, "timezone": "UTC", "schema": ()}
    store = FolderStore(source.parent)
    kit = types.SimpleNamespace(params=params, tabular=tabular, source=store, sink=FolderStore(to / "out"))
    with tabular.folder() as scratch:
        rows = ingest(Item(source.name), kit, scratch).rows
    tabular.close()
    return rows
"""
DUCKDB = """
import duckdb
COLUMNS = ("{'row_id': 'VARCHAR', 'timestamp': 'TIMESTAMP', 'sensor_id': 'VARCHAR', 'metric': 'VARCHAR', "
    "'value': 'DOUBLE', 'unit': 'VARCHAR', 'line': 'VARCHAR'}")
def work(source, to):
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as database:
        reader = f"read_csv('{source}', columns={COLUMNS}, delim=',', header=true, auto_detect=false)"
        return database.execute(f"COPY (FROM {reader}) TO '{to}' (COMPRESSION zstd)").fetchall()[0][0]
"""
PYARROW = """
import pyarrow as pa
from pyarrow import csv, parquet
def work(source, to):
    types = {name: pa.string() for name in ("row_id", "sensor_id", "metric", "unit", "line")}
    types |= {"timestamp": pa.timestamp("us"), "value": pa.float64()}
    table = csv.read_csv(source, convert_options=csv.ConvertOptions(column_types=types))
    parquet.write_table(table, to, compression="zstd")
    return table.num_rows
"""
POLARS = """
import polars as pl
def work(source, to):
    types = {name: pl.String for name in ("row_id", "sensor_id", "metric", "unit", "line")}
    types |= {"timestamp": pl.Datetime("us"), "value": pl.Float64}
    pl.scan_csv(source, schema_overrides=types).sink_parquet(to, compression="zstd")
    return pl.scan_parquet(to).select(pl.len()).collect().item()
"""
TIMED = """
import json, pathlib, sys, time
begun, used = time.perf_counter(), time.process_time()
rows = work(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
print(json.dumps({"rows": rows, "seconds": time.perf_counter() - begun, "cpu": time.process_time() - used}))
"""


def timed(python: str, script: str, source: Path, folder: Path, rows: int) -> _measure.Run:
    said, number = folder / "said", len(list(folder.iterdir()))
    whole = _measure.run((python, "-c", script + TIMED, source, folder / f"to-{number}"), to=said)
    # DuckDB may draw its progress before.
    told = json.loads(said.read_text().splitlines()[-1])
    if told["rows"] != rows:
        raise RuntimeError(f"{told['rows']} rows came of {rows}")
    return _measure.Run(told["seconds"], told["cpu"], whole.peak_mb)


def main(*, quick: bool = False) -> dict[str, Any]:
    rows = 200_000 if quick else int(os.environ.get("BENCH_ROWS", "10000000"))
    turns = 1 if quick else int(os.environ.get("BENCH_TURNS", "3"))
    peers = {"duckdb": DUCKDB, "pyarrow": PYARROW, "polars": POLARS}
    with tempfile.TemporaryDirectory() as name:
        source, folder = Path(name, "in", "log.csv"), Path(name, "work")
        source.parent.mkdir()
        folder.mkdir()
        _measure.run((sys.executable, "-c", MADE, source, str(rows)))
        scripts = {peer: (_peers.python(peer), script) for peer, script in peers.items() if _peers.version(peer)}
        scripts["fsxap ingest"] = (sys.executable, INGEST)
        jobs: dict[str, _measure.Job] = {
            label: partial(timed, python, script, source, folder, rows) for label, (python, script) in scripts.items()
        }
        taken = _measure.by_turns(jobs, turns)
        size = source.stat().st_size
    us = taken.pop("fsxap ingest")
    best = min(taken, key=lambda label: _measure.best(taken[label]).seconds)
    against = _measure.ratio(us, taken[best], "seconds")
    return {
        "csv rows": rows,
        "csv bytes": size,
        "turns": turns,
        "peers": ", ".join(f"{peer} {_peers.version(peer)}" for peer in taken),
        "missing": "; ".join(f"{peer}: {_peers.missing(peer)}" for peer in peers if peer not in taken) or "nothing",
        "rows": [_row(label, runs) for label, runs in {"fsxap ingest": us, **taken}.items()],
        "figures": [_measure.figure("CSV to Parquet: time against the fastest of those beside it", "≤ 1.5", against)],
    }


def _row(label: str, runs: list[_measure.Run]) -> dict[str, Any]:
    best = _measure.best(runs)
    times = {"seconds": round(best.seconds, 2), "cpu_s": round(best.cpu, 2), "peak_mb": round(best.peak_mb)}
    return {"job": label, **times}
