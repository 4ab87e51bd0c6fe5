"""A report in any of its formats, chosen by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from fsxap.reports.csv import write_csv
from fsxap.reports.html import write_html
from fsxap.reports.json import write_json
from fsxap.reports.markdown import write_markdown
from fsxap.reports.ocsf import write_ocsf
from fsxap.reports.report import Report
from fsxap.reports.sarif import write_sarif

WRITERS: dict[str, Callable[[Report, TextIO], None]] = {
    "html": write_html,
    "md": write_markdown,
    "csv": write_csv,
    "json": write_json,
    "sarif": write_sarif,
    "ocsf": write_ocsf,
}
"""Format name to writer; also the file suffix, without its dot, but for ocsf, whose files end in .ocsf.json."""


def render(format: str, report: Report, stream: TextIO) -> None:
    """Write `report` to a text stream opened as UTF-8 with newline="". KeyError for a format not in WRITERS."""
    WRITERS[format](report, stream)
