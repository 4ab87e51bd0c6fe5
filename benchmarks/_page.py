"""Owns how kept results are shown: Markdown tables, and charts as SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

RESULTS = Path(__file__).parent / "results"
COLOURS = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#787774")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 380, 70, 210, 40, 50


def kept() -> dict[str, dict[str, Any]]:
    """Benchmark → what it measured when it was last run."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        return ""
    lines = [columns, ["---"] * len(columns), *([_cell(row.get(name, "")) for name in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _alike(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A table for each kind of row: those that have the columns of the kind's first, or some of them, or more."""
    kinds: list[list[Mapping[str, Any]]] = []
    for row in rows:
        kind = next((kind for kind in kinds if row.keys() <= kind[0].keys() or kind[0].keys() <= row.keys()), None)
        if kind is None:
            kinds.append([row])
        else:
            kind.append(row)
    return map(table, kinds)


def _cell(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).replace("|", "\\|")


def figures(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Everything that has a goal, with the command that measures it."""
    rows = [
        {**each, "load": measured["load"], "command": f"`{_command(name, measured.get('options', ()))}`"}
        for name, measured in results.items()
        for each in measured.get("figures", ())
    ]
    return table(rows)


def _command(name: str, options: Sequence[str]) -> str:
    return " ".join(("python -m benchmarks", name, *options))


def tables(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Every row of every result."""
    parts = []
    for name, measured in results.items():
        about = ", ".join(
            f"{what} {said}" for what, said in measured.items() if what not in ("rows", "figures", "options")
        )
        parts += [f"### {name}\n\n{about}", *_alike(measured["rows"])]
    return "\n\n".join(parts)


def scaling(rows: Sequence[Mapping[str, Any]]) -> str:
    """CPU an item against the number of items, both on logarithmic scales."""
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row["cpu_us_an_item"] > 0:
            points.setdefault(row["path"], []).append((row["items"], row["cpu_us_an_item"]))
    every = [point for line in points.values() for point in line]
    low = math.floor(math.log10(min(y for _, y in every)))
    high = math.ceil(math.log10(max(y for _, y in every)))

    def across(items: float) -> float:
        return LEFT + (math.log10(items) - 3) / 3 * (WIDTH - LEFT - RIGHT)

    def up(cost: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(cost) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    drawn = [
        f'<text x="{LEFT}" y="22" font-weight="bold">CPU an item, µs, start-up taken off</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">items</text>',
    ]
    for power in range(3, 7):
        drawn += _rule(across(10**power), HEIGHT - BOTTOM, across(10**power), TOP)
        drawn.append(f'<text x="{across(10**power)}" y="{HEIGHT - 30}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low, high + 1):
        drawn += _rule(LEFT, up(10**power), WIDTH - RIGHT, up(10**power))
        drawn.append(f'<text x="{LEFT - 8}" y="{up(10**power) + 4}" text-anchor="end">{10.0**power:g}</text>')
    said: dict[float, float] = {}
    lowest_first = sorted(zip(points.items(), COLOURS, strict=False), key=lambda each: each[0][1][-1][1])
    for (path, line), colour in lowest_first:
        places = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        drawn.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3.5" fill="{colour}"/>' for x, y in line]
        x, y = across(line[-1][0]) + 10, up(line[-1][1]) + 4
        # Lines that end close together have their names one above the other.
        said[x] = y = min(y, said.get(x, math.inf) - 16)
        halo = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
        drawn.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" {halo}>{escape(path)}</text>')
    return _svg(HEIGHT, drawn)


def bars(title: str, costs: Mapping[str, float], unit: str) -> str:
    """One bar for each, the least first."""
    most, room = max(costs.values()), WIDTH - 300
    drawn = [f'<text x="10" y="22" font-weight="bold">{escape(title)}</text>']
    for at, (label, cost) in enumerate(sorted(costs.items(), key=lambda each: each[1])):
        y, colour = TOP + at * 26, COLOURS[1] if label.startswith("fsxap") else COLOURS[0]
        drawn.append(f'<text x="190" y="{y + 15}" text-anchor="end">{escape(label)}</text>')
        drawn.append(f'<rect x="200" y="{y}" width="{max(cost / most * room, 1):.1f}" height="20" fill="{colour}"/>')
        drawn.append(f'<text x="{206 + cost / most * room:.1f}" y="{y + 15}">{cost:g} {unit}</text>')
    return _svg(TOP + len(costs) * 26 + 14, drawn)


def charts(results: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """File name, what it shows, and the SVG, of each chart there are results for."""
    if "listing" in results:
        rows = [row for row in results["listing"]["rows"] if "our_cpu" in row]
        rows = [row for row in rows if row["keys"] == rows[0]["keys"]]
        title = f"CPU to list {rows[0]['keys']:,} keys, whole process"
        yield "benchmark-listing.svg", title, bars(title, {row["listing"]: row["cpu_s"] for row in rows}, "s")
    if "scaling" in results:
        yield "benchmark-scaling.svg", "CPU an item against the number of items", scaling(results["scaling"]["rows"])


def _rule(x: float, y: float, to_x: float, to_y: float) -> list[str]:
    return [f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="#ddd"/>']


def _svg(height: int, drawn: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
    return (
        "\n".join([head + ' font-size="13">', '<rect width="100%" height="100%" fill="#fff"/>', *drawn, "</svg>"])
        + "\n"
    )
