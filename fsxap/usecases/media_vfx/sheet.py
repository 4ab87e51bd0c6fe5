"""The contact sheet of a sequence: thumbnails of what is wrong, a plot of all frames, and a page around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray

from fsxap.model import Finding
from fsxap.usecases.media_vfx.table import Row

Picture = NDArray[numpy.uint8]

THUMBNAILS, ACROSS = 12, 4
WIDE, HIGH, LABEL = 128, 72, 16
PLOT = 90
INK, BAD, PAPER, LINE = (40, 40, 40), (40, 40, 200), 250, (150, 110, 40)
"""Colours as OpenCV has them, blue first."""
FONT = cv2.FONT_HERSHEY_SIMPLEX


def sheet(rows: Sequence[Row], marked: Mapping[str, Sequence[str]]) -> bytes:
    """A PNG: marked frames, filled up with others at even distances, and below a curve of mean luminance.

    `marked` is the rules that a file breaks, by key.
    """
    shown = _chosen(rows, marked)
    lines = -(-len(shown) // ACROSS) if shown else 0
    height = lines * (HIGH + LABEL) + PLOT
    paper: Picture = numpy.full((height, ACROSS * WIDE, 3), PAPER, numpy.uint8)
    for at, row in enumerate(shown):
        x, y = at % ACROSS * WIDE, at // ACROSS * (HIGH + LABEL)
        _thumbnail(paper[y : y + HIGH, x : x + WIDE], row)
        colour = BAD if row.key in marked else INK
        words = f"{row.frame} {row.view} {', '.join(rule.removeprefix('frame-') for rule in marked.get(row.key, ()))}"
        cv2.putText(paper, " ".join(words.split())[:22], (x + 2, y + HIGH + 12), FONT, 0.34, colour, 1, cv2.LINE_AA)
    _plot(paper[height - PLOT :], rows, marked)
    return bytes(cv2.imencode(".png", paper, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1])


def _chosen(rows: Sequence[Row], marked: Mapping[str, Sequence[str]]) -> list[Row]:
    bad = [row for row in rows if row.key in marked][:THUMBNAILS]
    others = [row for row in rows if row.key not in marked and row.look is not None]
    room = min(len(others), THUMBNAILS - len(bad))
    even = [others[at * len(others) // room] for at in range(room)]
    return sorted([*bad, *even], key=lambda row: (row.view, row.frame))


def _thumbnail(paper: Picture, row: Row) -> None:
    if row.look is None:
        words = "not decoded" if row.problem else "no picture"
        cv2.putText(paper, words, (8, HIGH // 2), FONT, 0.4, BAD, 1, cv2.LINE_AA)
        return
    source = row.look.preview[:, :, ::-1]
    scale = min((WIDE - 4) / source.shape[1], (HIGH - 4) / source.shape[0])
    size = max(1, round(source.shape[1] * scale)), max(1, round(source.shape[0] * scale))
    small = numpy.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), numpy.uint8)
    # Grain is what makes a PNG large, and nobody judges it at this size.
    small = small & numpy.uint8(0xF8)
    top, left = (HIGH - size[1]) // 2, (WIDE - size[0]) // 2
    paper[top : top + size[1], left : left + size[0]] = small


def _plot(paper: Picture, rows: Sequence[Row], marked: Mapping[str, Sequence[str]]) -> None:
    """Mean luminance from the first frame to the last; marked frames are dots."""
    seen = [(row, row.look.mean) for row in rows if row.look is not None]
    if not seen:
        return
    first, last = min(row.frame for row in rows), max(row.frame for row in rows)
    top = max(max(mean for _, mean in seen), 1e-6)
    height, width = paper.shape[:2]

    def at(row: Row, mean: float) -> tuple[int, int]:
        x = (row.frame - first) / max(1, last - first)
        return int(6 + x * (width - 12)), int(height - 16 - max(0.0, mean) / top * (height - 26))

    points = numpy.array([at(row, mean) for row, mean in seen], numpy.int32)
    cv2.polylines(paper, [points], False, LINE, 1, cv2.LINE_AA)
    for row, mean in seen:
        if row.key in marked:
            cv2.circle(paper, at(row, mean), 3, BAD, -1, cv2.LINE_AA)
    words = f"mean luminance, frames {first} to {last}, top {top:.3g}"
    cv2.putText(paper, words, (6, height - 4), FONT, 0.36, INK, 1, cv2.LINE_AA)


STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:60rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:4px 10px;text-align:left;vertical-align:top}img{max-width:100%}"
)


def page(title: str, decision: str, findings: Sequence[Finding], data: Mapping[str, Any]) -> bytes:
    """HTML beside `sheet.png`; what came from file names is text in it, never markup."""
    said = "".join(
        f"<tr><td>{escape(each.rule)}</td><td>{escape(each.severity)}</td><td>{escape(each.message)}</td>"
        f"<td>{escape(each.remediation)}</td></tr>"
        for each in findings
    )
    facts = "".join(
        f"<tr><td>{escape(str(name))}</td><td>{escape(_text(value))}</td></tr>" for name, value in data.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self'; "
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1><p><b>{escape(decision)}</b></p>"
        '<p><img src="sheet.png" alt="thumbnails of frames and a plot of their luminance"></p>'
        "<table><tr><th>rule<th>severity<th>what<th>what to do</tr>"
        f"{said}</table><h2>Facts</h2><table>{facts}</table></html>\n"
    ).encode("utf-8", "surrogateescape")


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
