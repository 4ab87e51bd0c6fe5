"""What a report shows: decisions, each sequence with its findings, and the contact sheets of what was not approved."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator

from fsxap.engine.types import Digest, Kit
from fsxap.errors import FsxapError
from fsxap.model import Result, Section
from fsxap.usecases.media_vfx.deliver import REVIEW
from fsxap.usecases.media_vfx.names import UDIM

SHEETS = 24
ROWS = 2000
COLUMNS = ("item", "decision", "frames", "findings", "render again")


def summarise(results: Iterable[Result], kit: Kit) -> Digest:
    decisions, rules, frames = Counter[str](), Counter[str](), 0
    table: list[tuple[str, str, str, str, str]] = []
    held: list[Result] = []
    for result in results:
        data = result.data
        decision = str(data.get("decision", "failed" if result.error else "skipped"))
        decisions[decision] += 1
        frames += int(data.get("files", 0))
        for finding in result.findings:
            rules[finding.rule] += int(finding.evidence.get("count", 1))
        if len(table) < ROWS:
            said = ", ".join(dict.fromkeys(finding.rule for finding in result.findings))
            again = str(data.get("render_again", ""))
            table.append((result.item.key, decision, str(data.get("frames", data.get("kind", ""))), said, again))
        if decision != "approved" and len(held) < SHEETS and data.get("sheet"):
            held.append(result)
    sections = (
        Section("Decisions", "bars", ("decision", "items"), tuple(decisions.most_common())),
        Section(
            "Sequences and scenes", "table", ("item", "decision", "frames", "findings", "render again"), tuple(table)
        ),
        Section("Frames by rule", "bars", ("rule", "frames"), tuple(rules.most_common())),
        *_sheets(held, kit),
    )
    data = {"decisions": dict(sorted(decisions.items())), "frames": frames, "rules": dict(sorted(rules.items()))}
    return Digest(data, sections)


def _sheets(held: list[Result], kit: Kit) -> Iterator[Section]:
    if held:
        rows = tuple((f"{result.item.key}: {result.data['decision']}", _picture(result, kit)) for result in held)
        note = "marked frames and the curve of mean luminance; the files lie below _review"
        yield Section("Contact sheets", "image", ("sequence", "sheet"), rows, note=note)


def _picture(result: Result, kit: Kit) -> str:
    """A data URI, empty where the sheet has been taken away since."""
    key = f"{REVIEW}/{result.item.key.replace(UDIM, 'UDIM')}/sheet.png"
    try:
        body = kit.sink.read(key)
    except FsxapError as error:
        kit.progress.note(f"no contact sheet for the report: {error.message}")
        return ""
    return f"data:image/png;base64,{base64.b64encode(body).decode('ascii')}"
