import pytest

from fsxap.model import Waiver
from fsxap.reports import Report, write_html
from fsxap.reports.waivers import expired
from tests.unit.reports.samples import Structure, finding, report, text

IN_FORCE = finding(where="/corp/kiosk", waived=Waiver("kiosk", "2030-01-01"), evidence={"trustee": "Everyone"})
LAPSED = finding(where="/corp/old", severity="low", waived=Waiver("until the move", "2025-02-28"))


def after(heading: str, written: str) -> str:
    return written[written.index(heading) :]


@pytest.mark.parametrize(
    ("until", "today", "over"),
    [
        ("2025-03-01", "2025-03-01T09:00:00Z", False),
        ("2025-02-28", "2025-03-01", True),
        ("2025-03-01T08:00:00Z", "2025-03-01T09:00:00Z", False),
        ("", "2025-03-01", True),
        ("never", "2025-03-01", True),
        ("2025-02-30", "2025-02-01", True),
    ],
)
def test_expired(until: str, today: str, over: bool) -> None:
    assert expired(Waiver("why", until), today) is over


def test_they_stand_apart_with_reason_and_date_and_are_not_counted() -> None:
    written = text("html", report([IN_FORCE, LAPSED, finding()]))
    assert "Showing 1 of 1" in written
    assert "Complete, with 1 finding to act on" in written
    last = after('<section id="waived"', written)
    assert last.index("/corp/old") < last.index("/corp/kiosk")
    assert '<td class="reason">kiosk</td><td class="until"><span class="date">2030-01-01</span></td>' in last
    assert '<span class="date">2025-02-28</span><span class="chip expired">expired</span>' in last
    assert "2 findings accepted on purpose and not counted above. 1 of the waivers is expired or undated" in last
    assert "/corp/kiosk" not in after('<section id="findings"', written).split("</section>")[0]
    assert f"f-{IN_FORCE.id}" in Structure(written).ids


def test_the_evidence_opens_without_a_script() -> None:
    last = after('<section id="waived"', text("html", report([IN_FORCE])))
    assert "<details><summary>Evidence</summary>" in last
    assert "<dt>trustee</dt><dd>Everyone</dd>" in last


@pytest.mark.parametrize(("format", "sign"), [("html", 'id="waived"'), ("md", "## Waived findings")])
def test_the_section_is_there_when_needed(format: str, sign: str) -> None:
    assert sign not in text(format, report([finding()]))
    written = text(format, report([IN_FORCE]))
    assert sign in written
    assert "Every finding is waived; they follow below." in written


def test_the_markdown_section() -> None:
    last = after("## Waived findings", text("md", report([IN_FORCE, LAPSED])))
    assert (
        "| low | `open-access-read` | `/corp/old` | Everyone can read | until the move | 2025-02-28 **expired** |"
        in last
    )
    assert "| kiosk | 2030-01-01 |" in last


def test_what_is_not_shown_is_counted() -> None:
    pieces: list[str] = []

    class Sink:
        def write(self, piece: str) -> int:
            pieces.append(piece)
            return len(piece)

    made: Report = report([finding(where=f"/corp/{at}", waived=Waiver("why", "2030-01-01")) for at in range(30)])
    write_html(made, Sink(), shown=4)  # type: ignore[arg-type]
    written = "".join(pieces)
    assert "30 findings accepted on purpose and not counted above. 4 are shown" in written
    assert written.count('class="until"') == 4


@pytest.mark.parametrize(
    ("evidence", "mark"),
    [
        ({}, ""),
        ({"waiver_expired": {"until": "2025-02-28"}}, "waiver expired 2025-02-28"),
        ({"waiver_expired": "x"}, "waiver expired"),
    ],
)
def test_a_finding_that_came_back_is_marked(evidence: dict[str, object], mark: str) -> None:
    made = report([finding(evidence=evidence)])
    assert (f'<span class="chip expired">{mark}</span>' in text("html", made)) == bool(mark)
    assert (f"(**{mark}**)" in text("md", made)) == bool(mark)
    assert "Complete, with 1 finding to act on" in text("html", made)
