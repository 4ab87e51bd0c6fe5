"""CSV to typed Parquet: the use case's whole ingest against DuckDB alone on the same file, in turn."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.providers.local.tabular import DuckTabular
from fsxap.usecases.manufacturing_analytics.ingest import ingest

ROWS = int(os.environ.get("BENCH_ROWS", "10000000"))
TURNS = int(os.environ.get("BENCH_TURNS", "3"))
MADE = """
COPY (SELECT i AS row_id, strftime(timestamp '2026-01-01' + to_seconds(i // 100), '%Y-%m-%d %H:%M:%S') AS timestamp,
  'S-' || lpad(cast(i % 100 AS varchar), 4, '0') AS sensor_id, 'temperature' AS metric,
  round(20 + random() * 5, 3) AS value, 'C' AS unit, 'line-' || (i % 4) AS line FROM range({rows}) AS t(i))
TO '{path}' (HEADER)
"""
COLUMNS = (
    "{'row_id': 'VARCHAR', 'timestamp': 'TIMESTAMP', 'sensor_id': 'VARCHAR', 'metric': 'VARCHAR', "
    "'value': 'DOUBLE', 'unit': 'VARCHAR', 'line': 'VARCHAR'}"
)


def main() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        source = folder / "in" / "log.csv"
        duckdb.connect().execute(MADE.format(rows=ROWS, path=source))
        tabular = DuckTabular(folder / "scratch")
        params = {"encoding": "auto", "max_size": 1 << 40, "timezone": "UTC", "schema": ()}
        kit: Any = SimpleNamespace(
            params=params, tabular=tabular, source=FolderStore(folder / "in"), sink=FolderStore(folder / "out")
        )

        def bare() -> int:
            with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as database:
                reader = f"read_csv('{source}', columns={COLUMNS}, delim=',', header=true, auto_detect=false)"
                database.execute(f"COPY (FROM {reader}) TO '{folder / 'bare.parquet'}' (COMPRESSION zstd)")
            return ROWS

        def ours() -> int:
            with tabular.folder() as scratch:
                return ingest(Item("log.csv"), kit, scratch).rows

        jobs: dict[str, Callable[[], int]] = {"duckdb alone": bare, "ingest": ours}
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
        for _ in range(TURNS):
            for job, work in jobs.items():
                begun, used = time.perf_counter(), time.process_time()
                assert work() == ROWS
                seconds[job].append((time.perf_counter() - begun, time.process_time() - used))
        tabular.close()
        size = source.stat().st_size
    best = {job: tuple(map(min, zip(*taken, strict=True))) for job, taken in seconds.items()}
    rows = [
        {
            "job": job,
            "seconds": round(wall, 2),
            "cpu seconds": round(cpu, 2),
            "ratio": round(wall / best["duckdb alone"][0], 2),
        }
        for job, (wall, cpu) in best.items()
    ]
    return {"rows": rows, "csv rows": ROWS, "csv bytes": size, "turns": TURNS, "engine": f"duckdb {duckdb.__version__}"}
