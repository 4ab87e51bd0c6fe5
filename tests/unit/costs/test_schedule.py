from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fsxap.costs.schedule import runs_a_month


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(1 hour)", 730),
        ("rate(15 minutes)", 2920),
        ("rate(1 day)", Fraction(730, 24)),
        ("rate( 2 days)".replace("( ", "("), Fraction(730, 48)),
        ("cron(0 6 * * ? *)", Fraction(365, 12)),
        ("cron(0/15 * * * ? *)", Fraction(365 * 96, 12)),
        ("cron(0 6 ? * MON-FRI *)", Fraction(261, 12)),
        ("cron(0 6,18 1 * ? *)", Fraction(24, 12)),
        ("cron(0 8 ? JAN,JUL 1 *)", Fraction(8, 12)),
        ("at(2026-01-31T06:00:00)", 1),
    ],
)
def test_runs_a_month(expression: str, runs: Fraction) -> None:
    assert runs_a_month(expression) == runs


@pytest.mark.parametrize(
    "expression",
    ["", "hourly", "rate(0 hours)", "rate(1 week)", "cron(0 6 * * ?)", "cron(0 6 L * ? *)", "cron(60 6 * * ? *)",
     "cron(0 6 ? * 2#1 *)", "cron(5-1 * * * ? *)", "at(tomorrow)"],
)  # fmt: skip
def test_what_cannot_be_counted_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        runs_a_month(expression)


@given(some.integers(1, 59))
def test_a_rate_and_its_cron_agree(minutes: int) -> None:
    expected = len(range(0, 60, minutes)) * 24 * 365
    assert runs_a_month(f"cron(*/{minutes} * * * ? *)") * 12 == expected
