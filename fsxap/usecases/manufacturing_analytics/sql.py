"""The analysis of readings, written once in Athena's dialect over (line, sensor, metric, ts, value).

Medians and percentiles are exact ranks: approximate ones differ between engines. Every answer has the columns of a
finding's evidence: line, sensor, metric, started, ended, value, expected, score, points.
"""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PART = 240
"""Readings, at least, over which the noise of a sensor is taken to be the same."""
SERIES = "line, sensor, metric"
EVIDENCE = "line, sensor, metric, started, ended, value, expected, score, points"


@dataclass(frozen=True, slots=True)
class Query:
    """`text` is a chain of CTEs over `readings` and the SELECT that ends it."""

    rule: str
    text: str

    def sql(self, params: Mapping[str, int | float], readings: str = "") -> str:
        """`readings` is the query that makes the table, where there is none of that name."""
        start = f"readings AS ({readings}), " if readings else ""
        return f"WITH {start}{self.text.format(**params)}"


# A point against the medians of what came before and after it. Both sides must agree that it stands out, and it must
# stand out more than the sides differ: steps, ramps and resets of counters do not. The noise is the median of the
# residuals, raised where their tail is heavier than a normal one, and never below the resolution of the sensor.
SPIKES = f"""
sided AS (
  SELECT {SERIES}, ts, value, row_number() OVER (PARTITION BY {SERIES} ORDER BY ts, value) AS n,
    count(*) OVER (PARTITION BY {SERIES}) AS total,
    array_sort(array_agg(value) OVER (PARTITION BY {SERIES} ORDER BY ts, value
      ROWS BETWEEN {{half}} PRECEDING AND 1 PRECEDING)) AS earlier,
    array_sort(array_agg(value) OVER (PARTITION BY {SERIES} ORDER BY ts, value
      ROWS BETWEEN 1 FOLLOWING AND {{half}} FOLLOWING)) AS later
  FROM readings
), levels AS (
  SELECT {SERIES}, ts, value, n, (n - 1) * greatest(1, total / {PART}) / total AS part,
    earlier[(cardinality(earlier) + 1) / 2] AS was, later[(cardinality(later) + 1) / 2] AS
    becomes
  FROM sided WHERE cardinality(earlier) >= 3 AND cardinality(later) >= 3
), residuals AS (
  SELECT {SERIES}, ts, value, n, part, (was + becomes) / 2 AS expected, abs(was - becomes) AS step,
    abs(value - (was + becomes) / 2) AS off,
    CASE WHEN (value - was) * (value - becomes) > 0 THEN least(abs(value - was), abs(value - becomes)) ELSE 0e0 END AS
    stands_out
  FROM levels
), placed AS (
  SELECT {SERIES}, part, off, row_number() OVER (PARTITION BY {SERIES} ORDER BY off) AS r,
    count(*) OVER (PARTITION BY {SERIES}) AS total,
    row_number() OVER (PARTITION BY {SERIES}, part, moved ORDER BY off) AS p,
    count(*) OVER (PARTITION BY {SERIES}, part, moved) AS size, moved
  FROM (SELECT {SERIES}, part, off, CASE WHEN off > 0 THEN 1 ELSE 0 END AS moved FROM residuals) AS seen
), near AS (
  SELECT {SERIES}, part, max(CASE WHEN moved = 1 AND p = (size + 1) / 2 THEN off ELSE 0e0 END) AS near,
    max(max(CASE WHEN r = (total + 1) / 2 THEN off END)) OVER (PARTITION BY {SERIES}) AS mid
  FROM placed GROUP BY {SERIES}, part
), scales AS (
  SELECT {SERIES}, part, CASE WHEN mid > 0 THEN greatest(near, mid / 4) ELSE 1e0 END AS scale FROM near
), scaled AS (
  SELECT r.line AS line, r.sensor AS sensor, r.metric AS metric, r.ts AS ts, r.value AS value, r.n AS n,
    r.expected AS expected, r.step AS step, r.stands_out AS stands_out, s.scale AS scale, r.off / s.scale AS off
  FROM residuals AS r JOIN scales AS s ON s.line = r.line AND s.sensor = r.sensor AND s.metric = r.metric
    AND s.part = r.part
), ranked AS (
  SELECT {SERIES}, off, row_number() OVER (PARTITION BY {SERIES} ORDER BY off) AS r,
    count(*) OVER (PARTITION BY {SERIES}) AS total
  FROM scaled
), spread AS (
  SELECT {SERIES}, max(total) AS total, max(CASE WHEN r = (total + 1) / 2 THEN off END) AS mid,
    max(CASE WHEN r = (total * 95 + 99) / 100 THEN off END) AS tail
  FROM ranked GROUP BY {SERIES} HAVING max(total) >= 20
), resolution AS (
  SELECT {SERIES}, min(apart) AS quantum FROM (
    SELECT {SERIES}, value - lag(value) OVER (PARTITION BY {SERIES} ORDER BY value) AS apart FROM readings
  ) AS sorted WHERE apart > 0 GROUP BY {SERIES}
), noise AS (
  SELECT s.line AS line, s.sensor AS sensor, s.metric AS metric, s.total AS total, q.quantum AS quantum,
    CASE WHEN s.mid > 0 THEN 1.4826e0 * s.mid * power(greatest(1e0, s.tail / (2.906e0 * s.mid)), 3)
      ELSE s.tail END AS sigma
  FROM spread AS s JOIN resolution AS q ON q.line = s.line AND q.sensor = s.sensor AND q.metric = s.metric
), flagged AS (
  SELECT r.line AS line, r.sensor AS sensor, r.metric AS metric, r.ts AS ts, r.value AS value, r.n AS n,
    r.expected AS expected, r.stands_out / greatest(s.quantum, s.sigma * r.scale) AS score, s.total AS total,
    r.n - lag(r.n) OVER (PARTITION BY r.line, r.sensor, r.metric ORDER BY r.n) AS apart
  FROM scaled AS r JOIN noise AS s ON s.line = r.line AND s.sensor = r.sensor AND s.metric = r.metric
  WHERE r.stands_out > {{threshold}} * greatest(s.quantum, s.sigma * r.scale) AND r.stands_out > r.step
), grouped AS (
  SELECT {SERIES}, ts, value, expected, score, total,
    sum(CASE WHEN apart <= 2 THEN 0 ELSE 1 END) OVER (PARTITION BY {SERIES} ORDER BY n) AS event
  FROM flagged
), events AS (
  SELECT {SERIES}, event, min(ts) AS started, max(ts) AS ended, max_by(value, score) AS value,
    max_by(expected, score) AS expected, max(score) AS score, count(*) AS points, max(total) AS total
  FROM grouped GROUP BY {SERIES}, event
), counted AS (
  SELECT {EVIDENCE}, total, count(*) OVER (PARTITION BY {SERIES}) AS events FROM events
)
SELECT {EVIDENCE} FROM counted WHERE events <= greatest(5, total / 50)
ORDER BY {SERIES}, started
"""

# A run of one value that is much longer than this sensor's usual runs. A value that it mostly holds for long is a
# state; what only ever rises is a counter; a run slid into at the sensor's lowest or highest value is saturation.
STUCK = f"""
moved AS (
  SELECT {SERIES}, ts, value, row_number() OVER (PARTITION BY {SERIES} ORDER BY ts, value) AS n,
    lag(value) OVER (PARTITION BY {SERIES} ORDER BY ts, value) AS earlier
  FROM readings
), marked AS (
  SELECT {SERIES}, ts, value, n, earlier,
    sum(CASE WHEN value = earlier THEN 0 ELSE 1 END) OVER (PARTITION BY {SERIES} ORDER BY n) AS run
  FROM moved
), runs AS (
  SELECT {SERIES}, run, min(ts) AS started, max(ts) AS ended, max(value) AS value, count(*) AS points,
    min_by(earlier, n) AS earlier
  FROM marked GROUP BY {SERIES}, run
), ranked AS (
  SELECT {SERIES}, points, row_number() OVER (PARTITION BY {SERIES} ORDER BY points) AS r,
    count(*) OVER (PARTITION BY {SERIES}) AS total
  FROM runs
), usual AS (
  SELECT {SERIES}, max(CASE WHEN r = (total * 95 + 99) / 100 THEN points END) AS longest FROM ranked GROUP BY {SERIES}
), brief AS (
  SELECT r.line AS line, r.sensor AS sensor, r.metric AS metric, r.value AS value, count(*) AS runs
  FROM runs AS r JOIN usual AS u ON u.line = r.line AND u.sensor = r.sensor AND u.metric = r.metric
  WHERE r.points < {{window}} OR r.points < 8 * u.longest GROUP BY r.line, r.sensor, r.metric, r.value
), changes AS (
  SELECT {SERIES}, min(value) AS lowest, max(value) AS highest,
    sum(CASE WHEN value < earlier THEN 1 ELSE 0 END) AS falls,
    sum(CASE WHEN value <> earlier THEN 1 ELSE 0 END) AS changes,
    avg(CASE WHEN value <> earlier THEN abs(value - earlier) END) AS stride
  FROM moved GROUP BY {SERIES}
), long AS (
  SELECT r.line AS line, r.sensor AS sensor, r.metric AS metric, r.started AS started, r.ended AS ended,
    r.value AS value, r.earlier AS expected, cast(r.points AS double) / u.longest AS score, r.points AS points,
    coalesce(b.runs, 0) AS brief, count(*) OVER (PARTITION BY r.line, r.sensor, r.metric, r.value) AS returns,
    CASE WHEN r.value IN (c.lowest, c.highest) AND abs(r.value - r.earlier) <= 3 * c.stride THEN 1 ELSE 0 END AS edge,
    CASE WHEN c.falls * 50 < c.changes THEN 1 ELSE 0 END AS counter
  FROM runs AS r
  JOIN usual AS u ON u.line = r.line AND u.sensor = r.sensor AND u.metric = r.metric
  JOIN changes AS c ON c.line = r.line AND c.sensor = r.sensor AND c.metric = r.metric
  LEFT JOIN brief AS b ON b.line = r.line AND b.sensor = r.sensor AND b.metric = r.metric AND b.value = r.value
  WHERE r.points >= {{window}} AND r.points >= 8 * u.longest
)
SELECT {EVIDENCE} FROM long WHERE (returns <= 2 OR brief >= 3 * returns) AND edge = 0 AND counter = 0
ORDER BY {SERIES}, started
"""

# Intervals far above the sensor's usual ones. `value` and `expected` are seconds.
GAPS = f"""
stamps AS (SELECT DISTINCT {SERIES}, ts FROM readings),
intervals AS (
  SELECT {SERIES}, lag(ts) OVER (PARTITION BY {SERIES} ORDER BY ts) AS started, ts AS ended,
    date_diff('millisecond', lag(ts) OVER (PARTITION BY {SERIES} ORDER BY ts), ts) AS ms
  FROM stamps
), ranked AS (
  SELECT {SERIES}, ms, row_number() OVER (PARTITION BY {SERIES} ORDER BY ms) AS r,
    count(*) OVER (PARTITION BY {SERIES}) AS total
  FROM intervals WHERE ms IS NOT NULL
), usual AS (
  SELECT {SERIES}, max(CASE WHEN r = (total + 1) / 2 THEN ms END) AS mid,
    max(CASE WHEN r = (total * 95 + 99) / 100 THEN ms END) AS tail
  FROM ranked GROUP BY {SERIES} HAVING max(total) >= 20
)
SELECT i.line AS line, i.sensor AS sensor, i.metric AS metric, i.started AS started, i.ended AS ended,
  i.ms / 1e3 AS value, u.mid / 1e3 AS expected, cast(i.ms AS double) / u.mid AS score, 0 AS points
FROM intervals AS i JOIN usual AS u ON u.line = i.line AND u.sensor = i.sensor AND u.metric = i.metric
WHERE i.ms > 5 * u.tail AND u.mid > 0
ORDER BY line, sensor, metric, started
"""

# `value` is how many readings share their time with another one, `expected` how many may.
DUPLICATES = f"""
stamps AS (SELECT {SERIES}, ts, count(*) AS readings FROM readings GROUP BY {SERIES}, ts HAVING count(*) > 1)
SELECT {SERIES}, min(ts) AS started, max(ts) AS ended, cast(sum(readings) - count(*) AS double) AS value,
  0e0 AS expected,
  cast(max(readings) AS double) AS score, sum(readings) AS points
FROM stamps GROUP BY {SERIES} ORDER BY {SERIES}
"""

QUERIES = (
    Query("sensor-spike", SPIKES),
    Query("sensor-stuck", STUCK),
    Query("sensor-gap", GAPS),
    Query("sensor-duplicate-time", DUPLICATES),
)
