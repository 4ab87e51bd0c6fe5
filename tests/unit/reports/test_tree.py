import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.model import SEVERITIES, Section
from fsxap.reports.tree import heat_map, nodes
from tests.unit.reports.samples import Structure, report, text

ROWS = (
    (0, "/corp", "/corp", 1, 0, 3, 0, 0),
    (1, "hr", "/corp/hr", 1, 0, 0, 0, 0),
    (2, "pay", "/corp/hr/pay", 1, 0, 0, 0, 0),
    (1, "it", "/corp/it", 0, 0, 2, 0, 0),
    (1, "3 other folders", "", 0, 0, 1, 0, 0),
)


def tree(*rows: tuple[object, ...]) -> Section:
    return Section("Where", "tree", ("Depth", "Folder", "Path", *SEVERITIES), rows)


def depths(made: str) -> list[tuple[str, int]]:
    """Names with the number of lists they stand in."""
    found, deep = [], 0
    for sign in re.finditer(r"<(/?)ul>|<code>(.*?)</code>|>(\d+ other folders)<", made):
        if name := sign[2] or sign[3]:
            found.append((name, deep))
        else:
            deep += -1 if sign[1] else 1
    return found


def test_folders_nest_as_their_depth_says() -> None:
    assert depths(heat_map(ROWS)) == [("/corp", 1), ("hr", 2), ("pay", 3), ("it", 2), ("3 other folders", 2)]


def test_a_number_is_told_apart_without_colour() -> None:
    made = heat_map(ROWS)
    assert '<span class="n critical h2" title="1 critical">1</span>' in made
    assert '<span class="aside">worst: critical</span>' in made
    assert 'class="sev mark medium"' in made


def test_a_folder_filters_the_findings_and_a_sum_does_not() -> None:
    links = [attributes["href"] for name, attributes in Structure(heat_map(ROWS)).elements if name == "a"]
    assert links == ["#folder=%2Fcorp", "#folder=%2Fcorp%2Fhr", "#folder=%2Fcorp%2Fhr%2Fpay", "#folder=%2Fcorp%2Fit"]


def test_small_trees_are_open_and_large_ones_where_it_matters() -> None:
    def opened(made: str) -> list[bool]:
        return ["open" in attributes for name, attributes in Structure(made).elements if name == "details"]

    assert opened(heat_map(ROWS)) == [True, True]
    many = [(1, f"x{at}", f"/corp/x{at}", 0, 0, 1, 0, 0) for at in range(50)]
    quiet = [(1, "q", "/corp/q", 0, 0, 1, 0, 0), (2, "r", "/corp/q/r", 0, 0, 1, 0, 0)]
    assert opened(heat_map([*ROWS, *many, *quiet])) == [True, True, False]


@given(st.lists(st.integers(0, 6), max_size=30))
def test_any_depths_make_a_well_formed_list(wanted: list[int]) -> None:
    rows = [(depth, f"n{at}", f"/n{at}", at, 0, 0, 0, 1) for at, depth in enumerate(wanted)]
    made = heat_map(rows)
    drawn = [node.depth for node in nodes(rows)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(drawn))
    assert made.count("<li>") == made.count("</li>") == len(wanted)
    assert depths(made) == [(f"n{at}", depth + 1) for at, depth in enumerate(drawn)]


@pytest.mark.parametrize(("format", "empty"), [("html", "No findings in any folder."), ("md", "No rows.")])
def test_an_empty_tree_says_so(format: str, empty: str) -> None:
    assert empty in text(format, report([], tree()))


def test_the_markdown_tree() -> None:
    written = text("md", report([], tree(*ROWS)))
    assert "| Folder | Worst | critical | high | medium | low | info |" in written
    assert "| &emsp;&emsp;`pay` | critical | 1 |  |  |  |  |" in written
    assert "| &emsp;*3 other folders* | medium |  |  | 1 |  |  |" in written
