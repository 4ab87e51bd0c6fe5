"""What checks come to, told one by one, and the exit code of them all."""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

Verdict = tuple[str, int | None, str]
"""What was checked; 0 where it holds, None where it could not be checked; what was said."""
Check = Callable[[list[str]], Iterator[Verdict]]
"""From names of use cases to verdicts."""


def told(name: str, problems: Sequence[str]) -> Iterator[Verdict]:
    yield name, int(bool(problems)), "\n".join(problems)


def last(said: str) -> str:
    """The last line, which is where programs say why they gave up."""
    return (said.strip() or "it said nothing").splitlines()[-1]


def verdicts(checks: Iterable[Check], names: list[str]) -> Iterator[Verdict]:
    """Of each check in turn; one that breaks off has failed, and the others go on."""
    for check in checks:
        try:
            yield from check(names)
        except Exception:  # noqa: BLE001  # it is told with its traceback, and fails the command
            yield getattr(check, "__name__", "a check"), 1, traceback.format_exc()


def tell(found: Iterable[Verdict]) -> int:
    """Prints each as it comes; 1 if any has failed. What could not be checked is told with its reason, no failure."""
    tally = Counter[str]()
    for what, code, said in found:
        verdict = "not run" if code is None else "FAIL" if code else "pass"
        tally[verdict] += 1
        print(f"{verdict:7}  {what}{f': {said}' if code is None else ''}", flush=True)
        if code:
            print(said, file=sys.stderr, flush=True)
    print(", ".join(f"{number} {verdict}" for verdict, number in tally.items()))
    return int(tally["FAIL"] > 0)
