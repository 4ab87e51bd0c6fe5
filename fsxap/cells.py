"""Text that no spreadsheet computes."""

from __future__ import annotations

import re

# Full-width signs start a formula too where the spreadsheet speaks Japanese. A quoted formula is quoted once more,
# so that taking one apostrophe away always gives the text back.
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")


def plain_cell(text: str) -> str:
    """The text of a CSV cell, behind an apostrophe where it would start a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
