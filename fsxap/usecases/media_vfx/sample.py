"""A made-up shot for the demo, as PNG files that need no library to write: three faults in twenty-four frames."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

WIDTH, HEIGHT, FRAMES = 160, 90, 24
MISSING, BLACK, CUT = 9, 14, 19
SCENE = """#! /usr/local/bin/nuke
Read {
 file beauty.####.png
 first 1
 last 24
}
Read {
 file ../plates/sky.####.exr
}
"""


def write_sample(folder: Path) -> None:
    """One shot that is right, one with a missing, a black and a damaged frame, and the script that reads them."""
    for shot, faulty in (("shot010", False), ("shot020", True)):
        place = folder / "shots" / shot
        place.mkdir(parents=True, exist_ok=True)
        for frame in range(1, FRAMES + 1):
            body = png(frame, dark=faulty and frame == BLACK)
            if faulty and frame == MISSING:
                continue
            if faulty and frame == CUT:
                body = body[: len(body) // 2]
            (place / f"beauty.{frame:04d}.png").write_bytes(body)
        (place / "comp.nk").write_text(SCENE, encoding="utf-8")


def png(frame: int, *, dark: bool = False) -> bytes:
    """A ball that crosses a graded sky, with grain."""
    grain = random.Random(frame)  # noqa: S311 - grain, not a secret
    lines = []
    for y in range(HEIGHT):
        line = bytearray(b"\0")
        for x in range(WIDTH):
            inside = (x - 20 - 5 * frame) ** 2 + (y - 55) ** 2 < 300
            noise = grain.randrange(-4, 5)
            colour = (200, 120, 60) if inside else (40 + y // 2, 60 + y, 150 - y // 3)
            line += bytes(0 if dark else max(0, min(255, each + noise)) for each in colour)
        lines.append(bytes(line))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"sRGB", b"\0"), (b"IDAT", zlib.compress(b"".join(lines), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
