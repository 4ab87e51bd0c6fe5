"""What the logs and pictures of a run say together: days, anomalies, yield, and failures that follow anomalies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fsxap.engine.types import Digest, Kit
from fsxap.errors import ItemError, NotFound
from fsxap.model import SEVERITIES, Finding, Result, Section
from fsxap.ports import Table
from fsxap.usecases.manufacturing_analytics import together
from fsxap.usecases.manufacturing_analytics.across import Across
from fsxap.usecases.manufacturing_analytics.findings import stamp
from fsxap.usecases.manufacturing_analytics.images import EVIDENCE
from fsxap.usecases.manufacturing_analytics.pixels import thumbnail

MOST = 50_000
"""Anomalies and failed pictures that are put to SQL; days of a sensor that are summed up."""
SHOWN = 200
AT_ONCE = 50
PICTURES = 12
"""Pictures in the report; all of them lie beside the results."""

_ANOMALIES = {
    "line": "varchar",
    "sensor": "varchar",
    "rule": "varchar",
    "started": "timestamp",
    "ended": "timestamp",
    "file": "varchar",
}
_FAILED = {"picture": "varchar", "line": "varchar", "product": "varchar", "decision": "varchar", "taken": "timestamp"}

LINKS = """
SELECT f.picture AS picture, f.decision AS decision, f.line AS line, a.sensor AS sensor, a.rule AS rule,
  min(date_diff('second', a.started, f.taken)) AS seconds_after_start
FROM failed AS f JOIN anomalies AS a ON a.line = f.line
WHERE f.taken >= a.started AND date_diff('second', a.ended, f.taken) <= {seconds}
GROUP BY f.picture, f.decision, f.line, a.sensor, a.rule
ORDER BY picture, seconds_after_start, sensor, rule LIMIT 200
"""


@dataclass(slots=True)
class Totals:
    """Bounded, whatever the size of the run; `left_out` says what a bound cut off."""

    counts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    days: dict[tuple[str, str, str, str], list[float]] = field(default_factory=dict)
    pictures: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    scores: Counter[tuple[float, str]] = field(default_factory=Counter)
    anomalies: list[Finding] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        data = result.data
        if data.get("kind") == "inspection":
            self._picture(result, data)
        elif "rows" in data:
            self.counts["logs"] += 1
            self.counts["rows"] += data["rows"]
            self.counts["set_aside"] += data["set_aside"]
            for name in ("series_omitted", "days_omitted", "findings_omitted"):
                self.left_out[name] += data.get(name, 0)
            for row in data.get("days", ()):
                self._day(row)
        self.judge(result.findings)

    def judge(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.rules[finding.rule] += 1
            if not finding.rule.startswith("sensor-"):
                continue
            if len(self.anomalies) < MOST:
                self.anomalies.append(finding)
            else:
                self.left_out["anomalies"] += 1

    def _day(self, row: Mapping[str, Any]) -> None:
        key = (row["line"], row["sensor"], row["metric"], row["day"])
        if key not in self.days and len(self.days) >= MOST:
            self.left_out["days"] += 1
            return
        low, high, mean, number = row["lowest"], row["highest"], row["mean"], row["readings"]
        kept = self.days.setdefault(key, [low, high, 0.0, 0])
        self.days[key] = [min(kept[0], low), max(kept[1], high), kept[2] + mean * number, kept[3] + number]

    def _picture(self, result: Result, data: Mapping[str, Any]) -> None:
        self.counts["pictures"] += 1
        self.pictures[(data["line"], data["product"], str(data["taken"])[:10], data["decision"])] += 1
        if "score" in data:
            self.scores[int(data["score"] * 10) / 10, data["decision"]] += 1
        if data["decision"] in ("fail", "review"):
            names = ("line", "product", "decision", "taken")
            if len(self.failed) < MOST:
                self.failed.append({"picture": result.item.key} | {name: data[name] for name in names})
            else:
                self.left_out["failed"] += 1


def summarise(results: Iterable[Result], kit: Kit) -> Digest:
    totals, across = Totals(), Across()
    for result in results:
        totals.add(result)
        across.add(result)
    findings = across.findings(kit)
    totals.judge(findings)
    hours, links = _asked(totals, across, kit)
    lines = tuple(together.findings(hours, float(kit.params["rate"])))
    totals.judge(lines)
    pictures = _pictures(totals, kit)
    decisions = _decisions(totals)
    data = {
        **dict(totals.counts),
        "anomalies": dict(sorted(totals.rules.items())),
        "decisions": decisions,
        "yield": _yield(decisions),
        "links": links[:SHOWN],
        "across_files": across.left_out or "done",
        "left_out": {name: number for name, number in sorted(totals.left_out.items()) if number},
    }
    usage: dict[str, int] = {}
    if totals.anomalies or across.parts:
        data["sql"] = kit.sql.engine
        usage = dict(kit.sql.usage())
    return Digest(data, (*_sections(totals, across, hours, links), *pictures), usage, (*findings, *lines))


def _asked(totals: Totals, across: Across, kit: Kit) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Hours in which several sensors of a line were off, and failed pictures soon after anomalies of their line."""
    if not totals.anomalies:
        return [], []
    sensors = Counter(line for line, _sensor in {key[:2] for key in across.parts})
    tables = [
        Table("anomalies", _ANOMALIES, map(_anomaly, totals.anomalies)),
        Table("failed", _FAILED, totals.failed),
        Table("sensors", together.SENSORS, ({"line": line, "sensors": number} for line, number in sensors.items())),
    ]
    kit.sql.load(tables)
    links = kit.sql.query(LINKS.format(seconds=int(kit.params["link_minutes"]) * 60)) if totals.failed else ()
    return together.hours(kit.sql.query), list(links)


def _anomaly(finding: Finding) -> dict[str, Any]:
    about = finding.evidence
    return {
        "line": about["line"],
        "sensor": about["sensor"],
        "rule": finding.rule,
        "started": about["start"],
        "ended": about["end"],
        "file": finding.where,
    }


def _decisions(totals: Totals) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for (_line, _product, _day, decision), number in totals.pictures.items():
        counted[decision] += number
    return dict(sorted(counted.items()))


def _yield(decisions: Mapping[str, int]) -> float | None:
    """The share of judged pictures that pass; those to review count as not passed. None without any."""
    judged = sum(decisions.get(name, 0) for name in ("pass", "fail", "review"))
    return round(decisions.get("pass", 0) / judged, 4) if judged else None


def _sections(
    totals: Totals, across: Across, hours: list[dict[str, Any]], links: list[dict[str, Any]]
) -> Iterator[Section]:
    if totals.counts["logs"]:
        facts = [(name, totals.counts[name]) for name in ("logs", "rows", "set_aside")]
        told = [across.left_out] if across.left_out else []
        told += [f"{name.replace('_', ' ')}: {number}" for name, number in totals.left_out.items() if number]
        yield Section("Logs", "facts", ("fact", "value"), tuple(facts), note="; ".join(told))
        yield Section("Sensors by day", "table", _DAY_COLUMNS, tuple(_day_rows(totals)))
    if totals.anomalies:
        yield Section("Anomalies", "table", _ANOMALY_COLUMNS, tuple(_anomaly_rows(totals)))
        bars = tuple((rule, number) for rule, number in totals.rules.most_common() if rule.startswith("sensor-"))
        yield Section("Anomalies by rule", "bars", ("rule", "findings"), bars)
    if at_once := sorted((row for row in hours if row["faulty"] > 1), key=lambda row: -row["rate"])[:AT_ONCE]:
        note = "several sensors of one line off in one hour point at the line rather than at a sensor"
        named = ("faulty", "sensors", "rate", "anomalies", "trace")
        rows = tuple((r["line"], stamp(r["hour"]), *(r[name] for name in named)) for r in at_once)
        yield Section("Several sensors at once", "table", ("line", "hour", *named[:-1], "course"), rows, note=note)
    if totals.pictures:
        columns = ("line", "product", "day", "pass", "fail", "review", "not-judged", "yield")
        yield Section("Yield", "table", columns, tuple(_yield_rows(totals)))
    if totals.scores:
        bars = tuple((f"from {low} {decision}", number) for (low, decision), number in sorted(totals.scores.items()))
        yield Section("Scores of pictures", "bars", ("score and decision", "pictures"), bars, note=_CALIBRATE)
    if links:
        note = "by time and line only: what comes after an anomaly need not come of it"
        yield Section(
            "Pictures after anomalies", "table", tuple(links[0]), tuple(tuple(r.values()) for r in links), note=note
        )


_CALIBRATE = (
    "pictures fail from `reject` and are to be looked at from `review` on; both belong where good pictures end, and a "
    "picture that was taken badly is looked at whatever its score"
)
_DAY_COLUMNS = ("line", "sensor", "metric", "day", "readings", "lowest", "mean", "highest")
_ANOMALY_COLUMNS = (
    "severity",
    "rule",
    "line",
    "sensor",
    "metric",
    "start",
    "end",
    "value",
    "expected",
    "score",
    "course",
)


def _day_rows(totals: Totals) -> Iterator[tuple[Any, ...]]:
    for key, (low, high, total, number) in sorted(totals.days.items()):
        yield (*key, int(number), _short(low), _short(total / number), _short(high))


def _anomaly_rows(totals: Totals) -> Iterator[tuple[Any, ...]]:
    """The worst first; `course` is drawn as a small line."""
    ranked = sorted(totals.anomalies, key=lambda each: (SEVERITIES.index(each.severity), -each.evidence["score"]))
    for finding in ranked[:SHOWN]:
        about = finding.evidence
        named = (about[name] for name in ("line", "sensor", "metric", "start", "end", "value", "expected", "score"))
        yield (finding.severity, finding.rule, *named, list(about.get("trace", ())))


def _pictures(totals: Totals, kit: Kit) -> tuple[Section, ...]:
    """The first failed and doubtful pictures beside their heat maps, failed ones first."""
    ranked = sorted(totals.failed, key=lambda row: (row["decision"], row["taken"], row["picture"]))[:PICTURES]
    rows = []
    for row in ranked:
        try:
            shown = thumbnail(kit.sink.read(EVIDENCE.format(row["picture"])))
        except (NotFound, ItemError):
            shown = ""
        rows.append((f"{row['decision']}: {row['picture']}", shown))
    return (Section("Failed and doubtful pictures", "image", rows=tuple(rows)),) if rows else ()


def _yield_rows(totals: Totals) -> Iterator[tuple[Any, ...]]:
    for place in sorted({key[:3] for key in totals.pictures}):
        decisions = {name: totals.pictures[(*place, name)] for name in ("pass", "fail", "review", "not-judged")}
        yield (*place, *decisions.values(), _yield(decisions))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
