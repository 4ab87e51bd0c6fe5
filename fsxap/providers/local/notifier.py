"""Notifications without AWS: one JSON line each, on a stream or at the end of a file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from fsxap.errors import ConfigurationError
from fsxap.model import dumps, now
from fsxap.providers.notices import body_text, subject_line


class LineNotifier:
    """`target` is an open stream, or a file that is made with mode 0600 and appended to. Safe from any thread."""

    def __init__(self, target: TextIO | Path, clock: Callable[[], str] = now) -> None:
        self._target, self._clock = target, clock
        self._lock = threading.Lock()

    def notify(self, subject: str, body: str) -> None:
        notice = {
            "type": "notification",
            "time": self._clock(),
            "subject": subject_line(subject),
            "body": body_text(body),
        }
        line = dumps(notice) + "\n"
        with self._lock:
            if not isinstance(self._target, Path):
                self._target.write(line)
                self._target.flush()
                return
            try:
                handle = os.open(self._target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with os.fdopen(handle, "a", encoding="utf-8") as stream:
                    stream.write(line)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise ConfigurationError(f"cannot write a notification to {self._target}: {reason}") from error
