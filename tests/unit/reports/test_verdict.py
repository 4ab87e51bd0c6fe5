import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.model import STATUSES, Finding, Waiver
from fsxap.reports import judge
from fsxap.reports.selection import Census
from fsxap.reports.verdict import coverage_line
from tests.unit.reports.samples import coverage, finding, report, summary, text

GOOD = "nothing to act on"
UNREAD = finding(rule="not-audited")
WAIVED = Waiver("known", "2030-01-01")
EXPIRED = Waiver("known", "2025-02-28")

INCOMPLETE: list[tuple[dict[str, object], list[Finding], str]] = [
    ({"coverage": coverage(failed=1)}, [], "1 item could not be processed"),
    ({"coverage": coverage(missing=2)}, [], "2 items listed, but without a result"),
    ({"complete": False}, [], "stopped before its last item"),
    ({}, [UNREAD], "1 place could not be audited"),
    ({}, [finding(rule="not-audited", waived=WAIVED)], "1 place could not be audited"),
    ({"coverage": coverage(ok=0, unchanged=0, skipped=0)}, [], "The source listed nothing"),
    ({"coverage": {}}, [], "The source listed nothing"),
    ({"coverage": coverage(ok=0, unchanged=0)}, [], "none was read"),
    ({"coverage": coverage() | {"seen": 11}}, [], "11 seen, 10 accounted for"),
    ({"findings": {"high": 3}}, [finding()], "only 1 came with this report"),
]


@pytest.mark.parametrize(("changes", "findings", "reason"), INCOMPLETE)
@pytest.mark.parametrize("format", ["html", "md", "json", "sarif"])
def test_an_incomplete_run_never_reads_clean(
    changes: dict[str, object], findings: list[Finding], reason: str, format: str
) -> None:
    written = text(format, report(findings, **changes))
    assert GOOD not in written
    assert reason in written
    signs = {
        "html": "Incomplete: ",
        "md": "> ⚠ **Incomplete: ",
        "json": '"state":"incomplete"',
        "sarif": '"executionSuccessful":false',
    }
    assert signs[format] in written
    if format == "html":
        assert 'class="clean"' not in written


def test_the_csv_says_what_was_covered() -> None:
    written = text("csv", report(coverage=coverage(failed=1), complete=False))
    assert "1 failed + 0 missing" in written
    assert "run stopped before its last item" in written


@given(st.fixed_dictionaries({name: st.integers(0, 3) for name in (*STATUSES, "missing")}), st.booleans())
def test_only_full_coverage_is_clean(parts: dict[str, int], complete: bool) -> None:
    counts = {"seen": sum(parts.values()), **parts}
    verdict = judge(summary(coverage=counts, complete=complete), Census("2025-03-01"))
    whole = complete and not parts["failed"] and not parts["missing"] and parts["ok"] + parts["unchanged"] > 0
    assert (verdict.state == "clean") == whole
    assert bool(verdict.reasons) != whole


@pytest.mark.parametrize(
    ("findings", "state", "headline"),
    [
        ([], "clean", "Complete, and nothing to act on"),
        ([finding(waived=WAIVED)], "clean", "Complete, and nothing to act on"),
        (
            [finding(waived=EXPIRED)],
            "findings",
            "Complete, and all findings are waived, but not all waivers are in force",
        ),
        ([finding()], "findings", "Complete, with 1 finding to act on, the worst medium"),
        ([finding(), finding(severity="info")], "findings", "Complete, with 2 findings to act on, the worst medium"),
    ],
)
def test_complete_runs(findings: list[Finding], state: str, headline: str) -> None:
    census = Census("2025-03-01")
    for one in findings:
        census.add(one)
    verdict = judge(summary(), census)
    assert (verdict.state, verdict.headline) == (state, headline)


def test_waived_findings_are_mentioned() -> None:
    assert "1 finding waived" in text("html", report([finding(waived=WAIVED)]))


def test_the_coverage_line_has_every_part() -> None:
    expected = "11 seen = 7 ok + 2 unchanged + 1 skipped + 0 vanished + 1 failed + 0 missing"
    assert coverage_line(coverage(failed=1)) == expected


@pytest.mark.parametrize("findings", [[], [finding()], [UNREAD]])
def test_an_expired_waiver_is_a_reason(findings: list[Finding]) -> None:
    census = Census("2025-03-01")
    for one in (*findings, finding(waived=EXPIRED)):
        census.add(one)
    assert "1 waiver has expired; the next run counts what they cover." in judge(summary(), census).reasons
