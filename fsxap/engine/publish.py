"""Keeps what a report is made of with its run, and writes reports from it, now or later."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from fsxap import __version__
from fsxap.engine.runs import Run
from fsxap.engine.state import State, reading
from fsxap.engine.types import UseCase
from fsxap.model import SEVERITIES, Finding, Section, Summary, dumps, now

if TYPE_CHECKING:
    from fsxap.reports import Report

FORMATS = ("html", "md", "csv", "json", "sarif", "ocsf")


def keep(state: State, run: Run, sections: tuple[Section, ...]) -> None:
    with state.writer(run.file("sections.jsonl")) as stream:
        for section in sections:
            row = {name: getattr(section, name) for name in Section.__slots__}
            stream.write(dumps(row).encode() + b"\n")


def sections(state: State, run: Run) -> tuple[Section, ...]:
    found = []
    for line in state.lines(run.file("sections.jsonl")):
        with reading(state.locate(run.file("sections.jsonl"))):
            row = json.loads(line)
            rows = tuple(tuple(cells) for cells in row.pop("rows"))
            found.append(Section(**{**row, "columns": tuple(row["columns"]), "rows": rows}))
    return tuple(found)


def findings(state: State, run: Run) -> Iterator[Finding]:
    for line in state.lines(run.file("findings.jsonl")):
        with reading(state.locate(run.file("findings.jsonl"))):
            finding = Finding.from_record(json.loads(line))
        yield finding


def format_of(path: str) -> str:
    """The format a file name asks for; HTML without a suffix."""
    name = path.lower()
    return "ocsf" if name.endswith(".ocsf.json") else PurePath(name).suffix.lstrip(".") or "html"


def suffix_of(form: str) -> str:
    return "ocsf.json" if form == "ocsf" else form


def report(state: State, run: Run, summary: Summary, use_case: UseCase | None) -> Report:
    """Its findings are streamed: one report serves one writer."""
    from fsxap.reports import Report

    title, rules = (use_case.title, use_case.rules) if use_case else ("", {})
    return Report(summary, findings(state, run), sections(state, run), now(), __version__, title, rules)


def write(state: State, run: Run, summary: Summary, use_case: UseCase, form: str = "html") -> None:
    """report.<form> beside the run's other files."""
    from fsxap.reports import render

    with state.writer(run.file(f"report.{suffix_of(form)}")) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        render(form, report(state, run, summary, use_case), text)
        text.detach()


def notice(summary: Summary, markdown: str) -> tuple[str, str]:
    """Subject and body of a notification: counts and where to look, never names of files. `markdown` is where the
    report lies as text."""
    bad = summary.coverage["failed"] + summary.coverage["missing"]
    worst = next((name for name in SEVERITIES if summary.findings.get(name)), "")
    state = f"{bad} not processed" if bad else "complete"
    subject = f"fsxap {summary.use_case}: {state}" + (f", {summary.findings[worst]} {worst}" if worst else "")
    counts = {"coverage": dict(summary.coverage), "findings": dict(summary.findings), "run": summary.run}
    return subject, dumps(counts | {"report": summary.report, "markdown": markdown})
