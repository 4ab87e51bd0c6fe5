"""Anomalies across all readings below a folder: the queries of manufacturing-analytics, over every file at once."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

from publishing import files, options, publish, session
from sensor_sql import QUERIES

LIMITS = "sensor string, metric string, lsl double, usl double, lcl double, ucl double"


def main() -> None:
    parser = options("anomalies in readings that are Parquet")
    parser.add_argument(
        "--readings",
        default="SELECT line, sensor, metric, ts, value FROM rows WHERE value IS NOT NULL AND ts IS NOT NULL",
        help="what makes line, sensor, metric, ts and value of the table `rows`, in Spark's SQL",
    )
    parser.add_argument("--threshold", type=float, default=5.0, help="robust deviations that a spike stands out by")
    parser.add_argument("--window", type=int, default=15, help="readings around a point, and the shortest stuck run")
    parser.add_argument("--drift", type=float, default=3.0, help="deviations that a level moves by")
    parser.add_argument(
        "--limit",
        dest="limits",
        action="append",
        default=[],
        help="[sensor, metric, lsl, usl, lcl, ucl] as JSON, null for none; an empty metric is each of them; repeat",
    )
    given = parser.parse_args()
    spark = session("fsxap sensor-anomalies")
    rows = files(spark, ".parquet").option("mergeSchema", "true").parquet(given.source)
    rows.createOrReplaceTempView("rows")
    spark.sql(given.readings).localCheckpoint(False).createOrReplaceTempView("readings")
    numbers = {"threshold": given.threshold, "window": given.window, "half": given.window // 2, "drift": given.drift}
    limits = [limit(each) for each in given.limits]
    spark.createDataFrame(limits, LIMITS).createOrReplaceTempView("limits")
    rules = [rule for rule in sorted(QUERIES) if limits or rule != "sensor-out-of-range"]
    found = [answer(spark, rule, QUERIES[rule], numbers) for rule in rules]
    publish(spark, reduce(lambda one, other: one.unionByName(other), found), given.out)


def limit(text: str) -> tuple[Any, ...]:
    sensor, metric, *numbers = json.loads(text)
    return (sensor, metric, *(None if each is None else float(each) for each in numbers))


def answer(spark: Any, rule: str, steps: Any, numbers: dict[str, float]) -> Any:
    """The rule's findings. What several steps read is cut off from its plan, which else doubles with each of them."""
    for name, shared, text in steps:
        frame = spark.sql(text.format(**numbers))
        if name:
            (frame.localCheckpoint(False) if shared else frame).createOrReplaceTempView(name)
    columns = ("line", "sensor", "metric", "started", "ended")
    doubles = [f"cast({each} AS double) AS {each}" for each in ("value", "expected", "score")]
    test = "test" if "test" in frame.columns else "cast(NULL AS string) AS test"
    return frame.selectExpr(f"'{rule}' AS rule", *columns, *doubles, "cast(points AS bigint) AS points", test)


if __name__ == "__main__":
    main()
