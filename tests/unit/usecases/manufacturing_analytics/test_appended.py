"""A log that grew is read from where it was, and gives what reading all of it gives."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.providers.local.tabular import DuckTabular
from fsxap.usecases.manufacturing_analytics import decode
from fsxap.usecases.manufacturing_analytics.ingest import Ingested, ingest

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

HEAD = "timestamp,sensor_id,metric,value\n"


def lines(first: int, last: int, text: str = "s") -> str:
    return "".join(f"2026-01-05 {at // 60:02d}:{at % 60:02d}:00,{text},t,{at / 4}\n" for at in range(first, last))


@pytest.fixture
def tabular(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(decode, "HEAD", 2000)
    made = DuckTabular(tmp_path / "scratch")
    yield made
    made.close()


class Place:
    """A source and what is made of it, below one folder."""

    def __init__(self, folder: Path, tabular: DuckTabular) -> None:
        (folder / "in").mkdir(parents=True)
        params = {"encoding": "auto", "max_size": 1 << 30, "timezone": "Asia/Tokyo", "schema": ()}
        self.folder, self.tabular = folder, tabular
        self.kit: Any = SimpleNamespace(
            params=params, tabular=tabular, source=FolderStore(folder / "in"), sink=FolderStore(folder / "out")
        )

    def read(self, body: bytes, name: str = "log.csv") -> tuple[Ingested, list[Any], str]:
        (self.folder / "in" / name).write_bytes(body)
        with self.tabular.folder() as scratch:
            made = ingest(Item(name, len(body)), self.kit, scratch)
        rows = duckdb.connect().execute("FROM read_parquet(?)", [str(self.folder / "out" / made.key)]).fetchall()
        aside = self.folder / "out" / "set-aside" / f"{name}.csv"
        return made, rows, aside.read_text() if aside.exists() else ""


BEFORE = HEAD + lines(0, 200)
GROWN: dict[str, tuple[bytes, bytes, bool]] = {
    "rows": (BEFORE.encode(), lines(200, 300).encode(), True),
    "crlf": (BEFORE.replace("\n", "\r\n").encode(), lines(200, 300).replace("\n", "\r\n").encode(), True),
    "a cut row at the end": (BEFORE.encode(), (lines(200, 230) + "2026-01-05 05:00:0").encode(), True),
    "bad rows before": ((BEFORE + "bad,row\n").encode(), lines(200, 210).encode(), True),
    "bad rows in both": ((BEFORE + "a,b\n" + lines(200, 201)).encode(), (lines(201, 205) + "=c,d\n").encode(), True),
    "becoming utf-8": (BEFORE.encode(), lines(200, 210, "計").encode(), True),
    "utf-8": ((BEFORE + lines(200, 201, "計")).encode(), lines(201, 210).encode(), True),
    "blank lines": (BEFORE.encode(), ("\n" + lines(200, 210) + "\n\n").encode(), True),
    "quotes": (BEFORE.encode(), b'"2026-01-05 05:00:00",s,t,1\n', True),
    "quotes before": ((BEFORE + '"2026-01-05 05:00:00",s,t,1\n').encode(), lines(201, 210).encode(), False),
    "becoming cp932": (BEFORE.encode(), lines(200, 210, "計").encode("cp932"), False),
    "nothing but bad rows": (BEFORE.encode(), b"a,b\n", False),
    "behind a cut row": (BEFORE.encode()[:-5], b"5.25\n" + lines(200, 210).encode(), False),
    "a mark": (b"\xef\xbb\xbf" + BEFORE.encode(), lines(200, 210).encode(), False),
    "utf-16": (BEFORE.encode("utf-16"), lines(200, 210).encode("utf-16-le"), False),
    "little before": ((HEAD + lines(0, 20)).encode(), lines(20, 100).encode(), False),
}


@pytest.mark.parametrize("name", GROWN)
def test_going_on_gives_what_reading_all_gives(name: str, tmp_path: Path, tabular: DuckTabular) -> None:
    before, more, continued = GROWN[name]
    place = Place(tmp_path / "grown", tabular)
    place.read(before)
    made, rows, aside = place.read(before + more)
    whole, all_rows, all_aside = Place(tmp_path / "whole", tabular).read(before + more)
    assert (rows, aside) == (all_rows, all_aside)
    assert bool(made.behind) is continued
    record = made.record()
    assert record.pop("continued_behind_line", 0) == (before.count(b"\n") if continued else 0)
    assert record == whole.record()


def test_a_packed_log_goes_on_too(tmp_path: Path, tabular: DuckTabular) -> None:
    place = Place(tmp_path, tabular)
    place.read(gzip.compress(BEFORE.encode()), "log.csv.gz")
    made, rows, _ = place.read(gzip.compress(BEFORE.encode()) + gzip.compress(lines(200, 260).encode()), "log.csv.gz")
    assert (made.behind, len(rows)) == (201, 260)


def test_growing_twice(tmp_path: Path, tabular: DuckTabular) -> None:
    place, body = Place(tmp_path, tabular), BEFORE
    for behind, last in ((0, 200), (201, 250), (251, 300)):
        body = HEAD + lines(0, last)
        made, rows, _ = place.read(body.encode())
        assert (made.behind, len(rows)) == (behind, last)


def changed_before(place: Place) -> bytes:
    return (BEFORE.replace("s,t,0.25", "s,t,0.26") + lines(200, 210)).encode()


def without_parquet(place: Place) -> bytes:
    next((place.folder / "out").rglob("*.parquet")).unlink()
    return (BEFORE + lines(200, 210)).encode()


def with_damaged_parquet(place: Place) -> bytes:
    next((place.folder / "out").rglob("*.parquet")).write_bytes(b"PAR1 no more")
    return (BEFORE + lines(200, 210)).encode()


def with_other_zone(place: Place) -> bytes:
    place.kit.params["timezone"] = "UTC"
    return (BEFORE + lines(200, 210)).encode()


def shorter(place: Place) -> bytes:
    return BEFORE.encode()[:4000]


@pytest.mark.parametrize("spoil", [changed_before, without_parquet, with_damaged_parquet, with_other_zone, shorter])
def test_what_does_not_fit_is_read_again(spoil: Callable[[Place], bytes], tmp_path: Path, tabular: DuckTabular) -> None:
    place = Place(tmp_path, tabular)
    place.read(BEFORE.encode())
    body = spoil(place)
    made, rows, _ = place.read(body)
    assert made.behind == 0
    assert len(rows) + made.aside == body.count(b"\n") - 1 + (not body.endswith(b"\n"))
