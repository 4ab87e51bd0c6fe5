"""What a person sees while waiting: a bar on a terminal, one plain line every 30 seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from fsxap.cli.terminal import progress_wanted, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

EVERY = 30.0


class Silent:
    """--quiet."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, number: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def close(self) -> None: ...


class Lines:
    """For logs: a line now and then."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._lock = threading.Lock()
        self._name, self._done = "", 0
        self._total: int | None = None
        self._next = time.monotonic() + every

    def stage(self, name: str, total: int | None = None) -> None:
        with self._lock:
            self._name, self._total, self._done = name, total, 0

    def advance(self, number: int = 1) -> None:
        with self._lock:
            self._done += number
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + self._every
            of = f" of {self._total}" if self._total is not None else ""
            print(f"fsxap: {self._name}: {self._done}{of}", file=sys.stderr, flush=True)

    def note(self, message: str) -> None:
        print(f"fsxap: {visible(message)}", file=sys.stderr, flush=True)

    def close(self) -> None: ...


class Bar:
    """For a terminal. Where records are shown on the same terminal, they scroll by above the bar."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.close()
        counted = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        timed = (TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
        # One console must own the screen: with records on it too, that is the one they go to.
        console = Console(stderr=not sys.stdout.isatty())
        self._progress = Progress(*counted, *timed, console=console, transient=True, redirect_stdout=False)
        self._task = self._progress.add_task(name, total=total, rate="")
        self._progress.start()

    def advance(self, number: int = 1) -> None:
        if self._progress is not None and self._task is not None:
            speed = self._progress.tasks[0].speed
            self._progress.update(self._task, advance=number, rate=f"{speed:.0f}/s" if speed else "")

    def line(self, text: str) -> None:
        """A record's row, with our own colours and nobody else's."""
        from rich.text import Text

        if self._progress is None:
            print(text)
        else:
            self._progress.console.print(Text.from_ansi(text), soft_wrap=True)

    def note(self, message: str) -> None:
        if self._progress is None:
            print(f"fsxap: {visible(message)}", file=sys.stderr, flush=True)
        else:
            self._progress.console.print(f"fsxap: {visible(message)}", markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


Shown = Silent | Lines | Bar


def open_progress(*, quiet: bool) -> Shown:
    if quiet:
        return Silent()
    return Bar() if progress_wanted(quiet=quiet) else Lines()
