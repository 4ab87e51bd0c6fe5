"""How benchmarks are kept and shown."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import _page
from benchmarks.__main__ import main, names
from benchmarks._measure import Run, figure, ratio

PACKAGE = Path(_page.__file__).parent


def runs(*cpu: float) -> Sequence[Run]:
    return [Run(1, each, 10) for each in cpu]


def test_a_ratio_compares_turn_by_turn() -> None:
    assert ratio(runs(1, 10, 3), runs(2, 10, 12)) == 0.5


@pytest.mark.parametrize(("goal", "reached", "holds"), [("≤ 1", 1, True), ("≤ 1", 1.01, False), ("≥ 2", 1.9, False)])
def test_a_figure_holds_or_not(goal: str, reached: float, holds: bool) -> None:
    assert figure("it", goal, reached)["holds"] is holds


def test_what_cannot_be_run_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing-such"]) == 2
    assert "no benchmark nothing-such" in capsys.readouterr().err


def test_a_table_has_every_column_and_a_figure_its_command() -> None:
    kept = {"listing": {"load": 1.5, "rows": [{"a": 1}, {"b": "x|y"}], "figures": [figure("f", "≤ 2", 1)]}}
    assert _page.table(kept["listing"]["rows"]) == "| a | b |\n| --- | --- |\n| 1 |  |\n|  | x\\|y |"  # type: ignore[arg-type]
    assert "| f | ≤ 2 | 1 | yes | 1.5 | `python -m benchmarks listing` |" in _page.figures(kept)


def test_rows_of_other_columns_have_a_table_of_their_own() -> None:
    rows = [{"a": 1, "b": 2}, {"c": 3}, {"a": 4}, {"a": 5, "b": 6, "d": 7}, {"c": 8}]
    shown = _page.tables({"it": {"load": 1, "rows": rows}})
    one = "| a | b | d |\n| --- | --- | --- |\n| 1 | 2 |  |\n| 4 |  |  |\n| 5 | 6 | 7 |"
    assert shown == f"### it\n\nload 1\n\n{one}\n\n| c |\n| --- |\n| 3 |\n| 8 |"


@pytest.mark.parametrize("name", names())
def test_what_runs_without_a_name_gives_rows(name: str) -> None:
    (module,) = {*(PACKAGE.glob(f"{name}.py")), *(PACKAGE.glob(f"{name}/__init__.py"))}
    tree = ast.parse(module.read_text(encoding="utf-8"))
    (made,) = (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "main")
    assert made.returns is not None and ast.unparse(made.returns) in ("dict[str, Any]", "Mapping[str, Any]")


def test_charts_are_xml_with_what_was_measured() -> None:
    rows = [{"path": "a & b", "items": 10**power, "cpu_us_an_item": 3.0 * power} for power in (3, 4, 6)]
    drawn = ElementTree.fromstring(_page.scaling(rows))
    assert "a & b" in "".join(drawn.itertext())
    assert len([each for each in drawn.iter() if each.tag.endswith("circle")]) == 3
    close = [
        {"path": name, "items": 1000, "cpu_us_an_item": cost} for name, cost in (("x", 5.0), ("y", 5.1), ("z", 90))
    ]
    labels = [each for each in ElementTree.fromstring(_page.scaling(close)).iter() if each.text in ("x", "y", "z")]
    heights = sorted(float(each.attrib["y"]) for each in labels)
    assert all(below - above >= 16 for above, below in pairwise(heights))
    assert "12.5 s" in "".join(ElementTree.fromstring(_page.bars("t", {"fsxap": 1, "peer": 12.5}, "s")).itertext())
