"""A second opinion on every call of our table, by the simulator of Principal Mapper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.prove.tools import asked, environment
from benchmarks.prove.verdicts import Verdict, told
from tests.unit.deploy.calls import calls
from tests.unit.deploy.permissions import policy

PMAPPER = "principalmapper==1.1.5"
ANSWERS = Path(__file__).with_name("answer_iam.py")


def iam(names: list[str]) -> Iterator[Verdict]:
    python, why = environment("iam", PMAPPER)
    if python is None:
        yield "principalmapper", None, why
        return
    for name in names:
        table = list(calls(name))
        asks = [
            {
                "policy": {"Version": "2012-10-17", "Statement": policy(name, call.role, call.output)},
                "action": call.action,
                "resource": call.resource,
                "context": dict(call.context),
            }
            for call in table
        ]
        answers = asked(python, ANSWERS, asks)
        wrong = [str(call) for call, answer in zip(table, answers, strict=True) if answer != call.expected]
        yield from told(f"principalmapper {name}, {len(table)} calls", wrong)
