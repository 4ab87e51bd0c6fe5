"""What a notification may look like, whoever delivers it."""

from __future__ import annotations

import re

SUBJECT_LIMIT = 99
"""SNS wants fewer than 100 ASCII characters, without line breaks, the first of them no space."""

BODY_LIMIT = 2000
"""Characters. A notification is counts and a place to look; anything longer is not one."""


def subject_line(subject: str) -> str:
    """Characters that are not ASCII become `?`, as do control characters; longer ones end in `...`."""
    line = re.sub(r"[^ -~]", "?", " ".join(subject.split())) or "fsxap"
    return line if len(line) <= SUBJECT_LIMIT else line[: SUBJECT_LIMIT - 3] + "..."


def body_text(body: str) -> str:
    """Line breaks stay, other control characters become `?`; what is too long is cut, and says so."""
    text = "".join(c if c == "\n" or c.isprintable() else "?" for c in body.replace("\r\n", "\n")) or "(no details)"
    return text if len(text) <= BODY_LIMIT else text[: BODY_LIMIT - 12].rstrip() + "\n(cut short)"
