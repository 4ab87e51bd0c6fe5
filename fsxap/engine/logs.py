"""Structured logs: one JSON object a line with run, use case and stage. Never document text, never PHI."""

from __future__ import annotations

import logging
import sys
from typing import Any

from fsxap.model import dumps, now


class JsonFormatter(logging.Formatter):
    """Adds what every line of an invocation shares."""

    def __init__(self, **shared: str) -> None:
        super().__init__()
        self.shared = {name: value for name, value in shared.items() if value}

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, Any] = {
            "time": now(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self.shared,
        }
        row |= {name: getattr(record, name) for name in ("frames", "counts") if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            row["exception"] = record.exc_info[0].__name__
        return dumps(row)


def configure(**shared: str) -> None:
    """Log JSON to stderr; Lambda's own plain-text output is replaced."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonFormatter(**shared))
    logging.basicConfig(level=logging.INFO, handlers=[stream], force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)
