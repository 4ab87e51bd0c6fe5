"""The published sample's queries on its own layout, beside ours on the same rows: as the docs show them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

PAGE = Path(__file__).parents[4] / "docs" / "use-cases" / "manufacturing-analytics.md"


def test_the_docs_show_the_queries_that_are_measured() -> None:
    from benchmarks._published import ABOVE, AWAY

    for query in (AWAY, ABOVE):
        assert query.strip() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("metric", "finds"), [("'reading'", 0), ("sensor_id", 1)])
def test_a_spike_that_hides_between_sensors_is_found_by_ours(metric: str, finds: int, tmp_path: Path) -> None:
    """A quiet sensor beside one at another level: the mean of both hides what stands out of one."""
    import numpy

    from benchmarks import _published, _sensors, sensors

    noise = numpy.random.default_rng(5)
    quiet, loud = 20 + noise.normal(0, 0.1, 400), 80 + noise.normal(0, 5, 400)
    quiet[200] += 3
    made = [_sensors.Sensor("quiet", quiet), _sensors.Sensor("loud", loud)]
    _sensors.write(str(tmp_path / "log.csv"), made)
    published = [each for each in _published.found(tmp_path / "log.csv", metric) if each.sensor == "quiet"]
    assert [round(each.first) for each in published] == [200] * finds
    (ours,) = sensors._found(made)
    assert (ours.sensor, round(ours.first)) == ("quiet", 200)
