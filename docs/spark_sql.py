"""Makes the queries of manufacturing-analytics a module that a Spark job can import, which has no parser with it."""

from __future__ import annotations

import json

from fsxap.providers.local.spark_dialect import to_spark
from fsxap.usecases.manufacturing_analytics.limits import JUDGED
from fsxap.usecases.manufacturing_analytics.sql import QUERIES
from fsxap.usecases.manufacturing_analytics.sql_drift import QUERY as DRIFT

TABLES = {
    "readings": {"line": "varchar", "sensor": "varchar", "metric": "varchar", "ts": "timestamp", "value": "double"},
    "limits": {"sensor": "varchar", "metric": "varchar"} | dict.fromkeys(("lsl", "usl", "lcl", "ucl"), "double"),
}
STAND_INS: dict[str, int | float] = {"threshold": 7001.5, "window": 7003, "half": 7005, "drift": 7007.5}
"""Numbers that are in no query, while it is translated."""


def module() -> str:
    lines = [
        '"""The queries of manufacturing-analytics in Spark\'s SQL. Made by `make docs`; not to be edited."""',
        "",
        "# ruff: noqa: E501",
        "# fmt: off",
        "from __future__ import annotations",
        "",
        "QUERIES = {",
    ]
    for query in (*QUERIES, DRIFT, JUDGED):
        lines.append(f'    "{query.rule}": (')
        for name, text, shared in to_spark(query.sql(STAND_INS), TABLES):
            for parameter, number in STAND_INS.items():
                text = text.replace(str(number), f"{{{parameter}}}")
            lines.append(f'        ("{name}", {shared}, {json.dumps(text)}),')
        lines.append("    ),")
    return "\n".join([*lines, "}", ""])
