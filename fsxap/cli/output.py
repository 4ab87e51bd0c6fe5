"""Records to stdout: JSON lines in a pipe, a table on a terminal, JSON or CSV when asked."""

from __future__ import annotations

import csv
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

from fsxap.cells import plain_cell
from fsxap.cli.tables import row_text
from fsxap.cli.terminal import colour_wanted
from fsxap.errors import ConfigurationError, FsxapError, UsageError
from fsxap.model import Record, Result, dumps

Format = Literal["table", "jsonl", "json", "csv"]
FORMATS = ("auto", "table", "jsonl", "json", "csv")


class Output:
    """Writes records as they come; `json` alone is held back until the array is whole."""

    def __init__(self, stream: TextIO, form: Format, query: str = "", *, flush: bool = False) -> None:
        self.stream = stream
        self.form = form
        self.flush = flush
        self.line: Callable[[str], None] | None = None
        """Shows a row on a screen that something else draws on too."""
        self._query = compile_query(query)
        self._held: list[Any] = []
        self._columns: list[str] = []
        self._kind = ""
        self._colour = stream is sys.stdout and colour_wanted()

    def write(self, record: Record) -> None:
        if self.form == "json":
            self._held.append(record)
            return
        selected = record if self._query is None else self._query.search(record)
        if selected is None:
            return
        if self.form == "table" and isinstance(selected, dict) and "type" in selected:
            text = self._table(selected)
        elif self.form == "csv" and isinstance(selected, dict):
            text = self._csv(selected)
        else:
            text = dumps(selected)
        if text:
            self.raw(text)

    @property
    def plain(self) -> bool:
        """Whether records are written as their JSON and nothing else, so that `raw` may take it ready made."""
        return self.form == "jsonl" and self._query is None

    def result(self, result: Result, line: str) -> None:
        """A result whose record is JSON already; written as it is where nothing else is asked for."""
        if self.plain:
            self.raw(line)
        else:
            self.write(result.record())

    def raw(self, line: str) -> None:
        """A line that is a record already."""
        if self.line is not None:
            self.line(line)
            return
        self.stream.write(line + "\n")
        if self.flush:
            self.stream.flush()

    def close(self) -> None:
        if self.form == "json":
            found = self._held if self._query is None else self._query.search(self._held)
            self.stream.write(dumps(found) + "\n")
        self.stream.flush()

    def _table(self, record: Record) -> str:
        head = record["type"] != self._kind
        self._kind = record["type"]
        return row_text(record, head=head, colour=self._colour)

    def _csv(self, record: Record) -> str:
        """Columns are the first record's; records of another type do not fit and are left to jsonl."""
        kind = str(record.get("type", ""))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        if not self._columns:
            self._kind, self._columns = kind, sorted(record)
            writer.writerow(self._columns)
        if kind == self._kind:
            writer.writerow([_cell(record.get(column)) for column in self._columns])
        return text.getvalue().removesuffix("\r\n")


def _cell(value: Any) -> str:
    """Plain text, never a formula: spreadsheets run cells that begin like one."""
    if isinstance(value, str):
        return plain_cell(value)
    return "" if value is None else dumps(value)


def compile_query(query: str) -> Any:
    if not query:
        return None
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(query)
    except JMESPathError as error:
        raise UsageError(
            f"--query {query!r}: {' '.join(str(error).split())}", hint="see https://jmespath.org"
        ) from None


def resolve_format(chosen: str, *, to_file: bool) -> Format:
    if chosen not in FORMATS:
        raise UsageError(f"--output {chosen!r} is not one of {', '.join(FORMATS)}")
    if chosen == "auto":
        return "table" if not to_file and sys.stdout.isatty() else "jsonl"
    return chosen  # type: ignore[return-value]


@contextmanager
def opened(out: str, chosen: str, query: str, *, flush: bool) -> Iterator[Output]:
    """The output a command writes to: stdout, or a file that is whole or absent."""
    to_file = out not in ("", "-")
    form = resolve_format(chosen, to_file=to_file)
    if not to_file:
        # Names may hold bytes that are not UTF-8; in tables they appear escaped already.
        sys.stdout.reconfigure(errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
        output = Output(sys.stdout, form, query, flush=flush)
        try:
            yield output
        except FsxapError:
            output.close()
            raise
        output.close()
        return
    with written(out) as stream:
        output = Output(stream, form, query)
        yield output
        output.close()


@contextmanager
def written(out: str) -> Iterator[TextIO]:
    """A text file that is whole or absent."""
    path = Path(out)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise ConfigurationError(f"cannot write {out}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
