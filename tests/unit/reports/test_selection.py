import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.model import SEVERITIES, Finding, Waiver
from fsxap.reports import selection
from fsxap.reports.selection import OTHER, TOP, Census, folder, select
from tests.unit.reports.samples import finding

WAIVED = Waiver("known", "2030-01-01")
EXPIRED = Waiver("known", "2020-01-01")

findings = st.builds(
    Finding,
    st.sampled_from(["a", "b", "not-audited"]),
    st.sampled_from(SEVERITIES),
    st.just("m"),
    st.sampled_from(["/v/a", "/v/b/c", "x/y.txt", "z.txt"]),
    waived=st.sampled_from([None, WAIVED, EXPIRED]),
)


@given(st.lists(findings, max_size=40), st.integers(0, 10))
def test_the_selection_is_the_head_of_the_sorted_whole(made: list[Finding], limit: int) -> None:
    def order(one: Finding) -> tuple[bool, int, str, str]:
        return one.waived != EXPIRED, SEVERITIES.index(one.severity), one.where, one.rule

    chosen = select(iter(made), limit, "2025-03-01T09:00:00Z")
    census = chosen.census
    for shown, waived in ((chosen.open, False), (chosen.waived, True)):
        whole = [order(one) for one in made if bool(one.waived) == waived]
        assert [order(one) for one in shown] == sorted(whole)[:limit]
    assert census.expired == sum(one.waived == EXPIRED for one in made)
    assert census.waived == sum(one.waived is not None for one in made)
    assert census.total == len(made)
    assert census.open == sum(census.severities.values()) == sum(group.total for group in census.rules())
    assert census.open == sum(group.total for group in census.folders())


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("/corp/hr/reviews/2025", "/corp/hr"),
        ("/corp", "/corp"),
        ("/", "/"),
        ("hr/reviews/2025/a.pdf", "hr/reviews"),
        ("hr/a.pdf", "hr"),
        ("a.pdf", TOP),
    ],
)
def test_folder(where: str, expected: str) -> None:
    assert folder(where) == expected


def test_one_critical_folder_comes_before_many_medium_ones() -> None:
    census = Census("2025-03-01")
    for made in [finding()] * 5 + [finding(severity="critical", where="/corp/legal")]:
        census.add(made)
    assert [group.name for group in census.folders()] == ["/corp/legal", "/corp/hr"]
    assert [group.total for group in census.rules()] == [6]


def test_names_beyond_the_limit_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "GROUPS", 3)
    census = Census("2025-03-01")
    for number in range(10):
        census.add(finding(where=f"/corp/{number}"))
    counted = {group.name: group.total for group in census.folders()}
    assert counted == {"/corp/0": 1, "/corp/1": 1, "/corp/2": 1, OTHER: 7}
