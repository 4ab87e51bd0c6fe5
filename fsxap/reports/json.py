"""The report as one JSON document, streamed: summary and sections, then findings one a line, then the verdict."""

from __future__ import annotations

from typing import TextIO

from fsxap.model import Record, Section
from fsxap.reports.report import Report
from fsxap.reports.selection import Census
from fsxap.reports.text import json_line
from fsxap.reports.verdict import judge


def write_json(report: Report, stream: TextIO) -> None:
    """Every finding in the order given. The verdict comes last because it counts them."""
    census = Census(report.generated)
    stream.write('{"type":"report",\n')
    for name, value in (
        ("title", report.heading),
        ("generated", report.generated),
        ("version", report.version),
        ("summary", report.summary.record()),
        ("sections", [section_record(section) for section in report.sections]),
    ):
        stream.write(f'"{name}":{json_line(value)},\n')
    stream.write('"findings":[')
    for at, finding in enumerate(census.watch(report.findings)):
        stream.write(f"{',' if at else ''}\n{json_line(finding.record())}")
    waived = {"total": census.waived, "expired": census.expired}
    stream.write(
        f'],\n"waived":{json_line(waived)},\n"verdict":{json_line(judge(report.summary, census).record())}}}\n'
    )


def section_record(section: Section) -> Record:
    return {
        "title": section.title,
        "kind": section.kind,
        "columns": list(section.columns),
        "rows": [list(row) for row in section.rows],
        "text": section.text,
        "note": section.note,
    }
