"""A run in a process of its own, told here: this process keeps the terminal, the output file and the signals."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from fsxap.cli import failures, running
from fsxap.cli.progress import Silent
from fsxap.cli.running import Order
from fsxap.cli.session import Session
from fsxap.engine import apart
from fsxap.engine.apart import Limits, Wire
from fsxap.engine.journal import Cut
from fsxap.engine.runs import new_id
from fsxap.engine.types import Kit
from fsxap.errors import FsxapError
from fsxap.model import Item, Record, Result, Summary

EVERY = 0.1
"""Seconds between two words on how far it is."""


def run(session: Session, order: Order) -> Summary:
    """An audit is run here: it decodes nothing, and may ask for a password."""
    if order.use_case.footprint.needs_ontap or not apart.possible():
        return running.run(session, order, session.output.result, session.output.write).summary
    read = session.settings
    memory = int(read["memory"]) << 20 or apart.machine_memory() * 3 // 4
    limits = Limits(int(read["item_seconds"]) + order.use_case.waits(order.params), memory)
    told = Told()
    row = apart.run(lambda wire: _work(wire, session, order, told), _teller(session, told), limits, session.cancel)
    return Summary.from_record(row)


@dataclass(slots=True)
class Told:
    """As whom the other process keeps results, and the last line of them that was told here."""

    writer: str = ""
    line: str = ""

    @property
    def cut(self) -> Cut | None:
        return Cut(self.writer, self.line) if self.writer else None


def _teller(session: Session, told: Told) -> apart.Tell:
    output, progress = session.output, session.progress

    def tell(kind: str, value: Any) -> None:
        if kind == "writer":
            told.writer, told.line = value, ""
        elif kind == "result":
            told.line = value
            if output.plain:
                output.raw(value)
            else:
                output.write(json.loads(value))
        elif kind == "record":
            output.write(value)
        elif kind == "stage":
            progress.stage(*value)
        elif kind == "advance":
            progress.advance(value)
        else:
            progress.note(value)

    return tell


def _work(wire: Wire, session: Session, order: Order, told: Told) -> Record:
    """In the process of its own. A result is kept and then told: what its forerunner could not tell, it tells first."""
    case = order.use_case

    def process(item: Item, kit: Kit) -> Result:
        with wire.in_hand(item.key):
            return case.process(item, kit)

    def tell(result: Result, line: str) -> None:
        if result.error is None or wire.fails(result.item.key, result.error):
            wire.send("result", line)

    def unchanged(record: Record) -> None:
        wire.send("record", record, urgent=False)

    def writer() -> str:
        name = new_id()
        wire.send("writer", name)
        return name

    far = Distant(wire)
    mine = replace(session, progress=far)
    theirs = replace(order, use_case=replace(case, process=process), cut=told.cut, writer=writer)
    try:
        outcome = running.run(mine, theirs, tell, unchanged)
    except FsxapError:
        raise
    except Exception as error:
        raise failures.bug(error, ["run-uc"]) from error
    return outcome.summary.record()


class Distant(Silent):
    """Progress that is shown by the process at the other end."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._done, self._next = 0, 0.0

    def stage(self, name: str, total: int | None = None) -> None:
        self._tell()
        self._wire.send("stage", (name, total))

    def advance(self, number: int = 1) -> None:
        with self._lock:
            self._done += number
        if time.monotonic() >= self._next:
            self._tell()

    def note(self, message: str) -> None:
        self._wire.send("note", message)

    def close(self) -> None:
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            done, self._done = self._done, 0
            self._next = time.monotonic() + EVERY
        if done:
            self._wire.send("advance", done)
