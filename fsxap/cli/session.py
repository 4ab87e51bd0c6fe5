"""What one invocation of a command has: settings, output, progress, cancellation."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsxap.cli.output import Output, opened
from fsxap.cli.progress import Bar, Shown, open_progress
from fsxap.engine.cancel import Cancel, on_signals
from fsxap.engine.settings import Settings, from_process
from fsxap.engine.state import DiskState, state_root
from fsxap.errors import Interrupted

LEVELS = (logging.ERROR, logging.INFO, logging.DEBUG)


@dataclass(frozen=True, slots=True)
class Session:
    settings: Settings
    output: Output
    progress: Shown
    cancel: Cancel
    scratch: Path
    interactive: bool
    quiet: bool
    out: str = ""

    @classmethod
    @contextmanager
    def opened(cls, common: Mapping[str, Any], *, records_to_file: bool = True) -> Iterator[Session]:
        settings = from_process(common, common["config"])
        _logging(common["verbose"])
        progress = open_progress(quiet=common["quiet"])
        cancel = Cancel()
        with (
            on_signals(cancel),
            tempfile.TemporaryDirectory(prefix="fsxap-") as scratch,
            opened(common["out"] if records_to_file else "", common["output"], common["query"], flush=False) as output,
        ):
            if isinstance(progress, Bar) and output.form == "table" and output.stream is sys.stdout:
                output.line = progress.line
            try:
                interactive = sys.stdin.isatty() and sys.stderr.isatty() and not common["no_input"]
                yield cls(
                    settings, output, progress, cancel, Path(scratch), interactive, common["quiet"], common["out"]
                )
            except Interrupted:
                # Whoever noticed it first does not know which signal it was.
                cancel.check()
                raise
            finally:
                progress.close()

    def show_settings(self) -> int:
        for record in self.settings.records():
            self.output.write(record)
        return 0

    def state(self) -> DiskState:
        return DiskState(state_root(self.settings.text("state"), os.environ, Path.cwd(), self.settings.project))

    def warn(self, message: str) -> None:
        """Warnings are for people even when quiet hides progress."""
        from fsxap.cli.terminal import visible

        print(f"fsxap: warning: {visible(message)}", file=sys.stderr, flush=True)


def _logging(verbose: int) -> None:
    level = LEVELS[min(verbose, 2)]
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    for name in ("botocore", "urllib3", "s3transfer"):
        logging.getLogger(name).setLevel(level if verbose > 1 else logging.ERROR)
