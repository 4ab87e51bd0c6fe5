"""The table of faults and outcomes, from what the fault campaign kept."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "reliability.json"
WORDS = {
    "throttled": "503 SlowDown, ThrottlingException, 429",
    "error-500": "500",
    "error-503": "503",
    "clock-skew": "RequestTimeTooSkewed from some request on",
    "expired-credentials": "ExpiredToken, or ONTAP's 401, from some request on",
    "reset": "connection reset instead of an answer",
    "reset-mid-body": "connection reset in the middle of a body",
    "truncated": "body ends early",
    "length-too-long": "Content-Length larger than the body",
    "length-too-short": "Content-Length smaller than the body",
    "stalled": "silence in the middle of a body (slow loris)",
    "slow": "an answer in small pieces",
    "tls-broken": "connection reset in the TLS handshake",
    "tls-untrusted": "certificate of an unknown authority",
    "dns": "names that do not resolve",
    "kill-9": "killed at a random point",
    "sigterm": "SIGTERM at a random point",
    "sigint": "Ctrl-C at a random point",
    "disk-full": "no file can grow beyond a random size",
    "no-space-state": "a file system for the state that is full after a random number of bytes",
    "no-space-out": "a file system for the outputs that is full after a random number of bytes",
    "read-only-state": "read-only state folder",
    "two-at-once": "a second run beside the first, on one state folder",
    "asleep": "stopped and gone on with, the wall clock eight hours later",
}
"""Each fault of the campaign, in the order of the table."""


def summarised(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What is kept of a campaign: a line for each fault, and what was wrong."""
    by_fault = [_line(fault, [row for row in rows if fault in row["faults"]]) for fault in WORDS]
    places = dict(sorted(Counter(row["place"] for row in rows).items()))
    wrong = {str(row["seed"]): row["wrong"] for row in rows if row["wrong"]}
    late = [row["settled"] for row in rows if row["settled"] is not None and row["exits"][0] == 0]
    told = {"runs": len(late), "settled": min(late, default=0)}
    return {"runs": len(rows), "items": 500, "places": places, "faults": by_fault, "late": told, "wrong": wrong}


def _line(fault: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = Counter(str(row["exits"][0]) for row in rows)
    counted = {
        kind: sum(any(each.startswith(kind) for each in row["wrong"]) for row in rows)
        for kind in ("lost", "doubled", "broken", "exit")
    }
    return {
        "fault": fault,
        "runs": len(rows),
        "met": sum(row["met"] for row in rows),
        "exits": dict(sorted(first.items(), key=lambda pair: int(pair[0]))),
        "given_again": sum(len(row["exits"]) > 1 for row in rows),
        **counted,
    }


def table() -> str:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    lines = [
        f"{kept['runs']:,} seeded runs over {kept['items']} items each: "
        + ", ".join(f"{number} {place}" for place, number in kept["places"].items())
        + f". {len(kept['wrong'])} of them wrong.",
        "",
        "| fault | runs | requests hit | first exit codes | resumed | lost | doubled | broken | wrong exit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in kept["faults"]:
        exits = ", ".join(f"{_shown(code)}: {number}" for code, number in row["exits"].items())
        cells = (row["runs"], row["met"] or "", exits, row["given_again"], *(row[k] for k in COUNTED))
        lines.append(f"| {WORDS[row['fault']]} | " + " | ".join(map(str, cells)) + " |")
    late = kept["late"]
    if late["runs"]:
        lines += [
            "",
            f"Runs that ended with 0 although a signal was sent: {late['runs']}. It came when at least "
            f"{late['settled']} of the {kept['items']} items were settled, counted in the journal; what is in hand is "
            "finished first, and was the last there was.",
        ]
    return "\n".join(lines) + "\n"


COUNTED = ("lost", "doubled", "broken", "exit")


def _shown(code: str) -> str:
    return f"signal {code[1:]}" if code.startswith("-") else code


def page() -> str:
    return HEAD + table() + TAIL


HEAD = """\
# Reliability

`make chaos` runs fsxap under faults and then counts. Each run has a seed, and everything that goes wrong follows from
it: `python -m tests.chaos --seed N` replays it. A run works on 500 items with outputs, findings and billed units: in a
folder, in a bucket, with an AI service asked about each (Comprehend, Comprehend Medical, Rekognition, Textract or
Bedrock), or as folders of an ONTAP volume. A proxy on loopback stands between fsxap and S3, these services and the
ONTAP emulator; 1, 5 or 30 % of the requests, or all from some request on, meet its fault. Processes, signals, exit
codes, TLS, sockets, files and full file systems are real; the answers of AI services are made up. To finish in
reasonable time, waits between attempts are a fiftieth of what they are, and an answer that does not go on is given up
after one second. A file system that fills up is one in memory, mounted for the run, with room for a few hundred bytes
up to 200 kB; the command is given again with room.

The command is given at most three times: as told in the table; once more, with a sixth of the network's faults unless
credentials or clock were what failed; then in calm. After each try its exit code must be one that its fault may lead
to, agree with the summary, and come with an error record that says the same. Coverage must add up, and each output must
be whole, to the byte, or absent. In the end:

- **lost**: every item has a result and a ledger line, and its output is there;
- **doubled**: no item ended well twice in the journals, was told of twice, or was billed twice;
- **broken**: no output differs from what it must be;
- **wrong exit**: 0 when all is done, 1 when items failed, 130, 143, 253 or 254 with their error, never 255.

A run may have two faults, one of the network and one of the process; it is counted in both lines.

"""
TAIL = """
What campaigns found is in the change log; the runs counted here were made by one state of the program. What a campaign
does not do: cut the power of a machine, or talk to real AWS and ONTAP. Full file systems need a Linux that lets its
users mount (`unshare -rm`).

[State](state.md) says how runs are resumed, and which formats are read.
"""
