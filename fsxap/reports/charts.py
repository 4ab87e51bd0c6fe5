"""Small charts as inline SVG. Colours come from classes, so one picture serves light, dark and print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fsxap.reports.markup import Markup, join, tag
from fsxap.reports.text import number, plain

WIDTH = 1000.0
LEAST = 6.0
"""Units of a part that is not zero: one failed item among a million must not vanish."""


@dataclass(frozen=True, slots=True)
class Part:
    """`kind` is the colour class: a coverage status or a severity."""

    label: str
    value: float
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart. `href` makes the label a link; `figure` is what stands at the end."""

    label: object
    parts: tuple[Part, ...]
    figure: str
    href: str = ""

    @property
    def total(self) -> float:
        return sum(part.value for part in self.parts)


def picture(title: str, *shapes: object, height: float, description: str = "", stretch: bool = True) -> Markup:
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description) if description else None,
        *shapes,
        role="img",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        preserveAspectRatio="none" if stretch else None,
        class_="chart",
    )


def stacked_bar(parts: Sequence[Part], title: str, *, whole: float = 0, height: float = 28) -> Markup:
    """Parts side by side in proportion to their sum, or to `whole` when that is more."""
    drawn = [part for part in parts if part.value > 0]
    total = max(whole, sum(part.value for part in drawn))
    described = ", ".join(f"{part.label}: {plain(part.value)}" for part in parts)
    shapes, left = [tag("rect", x=0, y=0, width=f"{WIDTH:g}", height=f"{height:g}", class_="track")], 0.0
    for part, width in zip(drawn, _widths(drawn, total), strict=True):
        label = tag("title", f"{part.label}: {plain(part.value)}")
        place = {"x": f"{left:.2f}", "y": 0, "width": f"{width:.2f}", "height": f"{height:g}"}
        shapes.append(tag("rect", label, **place, class_=f"fill-{part.kind}"))
        left += width
    return picture(title, *shapes, height=height, description=described)


def _widths(parts: Sequence[Part], total: float) -> list[float]:
    """Proportional, none below LEAST; what the small ones gain the large ones give."""
    wanted = [WIDTH * part.value / total for part in parts]
    raised, scale = 0, 1.0
    # Shrinking the large ones can push another below LEAST, so it is done until none is.
    while raised < (small := sum(width * scale < LEAST for width in wanted)) < len(wanted):
        raised = small
        large = sum(width for width in wanted if width * scale >= LEAST)
        scale = max(0.0, sum(wanted) - LEAST * raised) / large
    return [max(LEAST, width * scale) for width in wanted]


def horizontal_bars(bars: Sequence[Bar], caption: str, heads: tuple[str, str] | None = None) -> Markup:
    """A table of label, SVG bar and figure. The caption is for screen readers only where a column head says more."""
    whole = max((bar.total for bar in bars), default=0)
    head: Markup | None = None
    if heads:
        cells = (tag("th", heads[0], scope="col"), tag("td"), tag("th", heads[1], scope="col", class_="num"))
        head = tag("thead", tag("tr", *cells))
    return tag(
        "table",
        tag("caption", caption, class_="aside" if heads else None),
        head,
        tag("tbody", join(_line(bar, whole) for bar in bars)),
        class_="bars",
    )


def _line(bar: Bar, whole: float) -> Markup:
    label = tag("a", bar.label, href=bar.href) if bar.href else bar.label
    title = f"{bar.figure} in all" if len(bar.parts) > 1 else bar.figure
    return tag(
        "tr",
        tag("th", label, scope="row"),
        tag("td", stacked_bar(bar.parts, title, whole=whole, height=14), class_="bar"),
        tag("td", bar.figure, class_="num"),
    )


def sparkline(values: Sequence[float], title: str, *, height: float = 100) -> Markup:
    """A line through the finite values, oldest first; the title says lowest, highest and last."""
    points = [(at, value) for at, value in enumerate(values) if math.isfinite(value)]
    if not points:
        return tag("span", "no values", class_="muted")
    low, high = min(value for _, value in points), max(value for _, value in points)
    step, reach = WIDTH / max(1, len(values) - 1), (high - low) or 1.0
    path = " ".join(f"{at * step:.1f},{4 + (height - 8) * (high - value) / reach:.1f}" for at, value in points)
    described = f"{number(len(points))} values, lowest {plain(low)}, highest {plain(high)}, last {plain(points[-1][1])}"
    line = tag("polyline", points=path, class_="line")
    return picture(title, line, height=height, description=described)


_SHAPES = {
    "incomplete": ("M24 5 45 42H3Z", "M24 18v12M24 35v2.5"),
    "findings": ("M24 3 45 24 24 45 3 24Z", "M24 14v12M24 32v2.5"),
    "clean": ("M24 3a21 21 0 1 0 0 42 21 21 0 1 0 0-42Z", "M14 25l7 7 13-15"),
}


def verdict_icon(state: str) -> Markup:
    """Told apart by shape: triangle, diamond, disc."""
    outline, mark = _SHAPES[state]
    shapes = (tag("path", d=outline, class_="shape"), tag("path", d=mark, class_="mark"))
    return tag("svg", *shapes, viewBox="0 0 48 48", class_="icon", aria_hidden="true")
