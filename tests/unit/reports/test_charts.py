import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.reports.charts import LEAST, WIDTH, Bar, Part, horizontal_bars, sparkline, stacked_bar, verdict_icon
from tests.unit.reports.samples import Structure


def widths(chart: str) -> list[float]:
    return [
        float(width) for width in re.findall(r'<rect x="[^"]+" y="0" width="([^"]+)" height="\d+" class="fill', chart)
    ]


@given(st.lists(st.integers(0, 10**9), max_size=8))
def test_parts_fill_the_bar_and_none_vanishes(values: list[int]) -> None:
    drawn = widths(stacked_bar([Part("p", value) for value in values], "t"))
    assert len(drawn) == sum(value > 0 for value in values)
    if drawn:
        assert sum(drawn) == pytest.approx(WIDTH, abs=0.1)
        assert min(drawn) >= min(LEAST, WIDTH / len(drawn)) - 0.1


def test_a_stacked_bar_says_its_numbers() -> None:
    chart = stacked_bar([Part("ok", 3, "ok"), Part("failed", 1, "failed")], "Coverage")
    assert widths(chart) == [750, 250]
    assert "<title>Coverage</title><desc>ok: 3, failed: 1</desc>" in chart
    assert 'class="fill-failed"><title>failed: 1</title>' in chart


def test_bars_share_one_scale() -> None:
    table = horizontal_bars([Bar("a", (Part("a", 4),), "4"), Bar("<b>", (Part("b", 2),), "2", "#rule=b")], "Rules")
    assert widths(table) == [1000, 500]
    assert '<th scope="row"><a href="#rule=b">&lt;b&gt;</a></th>' in table
    assert "<caption>Rules</caption>" in table


def test_no_bars_and_zero_bars_are_tables_too() -> None:
    assert "<tbody></tbody>" in horizontal_bars([], "none")
    assert widths(horizontal_bars([Bar("a", (Part("a", 0),), "0")], "zero")) == []


@given(st.lists(st.floats(allow_subnormal=False, min_value=-1e9, max_value=1e9) | st.just(math.nan), max_size=30))
def test_a_sparkline_stays_in_its_box(values: list[float]) -> None:
    chart = sparkline(values, "load")
    points = re.findall(r'points="([^"]+)"', chart)
    assert bool(points) == any(math.isfinite(value) for value in values)
    for point in points[0].split() if points else ():
        x, y = map(float, point.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= 100


def test_verdict_icons_differ_in_shape() -> None:
    shapes = {
        tuple(path["d"] for name, path in Structure(verdict_icon(state)).elements if name == "path")
        for state in ("incomplete", "findings", "clean")
    }
    assert len(shapes) == 3
