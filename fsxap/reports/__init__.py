"""Reports of a run: `render` writes one in any format, the `write_*` functions in theirs."""

from fsxap.reports.csv import write_csv
from fsxap.reports.html import write_html
from fsxap.reports.json import write_json
from fsxap.reports.markdown import write_markdown
from fsxap.reports.ocsf import write_ocsf
from fsxap.reports.render import WRITERS, render
from fsxap.reports.report import Report
from fsxap.reports.sarif import write_sarif
from fsxap.reports.verdict import Verdict, judge

__all__ = [
    "WRITERS",
    "Report",
    "Verdict",
    "judge",
    "render",
    "write_csv",
    "write_html",
    "write_json",
    "write_markdown",
    "write_ocsf",
    "write_sarif",
]
