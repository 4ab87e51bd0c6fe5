"""A made-up plant for the demo: two days of three sensors, and pictures of a part, one of them with a scratch."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTES = 1440
SIDE = 256


def write_sample(folder: Path) -> None:
    """Line 1 has a spike, a frozen sensor and a gap, the pressure drifts over both days; line 2 is clean, in CP932."""
    source = random.Random(5)  # noqa: S311 - a sample
    for line in ("line-1", "line-2"):
        for day in range(2):
            _write_log(folder / line, day, source, clean=line == "line-2")
    _write_pictures(folder)


def _write_log(folder: Path, day: int, source: random.Random, *, clean: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for minute in range(MINUTES):
        at = day * MINUTES + minute
        stamp = (START + timedelta(minutes=at)).strftime("%Y-%m-%d %H:%M:%S")
        heat = 180 + 4 * math.sin(at / 60) + source.gauss(0, 0.4)
        pressure = 6 + source.gauss(0, 0.05) + (0.0 if clean else max(0, at - 1000) / 900)
        speed = 1500 + source.gauss(0, 6)
        if not clean:
            heat += 35 if day == 0 and minute in (600, 601) else 0
            speed = 1493.5 if day == 1 and 400 <= minute < 520 else speed
        if clean or day == 0 or not 900 <= minute < 960:
            rows.append((stamp, f"{heat:.2f}", f"{pressure:.3f}", f"{speed:.1f}"))
    heads = ("日時", "温度", "圧力", "回転数") if clean else ("timestamp", "temperature", "pressure", "speed")
    text = "".join(",".join(row) + "\r\n" for row in (heads, *rows))
    if not clean and day == 0:
        text += "2026-01-05 23:59:30,broken\r\n"
    name = (START + timedelta(days=day)).strftime("%Y%m%d")
    (folder / f"press-{name}.csv").write_bytes(text.encode("cp932" if clean else "utf-8"))


def _write_pictures(folder: Path) -> None:
    """Written as BMP by hand: the demo needs no picture library for its sample."""
    part = _part()
    for where, name, scratched in (
        ("golden/bracket", "good.bmp", False),
        ("line-1/bracket", "20260105-100500.bmp", True),
        ("line-1/bracket", "20260105-091500.bmp", False),
    ):
        pixels = [bytearray(row) for row in part]
        if scratched:
            for step in range(40):
                for wide in range(6):
                    pixels[80 + step][150 + step // 2 + wide] = 235
        path = folder / where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_bmp(pixels))


def _part() -> list[bytearray]:
    """A plate with four holes."""
    rows = [bytearray([40] * SIDE) for _ in range(SIDE)]
    for y in range(28, SIDE - 28):
        for x in range(36, SIDE - 36):
            hole = any((x - cx) ** 2 + (y - cy) ** 2 < 196 for cx in (70, SIDE - 70) for cy in (62, SIDE - 62))
            rows[y][x] = 40 if hole else 150 + (x * 7 + y * 3) % 9
    return rows


def _bmp(rows: list[bytearray]) -> bytes:
    """8-bit grey, bottom row first; the width is a multiple of four."""
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    body = b"".join(bytes(row) for row in reversed(rows))
    start = 14 + 40 + len(palette)
    header = b"BM" + (start + len(body)).to_bytes(4, "little") + bytes(4) + start.to_bytes(4, "little")
    numbers = (
        (40, 4),
        (SIDE, 4),
        (SIDE, 4),
        (1, 2),
        (8, 2),
        (0, 4),
        (len(body), 4),
        (2835, 4),
        (2835, 4),
        (256, 4),
        (0, 4),
    )
    return header + b"".join(value.to_bytes(size, "little") for value, size in numbers) + palette + body
