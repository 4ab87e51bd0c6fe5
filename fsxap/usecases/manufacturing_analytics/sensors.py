"""One log: ingested, analysed, and described so that the run can look across files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsxap.engine.types import Kit
from fsxap.errors import ItemError
from fsxap.model import Finding, Item, Result
from fsxap.usecases.manufacturing_analytics import limits
from fsxap.usecases.manufacturing_analytics.findings import (
    DAYS,
    SERIES_FACTS,
    analyse,
    facts,
    stamp,
    traced,
)
from fsxap.usecases.manufacturing_analytics.ingest import Ingested, ingest

DESCRIBED = 1000
"""Series, and days of series, that a result describes; the rest is counted."""


def process(item: Item, kit: Kit, judged: tuple[limits.Limits, ...]) -> Result:
    if item.size == 0:
        return Result.skipped(item, "it is empty")
    with kit.tabular.folder() as folder:
        try:
            made = ingest(item, kit, folder)
        except ItemError as error:
            if error.code == "no-table":
                return Result.skipped(item, error.message, engine=kit.tabular.engine)
            raise
        data = made.record() | {"engine": kit.tabular.engine}
        usage = {"bytes_read": item.size, "rows_read": made.rows + made.aside}
        if made.layout is None:
            note = "no column says when, or none is measured: the rows are Parquet, and nothing was analysed"
            return Result(item, "ok", data | {"note": note}, made.outputs, usage=usage)
        more, findings = _analysed(item, kit, made, judged)
    return Result(item, "ok", data | more, made.outputs, findings, usage)


def _analysed(
    item: Item, kit: Kit, made: Ingested, judged: tuple[limits.Limits, ...]
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    if made.layout is None:
        raise ValueError("a file without layout is not analysed")
    where = {"rows": made.parquet}

    def ask(sql: str) -> Iterator[dict[str, Any]]:
        return kit.tabular.query(sql, where)

    source = made.layout.readings(made.sniffed.labels)
    series = list(facts(ask, SERIES_FACTS, source))
    days = list(facts(ask, DAYS, source))
    found = analyse(ask, kit.params, judged, lambda _row: item.key, source)
    about = {(row["line"], row["sensor"], row["metric"]): row for row in series}
    findings = traced(ask, found.findings, about, source)
    data = {
        "series": [_plain(row) for row in series[:DESCRIBED]],
        "days": [_plain(row) for row in days[:DESCRIBED]],
        "series_omitted": max(0, len(series) - DESCRIBED),
        "days_omitted": max(0, len(days) - DESCRIBED),
        "findings_omitted": found.omitted,
    }
    return data, findings


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for name, value in row.items():
        if name in ("first", "last"):
            shown[name] = stamp(value)
        elif isinstance(value, float):
            shown[name] = float(f"{value:.9g}")
    return shown
