from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fsxap.providers.metering import Meter


def test_what_is_taken_is_what_this_thread_added() -> None:
    meter = Meter()
    meter.add("pages", 2)
    with ThreadPoolExecutor(1) as other:
        other.submit(meter.add, "pages", 5).result()
        assert other.submit(meter.take).result() == {"pages": 5}
    meter.add("pages", 1)
    meter.add("images", 1)
    assert meter.take() == {"pages": 3, "images": 1}
    assert meter.take() == {}
