"""How records look to a person: one line each, aligned, streamed, nothing interpreted."""

from __future__ import annotations

from typing import Any

from fsxap.cli.terminal import visible
from fsxap.model import SEVERITIES, Record

Column = tuple[str, str, int]
"""Title, dotted field, width; 0 takes the rest of the line."""

COLUMNS: dict[str, tuple[Column, ...]] = {
    "item": (("MODIFIED", "modified", 20), ("SIZE", "size", -12), ("KEY", "key", 0)),
    "result": (("STATUS", "status", 9), ("FINDINGS", "findings", -8), ("KEY", "item.key", 0)),
    "finding": (("SEVERITY", "severity", 8), ("RULE", "rule", 24), ("WHERE", "where", 40), ("MESSAGE", "message", 0)),
    "acl": (("STYLE", "style", 6), ("OWNER", "owner", 28), ("ACES", "aces", -4), ("PATH", "path", 0)),
    "setting": (("SETTING", "name", 18), ("VALUE", "value", 32), ("ORIGIN", "origin", 0)),
    "estimate": (
        ("SERVICE", "service", 22),
        ("ITEM", "item", 40),
        ("QUANTITY", "quantity", -14),
        ("USD", "usd", -12),
        ("LOW", "low", -12),
        ("HIGH", "high", -12),
    ),
    "check": (("STATUS", "status", 6), ("LAYER", "layer", 20), ("CHECK", "check", 26), ("DETAIL", "detail", 0)),
    "found": (("KIND", "kind", 12), ("VALUE", "value", 44), ("ID", "id", 24), ("ABOUT", "about", 0)),
    "attribute": (("TAG", "tag", 11), ("ATTRIBUTE", "name", 36), ("ACTION", "action", 7), ("WHY", "why", 0)),
    "run": (("RUN", "run", 24), ("USE CASE", "use_case", 24), ("STAGE", "stage", 10), ("SOURCE", "source", 0)),
    "change": (("ACTION", "action", 8), ("KIND", "kind", 36), ("NAME", "name", 28), ("DETAIL", "detail", 0)),
    "stack": (("STATUS", "status", 24), ("DRIFT", "drift", 12), ("STACK", "name", 0)),
    "schedule": (("STATE", "state", 9), ("EXPRESSION", "expression", 28), ("TIMEZONE", "timezone", 0)),
    "execution": (
        ("STARTED", "started", 20),
        ("STATUS", "status", 10),
        ("FAILED", "coverage.failed", -8),
        ("MISSING", "coverage.missing", -8),
        ("REPORT", "report", 0),
    ),
    "file": (("SIZE", "size", -12), ("PATH", "path", 0)),
    "param": (("PARAMETER", "name", 16), ("TYPE", "kind", 9), ("DEFAULT", "default", 12), ("MEANING", "help", 0)),
}
COLOURS = {
    "critical": "1;31",
    "high": "31",
    "medium": "33",
    "low": "36",
    "info": "2",
    "failed": "31",
    "fail": "31",
    "warn": "33",
}


def row_text(record: Record, *, head: bool, colour: bool) -> str:
    """A record as a table row, with the table's head before its first row. Unchanged results are only counted."""
    kind = record["type"]
    if kind == "summary":
        return summary_text(record, colour=colour)
    if kind == "result" and record["status"] == "unchanged":
        return ""
    columns = COLUMNS.get(kind) or tuple((name.upper(), name, 0) for name in sorted(record) if name != "type")
    cells = [_fit(_text(record, field), width) for _, field, width in columns]
    line = "  ".join(cells).rstrip()
    if kind == "result" and record.get("error"):
        line += f"  ({visible(record['error']['code'])}: {visible(record['error']['message'])})"
    mark = COLOURS.get(str(record.get("severity") or record.get("status") or ""))
    if kind == "check" and record["status"] in ("warn", "fail") and record.get("hint"):
        line += f"\n{'':8}{visible(record['hint'])}"
    if colour and mark:
        line = f"\x1b[{mark}m{line}\x1b[0m"
    if head:
        title = "  ".join(_fit(title, width) for title, _, width in columns).rstrip()
        line = (f"\x1b[1m{title}\x1b[0m" if colour else title) + "\n" + line
    return line


def _text(record: Record, field: str) -> str:
    value: Any = record
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, list | dict):
        return str(len(value))
    return "-" if value is None else visible(str(value))


def _fit(text: str, width: int) -> str:
    if width < 0:
        return text.rjust(-width)
    return text.ljust(width) if width else text


def summary_text(record: Record, *, colour: bool) -> str:
    """Coverage first, then findings, then where to look."""
    coverage, findings = record["coverage"], record["findings"]
    told = [f"{coverage[name]} {name}" for name in coverage if name != "seen" and coverage[name]]
    found = [f"{findings[name]} {name}" for name in SEVERITIES if findings.get(name)]
    lines = [
        f"{visible(record['use_case'])}  {visible(record['source'])}",
        f"  coverage  {coverage.get('seen', 0)} seen: {', '.join(told) or 'nothing'}",
        f"  findings  {', '.join(found) or 'none'}",
    ]
    if record.get("failures"):
        lines.append("  failures  " + ", ".join(f"{n} {visible(code)}" for code, n in record["failures"].items()))
    if record.get("cost", {}).get("usd", "0.00") != "0.00":
        lines.append(f"  cost      ${record['cost']['usd']} (prices of {record['cost']['prices_dated']})")
    if record.get("outputs"):
        lines.append(f"  outputs   {visible(record['outputs'])}")
    if record.get("report"):
        lines.append(f"  report    {visible(record['report'])}")
    if not record.get("complete", True):
        lines.append("  stopped before the end; run it again to go on")
    if colour:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    return "\n" + "\n".join(lines)
