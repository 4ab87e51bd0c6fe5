"""Runs a use case through both doors, the command line's driver and the Lambda handler, and gives comparable rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsxap.engine.lambda_handler import handle
from fsxap.engine.sealed import Seal
from fsxap.model import Record

BATCH = 7


@dataclass
class Context:
    """What Lambda passes beside the event."""

    aws_request_id: str = "request"
    milliseconds: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def by_lambda(
    use_case: str, state: str, environ: Mapping[str, str], read: Callable[[str], list[bytes]] | None = None
) -> dict[str, Any]:
    """Discover, process in batches as a Distributed Map would, summarise: the run's rows by key, and its answers."""
    environ = {"FSXAP_STATE_BUCKET": state, **environ}
    begun = handle({"stage": "discover", "use_case": use_case}, Context(), environ)
    lines = read(begun["manifest"]) if read else Path(begun["manifest"]).read_bytes().splitlines()
    answers = []
    for start in range(0, len(lines), BATCH):
        batch = [json.loads(line) for line in lines[start : start + BATCH]]
        event = {"Items": batch, "BatchInput": {"stage": "process", "use_case": use_case, "run": begun["run"]}}
        answers.append(handle(event, Context(f"request-{start}"), environ))
    ended = handle({"stage": "summarise", "use_case": use_case, "run": begun["run"]}, Context(), environ)
    return {"begun": begun, "batches": answers, "ended": ended}


def same(found: Mapping[str, Record], local: Mapping[str, Record]) -> None:
    """Results of two sources of the same files, by key; sizes and versions are the sources' own."""
    assert found.keys() == local.keys()
    for key, record in found.items():
        for field in ("data", "findings", "status", "usage"):
            assert record[field] == local[key][field], (key, field)


def rows(folder: Path, seal: Seal | None = None) -> dict[str, Record]:
    """Results below a state folder, by key, without what differs by clock."""
    found: dict[str, Record] = {}
    for path in folder.rglob("results/**/*.jsonl"):
        for line in path.read_bytes().splitlines():
            row = json.loads(seal.open(line) if seal else line)
            row.pop("seconds")
            row["item"].pop("version")
            found[row["item"]["key"]] = row
    return found
