"""What may be written to a terminal, and whether one is there."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

# Controls, C1, bidirectional overrides, zero-width and line separators, lone surrogates: shown, never obeyed.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Text from outside, with everything a terminal would obey or hide written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return _HOSTILE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def progress_wanted(*, quiet: bool, environ: Mapping[str, str] = os.environ) -> bool:
    return sys.stderr.isatty() and not quiet and not environ.get("CI")


def colour_wanted(environ: Mapping[str, str] = os.environ) -> bool:
    if environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
