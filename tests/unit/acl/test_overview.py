import tracemalloc
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.acl.overview import AccessMatrix, FolderTree
from fsxap.model import SEVERITIES, Section, Severity


def tree(*found: tuple[str, Severity], limit: int = 200, kept: int = 20_000) -> Section:
    folders = FolderTree(kept)
    for path, severity in found:
        folders.add(path, severity)
    return folders.section("Where", limit)


def brief(section: Section) -> list[tuple[Any, ...]]:
    """Depth, name, path and the counts that are not zero."""
    return [(*row[:3], {s: n for s, n in zip(SEVERITIES, row[3:], strict=True) if n}) for row in section.rows]


def test_counts_roll_up_and_the_worst_comes_first() -> None:
    made = tree(("/v/a", "low"), ("/v/b/c", "critical"), ("/v/b/d", "low"), ("/v", "info"), ("/v/a", "low"))
    assert brief(made) == [
        (0, "/v", "/v", {"critical": 1, "low": 3, "info": 1}),
        (1, "b", "/v/b", {"critical": 1, "low": 1}),
        (2, "c", "/v/b/c", {"critical": 1}),
        (2, "d", "/v/b/d", {"low": 1}),
        (1, "a", "/v/a", {"low": 2}),
    ]
    assert made.kind == "tree"
    assert made.columns == ("Depth", "Folder", "Path", *SEVERITIES)


@pytest.mark.parametrize(
    ("paths", "rows"),
    [
        (["/v/a/b/c"], [(0, "/v/a/b/c", "/v/a/b/c", {"low": 1})]),
        (["/"], [(0, "/", "/", {"low": 1})]),
        (["hr/pay", "hr/pay/x"], [(0, "hr/pay", "hr/pay", {"low": 2}), (1, "x", "hr/pay/x", {"low": 1})]),
        ([""], [(0, "(no path)", "", {"low": 1})]),
        (["/v//a/"], [(0, "/v/a", "/v/a", {"low": 1})]),
        ([], []),
    ],
)
def test_paths(paths: list[str], rows: list[tuple[Any, ...]]) -> None:
    assert brief(tree(*((path, "low") for path in paths))) == rows


def test_what_is_not_shown_is_summed_where_it_lies() -> None:
    found: list[tuple[str, Severity]] = [(f"/v/{at}", "low") for at in range(5)] + [
        ("/v/x/y", "high"),
        ("/v/x", "info"),
    ]
    assert brief(tree(*found, limit=2)) == [
        (0, "/v", "/v", {"high": 1, "low": 5, "info": 1}),
        (1, "x", "/v/x", {"high": 1, "info": 1}),
        (2, "1 other folder", "", {"high": 1}),
        (1, "5 other folders", "", {"low": 5}),
    ]


paths = st.lists(st.sampled_from("abc"), max_size=5).map(lambda parts: "/" + "/".join(parts))
finds = st.lists(st.tuples(paths, st.sampled_from(SEVERITIES)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(finds, st.integers(1, 12), st.integers(2, 12))
def test_numbers_are_exact_at_any_size(found: list[tuple[str, Severity]], limit: int, kept: int) -> None:
    made = brief(tree(*found, limit=limit, kept=kept))
    assert sum(bool(path) for _, _, path, _ in made) <= limit
    for _, _, path, counts in made:
        if path:
            below = path.rstrip("/") + "/"
            true = Counter(severity for where, severity in found if where == path or where.startswith(below))
            assert counts == dict(true)
    tops = Counter[str]()
    for depth, _, _, counts in made:
        if depth == 0:
            tops.update(counts)
    assert tops == Counter(severity for _, severity in found)


def test_memory_stays_bounded() -> None:
    folders = FolderTree(kept=500)

    def grow(start: int, stop: int) -> int:
        for at in range(start, stop):
            folders.add(f"/v/{at % 97}/{at}/x", "critical" if at % 1000 == 0 else "low")
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        small = grow(0, 3_000)
        assert grow(3_000, 30_000) < small * 1.3
    finally:
        tracemalloc.stop()
    assert folders.section("Where", 10).rows[0][3:] == (30, 0, 0, 29_970, 0)


def test_a_folder_equal_to_the_one_above_is_left_out() -> None:
    made = AccessMatrix()
    for folder, levels in (
        ("/v", {"A": "full", "U": "read"}),
        ("/v/same", {"A": "full", "U": "read", "X": "none"}),
        ("/v/same/open", {"A": "full", "U": "modify"}),
        ("/v/dark", {"A": None}),
    ):
        made.add(folder, levels)
    section = made.section("Who")
    assert section.kind == "matrix"
    assert section.columns == ("Folder", "A", "U")
    assert section.rows == (("/v", "full", "read"), ("/v/dark", "unknown", ""), ("/v/same/open", "full", "modify"))
    assert section.note == "3 of 4 folders: a folder with the access of the one above is left out."


def test_the_strongest_trustees_and_the_shallowest_folders() -> None:
    made = AccessMatrix(folders=2, trustees=2)
    made.add("/v/a/b", {"deep": "full"})
    made.add("/v", {"reader": "read", "writer": "modify", "lister": "list"})
    made.add("/v/a", {"reader": "read"})
    section = made.section("Who")
    assert section.columns == ("Folder", "writer", "reader")
    assert [row[0] for row in section.rows] == ["/v", "/v/a"]
    assert "at most 2 are shown, those near the root first; trustees not shown, with less access: 1." in section.note


@given(st.dictionaries(paths, st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["full", "read", "none"]))))
def test_every_shown_cell_is_what_was_handed_in(access: dict[str, dict[str, str]]) -> None:
    made = AccessMatrix()
    for folder, levels in access.items():
        made.add(folder, levels)
    section = made.section("Who")
    for folder, *levels in section.rows:
        given_ = {name: level for name, level in access[folder].items() if level != "none"}
        assert dict(zip(section.columns[1:], levels, strict=True)) == {
            name: given_.get(name, "") for name in section.columns[1:]
        }
    shown = {row[0] for row in section.rows}
    for folder in set(access) - shown:
        above = [one for one in shown if folder.startswith(one.rstrip("/") + "/")]
        nearest = max(above, key=len)
        assert {n: v for n, v in access[folder].items() if v != "none"} == {
            n: v for n, v in access[nearest].items() if v != "none"
        }


def test_the_matrix_forgets_what_it_cannot_show() -> None:
    made = AccessMatrix(folders=3)
    for at in range(2_000):
        made.add(f"/v/{at}/deep", {f"U{at}": "read"})
    made.add("/v", {"A": "full"})
    assert len(made._folders) <= 300
    assert made.section("Who").rows[0][0] == "/v"
