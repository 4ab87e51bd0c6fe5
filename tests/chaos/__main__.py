"""`python -m tests.chaos`: seeded runs under faults. `--seed N` replays one and says how it went."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from docs import reliability
from tests.chaos.campaign import dump, opened


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--fault", default="", help="this fault in every run")
    parser.add_argument("--rows", type=Path, help="append a line of JSON for each run")
    parser.add_argument("--keep", type=Path, nargs="+", help="write docs/reliability.json from such files, and stop")
    given = parser.parse_args()
    if given.keep:
        return keep(given.keep)
    seeds = [given.seed] if given.seed is not None else range(given.first, given.first + given.runs)
    wrong = 0
    with opened(given.items) as campaign:
        for seed in seeds:
            story = campaign.run(seed, given.fault)
            wrong += bool(story.wrong)
            line = dump(story)
            if story.wrong or given.seed is not None:
                print(line, flush=True)
            if given.rows:
                with given.rows.open("a") as stream:
                    stream.write(line + "\n")
            if given.seed is not None:
                for attempt in story.attempts:
                    print(
                        json.dumps(
                            {
                                "scenario": str(attempt.scenario),
                                "exit": attempt.child.code,
                                "met": attempt.met,
                                "error": attempt.child.error,
                            }
                        )
                    )
    print(f"{len(seeds)} runs, {wrong} of them wrong")
    return bool(wrong)


def keep(paths: list[Path]) -> int:
    rows = {row["seed"]: row for path in paths for row in map(json.loads, path.read_text().splitlines())}
    reliability.KEPT.write_text(json.dumps(reliability.summarised(list(rows.values())), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
