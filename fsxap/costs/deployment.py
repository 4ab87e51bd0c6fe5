"""What a deployed pipeline uses in a month besides its engines: the requests, states and hours of its stack.

The counts follow the templates: states entered in a run and in a batch, and what the tiers switch on. Where only a
running stack could tell (requests for state, length of logs, seconds of work), the assumption is halved for the low
and doubled for the high end of an estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from fsxap.costs.schedule import HOURS

STATES_OF_A_RUN, STATES_OF_A_BATCH, STATES_OF_A_RETRY = 10, 4, 3
BATCH, PAGE = 100, 1_000
STATE_REQUESTS = 12
"""PUT, and as many GET, requests to the state bucket for a run and for each batch. Assumed."""
LOG_BYTES = 2_000
"""For each invocation. Assumed."""
OVERHEAD_MS = 3_000
"""Discovery and summary, each, and a half second for each page of the listing. Assumed."""
CUSTOM_METRICS, ALARM_METRICS = 6, 6
ZONES = 2


@dataclass(frozen=True, slots=True)
class Stack:
    """Memory in MB; `item_ms` is the function's time for an item. `endpoints` are interface endpoints of its VPC."""

    memory: int
    item_ms: int = 1_000
    measured: bool = False
    endpoints: int = 0
    needs_ontap: bool = False
    reads_objects: bool = True
    production: bool = False
    zones: int = ZONES


@dataclass(frozen=True, slots=True)
class Month:
    """`backlog` items are there before the first run, `fresh` come before each."""

    runs: Fraction
    backlog: int = 0
    fresh: int = 0

    @property
    def processed(self) -> int:
        """Each item once."""
        return self.backlog + ceil(self.fresh * self.runs)

    @property
    def processed_again(self) -> int:
        """Every item there is, at every run."""
        return ceil(self.backlog * self.runs + self.fresh * self.runs * (self.runs + 1) / 2)


def usage(stack: Stack, month: Month, stretch: Fraction = Fraction(1), *, again: bool = False) -> dict[str, int]:
    """Units of one month, by costs/prices.json. With `again`, every run processes everything."""
    units: Counter[str] = Counter()
    items = month.processed_again if again else month.processed
    # A batch belongs to one run, so runs with something new have at least one each.
    working = month.runs if again or month.fresh else min(Fraction(1), month.runs)
    batches = max(Fraction(items, BATCH), working) if items else Fraction(0)
    retries = batches / 10 if stretch > 1 else Fraction(0)
    # A run lists what there is, whether it is new or not.
    pages = Fraction(month.processed_again, PAGE) + month.runs
    invocations = 2 * month.runs + batches + retries
    units["sfn_transitions"] = ceil(
        STATES_OF_A_RUN * month.runs + STATES_OF_A_BATCH * batches + STATES_OF_A_RETRY * retries
    )
    units["lambda_requests"] = ceil(invocations)
    work = items * stack.item_ms * (Fraction(1) if stack.measured else stretch)
    overhead = (2 * month.runs * OVERHEAD_MS + pages * 500) * stretch
    units["lambda_gb_ms"] = ceil(work * Fraction(stack.memory, 1024) + overhead)
    state = STATE_REQUESTS * (month.runs + batches) * stretch
    units["s3_put_requests"], units["s3_get_requests"] = ceil(state), ceil(state)
    if stack.reads_objects:
        units["s3_put_requests"] += ceil(pages) + items
        units["s3_get_requests"] += items
    units["kms_keys"], units["kms_requests"] = 1, ceil(2 * state)
    units["log_bytes"] = ceil(invocations * LOG_BYTES * stretch)
    units["log_byte_months"] = units["log_bytes"]
    units["custom_metrics"], units["metric_requests"] = CUSTOM_METRICS, ceil(month.runs)
    units["schedule_invocations"], units["sns_emails"] = ceil(month.runs), ceil(month.runs)
    if stack.needs_ontap:
        units["secrets"], units["secret_requests"] = 1, ceil(invocations)
    if stack.production:
        units["alarm_metrics"], units["dashboards"] = ALARM_METRICS, 1
        units["endpoint_hours"] = stack.endpoints * stack.zones * HOURS
    return {unit: number for unit, number in units.items() if number}


def added(first: Mapping[str, int], second: Mapping[str, int], times: int = 1) -> dict[str, int]:
    """`first`, and `second` so many times."""
    units = Counter(first)
    for unit, number in second.items():
        units[unit] += number * times
    return {unit: number for unit, number in units.items() if number}
