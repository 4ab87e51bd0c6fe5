"""Logs as they are written around the world: each becomes the same rows, and no row is lost."""

import gzip
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import ItemError
from fsxap.model import Item
from fsxap.providers.local.folder import FolderStore
from fsxap.usecases.manufacturing_analytics import decode
from fsxap.usecases.manufacturing_analytics.decode import CHUNK, HEAD, blank_lines, spool, unpacked
from fsxap.usecases.manufacturing_analytics.ingest import ingest
from fsxap.usecases.manufacturing_analytics.layout import layout
from fsxap.usecases.manufacturing_analytics.sniff import parse_schema, sniff

ROWS = "".join(f"2026-01-05 00:{minute:02d}:00,007,{20 + minute / 10}\n" for minute in range(40))
LOG = "timestamp,sensor_id,value\n" + ROWS
JAPANESE = "日時,設備,温度(℃),圧力\n" + "".join(
    f"2026/01/05 00:{minute:02d}:00,プレス①,{20 + minute / 10},1.{minute:02d}\n" for minute in range(40)
)


def decoded(body: bytes, tmp_path: Path, chosen: str = "auto", key: str = "a.csv") -> tuple[str, str]:
    text = spool(unpacked(io.BytesIO(body), key), tmp_path / "rows.csv", chosen, 1 << 20)
    return text.encoding, (tmp_path / "rows.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("encoding", "known"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp932", "cp932"),
    ],
)
def test_encodings_are_told_from_the_bytes(encoding: str, known: str, tmp_path: Path) -> None:
    assert decoded(JAPANESE.encode(encoding), tmp_path) == (known, JAPANESE)


def test_what_is_too_large_unpacked_is_said(tmp_path: Path) -> None:
    text = "a,b\n" + "1,2\n" * 300_000
    with pytest.raises(ItemError, match="larger than max_size"):
        spool(io.BytesIO(text.encode() * 2), tmp_path / "x", "auto", 1 << 20)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_what_turns_out_otherwise_behind_the_head_is_seen(encoding: str, tmp_path: Path) -> None:
    """Beyond what is looked at first, and within the first piece that is read."""
    body = b"a,b\n" * (HEAD // 4 + 10) + "計,1\n".encode(encoding)
    assert len(body) < CHUNK
    assert spool(io.BytesIO(body), tmp_path / "x", "auto", 1 << 20).encoding == encoding
    assert (tmp_path / "x").read_bytes().endswith("計,1\n".encode())


def test_a_chosen_encoding_that_does_not_fit_is_said(tmp_path: Path) -> None:
    with pytest.raises(ItemError, match="not shift_jis text"):
        decoded(b"a,b\n\x80\xff,1\n", tmp_path, "shift_jis")


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20]])
def test_damaged_gzip_is_said(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(ItemError, match="complete gzip"):
        decoded(body, tmp_path, key="a.csv.gz")


@given(st.lists(st.sampled_from(["a,b", "", "\r"]), max_size=30), st.integers(1, 7), st.booleans())
def test_lines_are_counted_alike_however_they_arrive(lines: list[str], size: int, ended: bool) -> None:
    import tempfile

    body = "\n".join(lines).encode() + (b"\n" if ended else b"")

    class Drip(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            return super().read(size)

    with tempfile.TemporaryDirectory() as folder:
        whole = spool(io.BytesIO(body), Path(folder) / "a", "utf-8", 1 << 20)
        parts = spool(Drip(body), Path(folder) / "b", "utf-8", 1 << 20)
        if b"\n" in body and b"\r" not in body:
            assert whole.lines == parts.lines
            assert (Path(folder) / "a").read_bytes() == (Path(folder) / "b").read_bytes()
            assert whole.lines - blank_lines(io.BytesIO((Path(folder) / "a").read_bytes())) == sum(
                1 for line in lines if line
            )


def test_a_plain_log() -> None:
    found = sniff(LOG, "UTC")
    assert found.form.columns == (("timestamp", "timestamp"), ("sensor_id", "varchar"), ("value", "double"))
    assert found.form.skip == 1
    assert found.form.times == {"timestamp": "%Y-%m-%d %H:%M:%S"}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_and_decimal_commas(delimiter: str) -> None:
    text = LOG.replace(",", delimiter).replace(".", ",")
    form = sniff(text, "UTC").form
    assert (form.delimiter, form.decimal, form.columns[2]) == (delimiter, ",", ("value", "double"))


def test_japanese_titles_become_names_and_stay_labels() -> None:
    found = sniff(JAPANESE, "Asia/Tokyo")
    names = [name for name, _ in found.form.columns]
    assert names == ["timestamp", "machine", "column_3", "column_4"]
    assert list(found.labels.values()) == ["日時", "設備", "温度(℃)", "圧力"]


def test_lines_before_the_table_are_skipped() -> None:
    found = sniff("Plant: 7\nExport 3\n" + LOG, "UTC")
    assert (found.preamble, found.form.skip) == (2, 3)


@pytest.mark.parametrize("text", ["", "hello\nworld\n", "{}\n", "a\nb,c\nd\n\n"])
def test_what_is_no_table_is_said(text: str) -> None:
    with pytest.raises(ItemError, match="no table"):
        sniff(text, "UTC")


@pytest.mark.parametrize(
    ("cells", "name", "kind"),
    [
        (("007", "012"), "unit_no", "varchar"),
        (("1", "2"), "serial", "varchar"),
        (("0123", "7"), "x", "varchar"),
        (("1234567890123456789", "1"), "x", "varchar"),
        (("1", "2"), "x", "double"),
        (("1", "-2.5e-3"), "x", "double"),
        (("on", "off"), "x", "varchar"),
        (("0", "0.5"), "x", "double"),
    ],
)
def test_types(cells: tuple[str, str], name: str, kind: str) -> None:
    text = f"timestamp,{name}\n" + "".join(f"2026-01-05 00:{at:02d}:00,{cells[at % 2]}\n" for at in range(30))
    assert sniff(text, "UTC").form.columns[1] == (name, kind)


def test_a_schema_names_columns_that_have_no_header() -> None:
    schema = parse_schema("at:timestamp,what:varchar,v:double")
    found = sniff(ROWS, "UTC", schema)
    assert found.form.columns == schema
    assert found.form.skip == 0
    with pytest.raises(ItemError, match="3 columns and the schema 2"):
        sniff(ROWS, "UTC", schema[:2])


@pytest.mark.parametrize("text", ["a", "a:what", "A b:double", ":double"])
def test_a_bad_schema_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="name:type"):
        parse_schema(text)


def test_long_and_wide_layouts() -> None:
    long = layout(sniff(LOG, "UTC").form.columns, "plant/line-3/a.csv")
    assert long is not None
    assert (long.kind, long.sensor, long.values, long.place) == ("long", "sensor_id", ("value",), "line-3")
    wide = layout(sniff(JAPANESE, "UTC").form.columns, "plant/a.csv")
    assert wide is not None
    assert (wide.kind, wide.sensor, wide.values, wide.place) == ("wide", "machine", ("column_3", "column_4"), "plant")
    assert layout((("a", "varchar"), ("b", "double")), "a.csv") is None


def test_names_from_the_file_cannot_leave_their_literal() -> None:
    columns = (("timestamp", "timestamp"), ("t", "double"), ("u", "double"))
    shape = layout(columns, "it's/a.csv")
    assert shape is not None
    text = shape.readings({"t": "o'clock", "u": "'); DROP"})
    assert "'o''clock'" in text
    assert "'''); DROP'" in text
    assert "'it''s'" in text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (LOG.encode(), "in place"),
        (LOG.encode() + b"2026-01-05 01:00:00,8\n\n2026-01-05 01:00:00,8,x\n2026-01-05 01:00:00,8,1", "in place"),
        (LOG.encode() + b'2026-01-05 01:00:00,"a\nb",1\n', "in place"),
        (JAPANESE.encode(), "in place"),
        (LOG.encode() * 1 + "2026-01-05 01:00:00,停止,1\n".encode("cp932"), "copied"),
        (JAPANESE.encode("utf-16"), "copied"),
        (LOG.replace("\n", "\r").encode(), "copied"),
    ],
)
def test_a_file_read_in_place_gives_what_its_copy_gives(
    body: bytes, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsxap.providers.local.tabular import DuckTabular

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(body)
    tabular = DuckTabular(tmp_path / "scratch")
    params = {"encoding": "auto", "max_size": 1 << 30, "timezone": "UTC", "schema": ()}
    copies: list[Path] = []
    monkeypatch.setattr(decode, "HEAD", 1000)

    def spooled(stream: Any, path: Path, *more: Any) -> Any:
        copies.append(path)
        return spool(stream, path, *more)

    monkeypatch.setattr("fsxap.usecases.manufacturing_analytics.reading.spool", spooled)
    made = []
    for at, least in enumerate((1 << 30, 0)):
        monkeypatch.setattr(decode, "IN_PLACE", least)
        sink = FolderStore(tmp_path / f"out{at}")
        kit: Any = SimpleNamespace(params=params, tabular=tabular, source=FolderStore(tmp_path / "in"), sink=sink)
        with tabular.folder() as folder:
            done = ingest(Item("a.csv", len(body)), kit, folder)
            rows = list(tabular.query("SELECT * FROM log", {"log": done.parquet}))
            aside = (folder / "aside.csv").read_text()
        made.append((done.record(), rows, aside))
    tabular.close()
    assert made[0] == made[1]
    assert len(copies) == (1 if place == "in place" else 2)
