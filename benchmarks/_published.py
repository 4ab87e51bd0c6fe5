"""The anomaly queries of AWS's published sample, in our words: for comparison, on the layout that it reads.

Its table has one row a reading, the time as text and no partitions: sensor_id, timestamp, value, metric_name, unit.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks._sensors import START, Found

AWAY = """
SELECT sensor_id, "timestamp", metric_name, value FROM "sensor_data"
WHERE abs(value - (SELECT avg(m.value) FROM "sensor_data" AS m WHERE m.metric_name = "sensor_data".metric_name))
  > 3 * (SELECT stddev(m.value) FROM "sensor_data" AS m WHERE m.metric_name = "sensor_data".metric_name)
ORDER BY "timestamp" DESC LIMIT 1000
"""
ABOVE = """
SELECT sensor_id, "timestamp", metric_name, value FROM "sensor_data"
WHERE value > (SELECT avg(m.value) + 3 * stddev(m.value) FROM "sensor_data" AS m
  WHERE m.metric_name = "sensor_data".metric_name)
ORDER BY "timestamp" DESC LIMIT 500
"""
METRICS = {"of the metric, over all sensors": "'reading'", "of each sensor": "sensor_id"}
"""What `metric_name` holds: as published, and as it would serve the query best."""
_TABLE = """
COPY (SELECT sensor_id, timestamp, value, {metric} AS metric_name, 'C' AS unit
  FROM read_csv('{log}', header=true, types={{'timestamp': 'VARCHAR'}})) TO '{parquet}'
"""


def found(log: Path, metric: str) -> list[Found]:
    """What both queries find in a log of _sensors.write, each reading once."""
    parquet = log.with_suffix(".sample.parquet")
    with duckdb.connect() as database:
        database.execute(_TABLE.format(metric=metric, log=log, parquet=parquet))
        database.execute(f"CREATE VIEW sensor_data AS FROM '{parquet}'")
        rows = {(row[0], row[1]) for query in (AWAY, ABOVE) for row in database.execute(query).fetchall()}
        times = {at: database.execute("SELECT epoch(?::timestamp)", [at]).fetchall()[0][0] for _, at in rows}
    minutes = [(sensor, (times[at] - START.timestamp()) / 60) for sensor, at in rows]
    return [Found("sensor-spike", sensor, at, at) for sensor, at in minutes]
