"""The search for slow drift, in Athena's dialect: the best ramp through the medians of equal parts of a series."""

# ruff: noqa: S608 - queries are made of our own text, checked names, numbers and quoted literals.
from __future__ import annotations

from fsxap.usecases.manufacturing_analytics.sql import EVIDENCE, SERIES, Query

FIT = 0.93
"""Share of the variance that a ramp must explain; half a period of a sine reaches 0.9."""
NOISY = 0.85
"""The share where what is left is no more than the noise: then nothing else is there to explain."""

_SAME = "{0}.line = {1}.line AND {0}.sensor = {1}.sensor AND {0}.metric = {1}.metric"
_WHOLE = f"PARTITION BY {SERIES}"
_UPTO = f"PARTITION BY {SERIES}, season ORDER BY k ROWS UNBOUNDED PRECEDING"
_ERROR = "1.2533e0 * s.sigma / sqrt(g.size)"
"""Of the median of a part."""


def _of_ramp(name: str) -> str:
    """The inner product of a vector with the ramp from a to b, from its prefix sums at both ends."""
    rising = f"(b.k{name} - a.k{name} - a.k * (b.s{name} - a.s{name})) / (b.k - a.k)"
    return f"{rising} + h.held * (a.t{name} - b.s{name}) AS h{name}"


# Up to 100 parts of equal size, each its exact median, so that spikes do not count. The strongest period of the
# differences, without their outliers, is the season; its sine and cosine are made orthogonal to the constant and to
# each other. For every start and end of a ramp, with what follows held at its end or back at the start, the least-
# squares fit of ramp and season together comes from prefix sums. A ramp has to rise through all its quarters (a step
# does not), by more than the noise and by half of the whole spread, and has to leave little but the noise (a part of
# a slow wave does not).
DRIFT = f"""
placed AS (
  SELECT {SERIES}, ts, value, row_number() OVER (PARTITION BY {SERIES} ORDER BY ts, value) AS n,
    lag(value) OVER (PARTITION BY {SERIES} ORDER BY ts, value) AS earlier,
    count(*) OVER (PARTITION BY {SERIES}) AS total
  FROM readings
), parted AS (
  SELECT {SERIES}, ts, value, least(100, total / 5) AS parts, (n - 1) * least(100, total / 5) / total + 1 AS k,
    CASE WHEN value < earlier THEN 1 ELSE 0 END AS fell, CASE WHEN value <> earlier THEN 1 ELSE 0 END AS changed
  FROM placed WHERE total >= 200
), gauges AS (
  SELECT {SERIES}, max(parts) AS total, count(*) / cast(max(parts) AS double) AS size FROM parted GROUP BY {SERIES}
  HAVING sum(fell) * 50 >= sum(changed) AND (sum(changed) - sum(fell)) * 50 >= sum(changed) AND sum(changed) >= 20
), ranked AS (
  SELECT {SERIES}, k, ts, value, row_number() OVER (PARTITION BY {SERIES}, k ORDER BY value) AS r,
    count(*) OVER (PARTITION BY {SERIES}, k) AS size
  FROM parted
), medians AS (
  SELECT {SERIES}, k, max(CASE WHEN r = (size + 1) / 2 THEN value END) AS y,
    max(CASE WHEN r = (size * 3 + 3) / 4 THEN value END) - max(CASE WHEN r = (size + 3) / 4 THEN value END) AS width,
    min(ts) AS started, max(ts) AS ended
  FROM ranked GROUP BY {SERIES}, k
), ordered AS (
  SELECT {SERIES}, y, width, row_number() OVER (PARTITION BY {SERIES} ORDER BY y) AS r,
    row_number() OVER (PARTITION BY {SERIES} ORDER BY width) AS w, count(*) OVER (PARTITION BY {SERIES}) AS parts
  FROM medians
), spread AS (
  SELECT {SERIES}, avg(y) AS middle, max(CASE WHEN w = (parts + 1) / 2 THEN width END) / 1.349e0 AS sigma,
    max(CASE WHEN r = (parts * 95 + 99) / 100 THEN y END) -
      max(CASE WHEN r = (parts * 5 + 99) / 100 THEN y END) AS reach
  FROM ordered GROUP BY {SERIES}
), centred AS (
  SELECT m.line AS line, m.sensor AS sensor, m.metric AS metric, m.k AS k, m.y - s.middle AS y, g.total AS total
  FROM medians AS m JOIN spread AS s ON {_SAME.format("s", "m")} JOIN gauges AS g ON {_SAME.format("g", "m")}
), differences AS (
  SELECT {SERIES}, k, total, y - lag(y) OVER ({_WHOLE} ORDER BY k) AS dy FROM centred
), sizes AS (
  SELECT {SERIES}, k, total, dy, row_number() OVER ({_WHOLE} ORDER BY abs(dy)) AS r, count(*) OVER ({_WHOLE}) AS n
  FROM differences WHERE dy IS NOT NULL
), usual AS (
  SELECT {SERIES}, max(CASE WHEN r = (n * 9 + 9) / 10 THEN abs(dy) END) AS most FROM sizes GROUP BY {SERIES}
), clipped AS (
  SELECT d.line AS line, d.sensor AS sensor, d.metric AS metric, d.k AS k, d.total AS total,
    greatest(-u.most, least(u.most, d.dy)) AS dy
  FROM sizes AS d JOIN usual AS u ON {_SAME.format("u", "d")}
), spectrum AS (
  SELECT {SERIES}, f.f / 4e0 / total AS freq, power(sum(dy * cos(2 * pi() * k * f.f / 4e0 / total)), 2)
    + power(sum(dy * sin(2 * pi() * k * f.f / 4e0 / total)), 2) AS strength
  FROM clipped CROSS JOIN UNNEST(sequence(8, 160)) AS f(f)
  WHERE f.f < 1.8e0 * total GROUP BY {SERIES}, total, f.f
), seasons AS (SELECT {SERIES}, max_by(freq, strength) AS freq FROM spectrum GROUP BY {SERIES}),
waves AS (
  SELECT y.line AS line, y.sensor AS sensor, y.metric AS metric, y.k AS k, y.y AS y, y.total AS total,
    cos(2 * pi() * y.k * s.freq) AS c, sin(2 * pi() * y.k * s.freq) AS s
  FROM centred AS y JOIN seasons AS s ON {_SAME.format("s", "y")}
), even AS (
  SELECT {SERIES}, k, y, total, c - avg(c) OVER ({_WHOLE}) AS c, s - avg(s) OVER ({_WHOLE}) AS s FROM waves
), turned AS (
  SELECT {SERIES}, k, y, total, c / sqrt(sum(c * c) OVER ({_WHOLE})) AS c,
    s - c * sum(s * c) OVER ({_WHOLE}) / sum(c * c) OVER ({_WHOLE}) AS s
  FROM even
), base AS (
  SELECT {SERIES}, k, y, total, e.season AS season, c * e.season AS c,
    s * e.season / sqrt(sum(s * s) OVER ({_WHOLE}, e.season)) AS s
  FROM turned CROSS JOIN UNNEST(sequence(0, 1)) AS e(season)
), sums AS (
  SELECT {SERIES}, season, k, cast(total AS double) AS parts,
    sum(y) OVER ({_UPTO}) AS sy, sum(k * y) OVER ({_UPTO}) AS ky, sum(y) OVER ({_WHOLE}, season) AS ty,
    sum(c) OVER ({_UPTO}) AS sc, sum(k * c) OVER ({_UPTO}) AS kc, sum(c) OVER ({_WHOLE}, season) AS tc,
    sum(s) OVER ({_UPTO}) AS ss, sum(k * s) OVER ({_UPTO}) AS ks, sum(s) OVER ({_WHOLE}, season) AS ts,
    sum(y * y) OVER ({_WHOLE}, season) AS yy, sum(y * c) OVER ({_WHOLE}, season) AS yc,
    sum(y * s) OVER ({_WHOLE}, season) AS ys
  FROM base
), ramps AS (
  SELECT a.line AS line, a.sensor AS sensor, a.metric AS metric, a.season AS season, a.k AS a, b.k AS b, h.held AS held,
    a.parts AS parts, a.ty AS ty, a.yy AS yy, a.yc AS yc, a.ys AS ys,
    a.yy - a.ty * a.ty / a.parts - a.yc * a.yc - a.ys * a.ys AS vary,
    (b.k - a.k + 1) / 2e0 + h.held * (a.parts - b.k) AS h1,
    (b.k - a.k + 1) * (2 * (b.k - a.k) + 1) / (6e0 * (b.k - a.k)) + h.held * (a.parts - b.k) AS hh,
    {_of_ramp("y")}, {_of_ramp("c")}, {_of_ramp("s")}
  FROM sums AS a JOIN sums AS b ON {_SAME.format("b", "a")} AND b.season = a.season AND b.k >= a.k + 8
  CROSS JOIN UNNEST(sequence(0, 1)) AS h(held)
), products AS (
  SELECT {SERIES}, season, a, b, parts, vary, yy, yc, ys, hc, hs, hy - h1 * ty / parts - hc * yc - hs * ys AS cov,
    hh - h1 * h1 / parts - hc * hc - hs * hs AS varh
  FROM ramps
), fits AS (
  SELECT {SERIES}, season, a, b, cov / varh AS rise, yc - cov / varh * hc AS cc, ys - cov / varh * hs AS cs,
    cov * cov / (varh * vary) AS fit, sqrt(greatest(0e0, vary - cov * cov / varh) / parts) AS rest
  FROM products WHERE vary > 1e-9 * yy AND varh > 1e-9
), best AS (
  SELECT {SERIES}, season, max(fit) AS fit, max_by(a, fit) AS a, max_by(b, fit) AS b, max_by(rise, fit) AS rise,
    max_by(cc, fit) AS cc, max_by(cs, fit) AS cs, max_by(rest, fit) AS rest
  FROM fits GROUP BY {SERIES}, season HAVING max(fit) >= {NOISY}e0
), quarters AS (
  SELECT f.line AS line, f.sensor AS sensor, f.metric AS metric, f.season AS season, f.fit AS fit, f.a AS a, f.b AS b,
    f.rise AS rise, f.rest AS rest, q.q AS q, avg(l.y - f.cc * l.c - f.cs * l.s) AS z
  FROM best AS f CROSS JOIN UNNEST(sequence(0, 4)) AS q(q)
  JOIN base AS l ON {_SAME.format("l", "f")} AND l.season = f.season
    AND l.k BETWEEN f.a + (f.b - f.a) * q.q / 4 - 1 AND f.a + (f.b - f.a) * q.q / 4 + 1
  WHERE q.q < 4 OR l.k <= f.b
  GROUP BY f.line, f.sensor, f.metric, f.season, f.fit, f.a, f.b, f.rise, f.rest, q.q
), climbs AS (
  SELECT {SERIES}, season, fit, a, b, rise, rest, z - lag(z) OVER ({_WHOLE}, season ORDER BY q) AS climb FROM quarters
), ramped AS (
  SELECT {SERIES}, season, a, b, rise, rest, fit FROM climbs
  GROUP BY {SERIES}, season, a, b, rise, rest, fit HAVING min(climb / rise) >= 0.08e0
), material AS (
  SELECT r.line AS line, r.sensor AS sensor, r.metric AS metric, r.a AS a, r.b AS b, r.rise AS rise,
    s.sigma AS sigma,
    row_number() OVER (PARTITION BY r.line, r.sensor, r.metric ORDER BY r.fit DESC, r.season) AS choice
  FROM ramped AS r JOIN spread AS s ON {_SAME.format("s", "r")} JOIN gauges AS g ON {_SAME.format("g", "r")}
  WHERE abs(r.rise) >= {{drift}} * s.sigma AND abs(r.rise) >= 0.5e0 * s.reach
    AND ((r.fit >= {FIT}e0 AND r.rest <= greatest(3 * {_ERROR}, 0.025e0 * abs(r.rise))) OR r.rest <= 1.4e0 * {_ERROR})
), located AS (
  SELECT m.line AS line, m.sensor AS sensor, m.metric AS metric, max(m.rise) AS rise, max(m.sigma) AS sigma,
    max(CASE WHEN d.k = m.a + 1 THEN d.started END) AS started, max(CASE WHEN d.k = m.b THEN d.ended END) AS ended,
    max(CASE WHEN d.k = m.a + 1 THEN d.y END) AS expected, count(*) AS points
  FROM material AS m JOIN medians AS d ON {_SAME.format("d", "m")} AND d.k BETWEEN m.a + 1 AND m.b
  WHERE m.choice = 1 GROUP BY m.line, m.sensor, m.metric
), rated AS (
  SELECT {SERIES}, started, ended, expected + rise AS value, expected,
    CASE WHEN sigma > 0 THEN abs(rise) / sigma ELSE 1e3 END AS score, points
  FROM located
)
SELECT {EVIDENCE} FROM rated ORDER BY {SERIES}
"""

QUERY = Query("sensor-drift", DRIFT)
