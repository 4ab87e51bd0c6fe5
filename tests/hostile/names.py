"""Names that hope to be a path, a command, markup, somebody else's name, or more than a file system takes."""

from __future__ import annotations

from tests.hostile.bodies import ESCAPES, FORMULA, MARKUP, ORDERS

ESCAPING = (
    "../outside", "a/../../outside", "/etc/passwd", "//server/share", "a//b", "./a", "a/./b", "..", ".", "",
    "nul\0byte", "a/" * 520 + "deep", "C:\\windows\\system.ini", "a/..",
)  # fmt: skip
"""What only a listing that lies, or a manifest, can name."""

STRANGE = (
    "line\nbreak", "tab\there", "bell\x07", ESCAPES, "\u202etxt.exe", "zero\u200bwidth", "caf\u00e9", "cafe\u0301",
    "Twin", "tWIN", "twin", MARKUP.replace("/", "\u2215"), FORMULA.replace("/", "\u2215"), ORDERS[:200], "-rf",
    "--to=elsewhere",
    "$(touch pwned)", "`touch pwned`", "; touch pwned", "%s%n%x", "{{7*7}}", "[link=file:etc]x[/link]", "a" * 250,
    "\udcff\udcfe", " ", "con", "~", "*", "?", "#", "'", '"', "\\", "|", "..hidden", "...",
)  # fmt: skip
"""What a folder can hold, before a suffix."""
