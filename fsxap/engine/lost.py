"""What a Distributed Map keeps of batches that died: their items, with the error and cause of each.

A function that is killed or runs out of time answers nothing; the map's ResultWriter has its input and what Step
Functions or Lambda said of it.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fsxap.engine.state import State
from fsxap.model import Failure, Record

LONGEST = 500
"""Characters of a cause that are kept."""


def failures(state: State, manifest: str) -> Iterator[tuple[list[Record], Failure]]:
    """Lines of the run's manifest and why they came to nothing, as told in the files that the map's `manifest` names.

    None where no map ran, or its file is gone: then the items are counted as missing.
    """
    if not manifest or not state.exists(manifest):
        return
    for file in json.loads(state.read(manifest))["ResultFiles"]["FAILED"]:
        for execution in json.loads(state.read(file["Key"])):
            yield json.loads(execution["Input"])["Items"], _failure(execution)


def _failure(execution: Mapping[str, Any]) -> Failure:
    cause = str(execution.get("Cause") or "no cause given")
    try:
        told = json.loads(cause)
    except ValueError:
        told = cause
    if isinstance(told, dict):
        # Lambda tells of itself in JSON, stack trace included.
        cause = str(told.get("errorMessage") or cause)
    return Failure("batch-died", f"{execution.get('Error') or 'unknown error'}: {cause}"[:LONGEST])
