from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.model import Item
from fsxap.usecases.media_vfx import names, sequences


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("beauty.0001.exr", ("beauty.", "0001", ".exr")),
        ("beauty_0001.exr", ("beauty_", "0001", ".exr")),
        ("0001.exr", ("", "0001", ".exr")),
        ("beauty.0001.denoised.exr", ("beauty.", "0001", ".denoised.exr")),
        ("beauty.-005.exr", ("beauty.", "-005", ".exr")),
        ("shot_v003.exr", None),
        ("plate_1920x1080.png", None),
        ("logo.png", None),
    ],
)
def test_split(name: str, cut: tuple[str, str, str] | None) -> None:
    found = names.split(name)
    assert (found and (found.head, found.digits, found.tail)) == cut


@pytest.mark.parametrize(
    ("pattern", "normal"),
    [
        ("a.%04d.exr", "a.####.exr"),
        ("a.%d.exr", "a.#.exr"),
        ("a.$F4.exr", "a.####.exr"),
        ("a.@@@.exr", "a.###.exr"),
        ("tex.<udim>.tif", "tex.<UDIM>.tif"),
        ("tex.%(UDIM)d.tif", "tex.<UDIM>.tif"),
    ],
)
def test_ways_to_write_a_frame_are_one(pattern: str, normal: str) -> None:
    assert names.normalised(pattern) == normal


@given(st.sets(st.integers(0, 3000), min_size=1, max_size=60))
def test_a_range_reads_back(frames: set[int]) -> None:
    assert set(names.read_range(names.written_range(frames))) == frames


@pytest.mark.parametrize("text", ["", "a", "5-1", "1-", "1--5x0", "1-10x0", "1-99999999"])
def test_a_range_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a frame range"):
        names.read_range(text)


def grouped(*keys: str) -> dict[str, sequences.Group]:
    return {made.key: made for made in sequences.group(Item(key, 1, "t", key) for key in keys)}


def test_groups_of_a_folder() -> None:
    made = grouped(
        *(f"a/beauty.{n:04d}.exr" for n in (1, 2, 4)),
        *(f"a/cam_{view}.{n}.exr" for view in ("left", "right") for n in (9, 10)),
        *(f"a/tex.{n}.tif" for n in (1001, 1002)),
        "a/logo.png",
        "a/logo2.png",
        "a/shot.nk",
        "a/notes.txt",
    )
    assert {key: group.kind for key, group in made.items()} == {
        "a/beauty.####.exr": "sequence",
        "a/cam_%V.#.exr": "sequence",
        "a/tex.<UDIM>.tif": "tiles",
        "a/logo.png": "still",
        "a/logo2.png": "still",
        "a/shot.nk": "scene",
    }
    assert sequences.gaps(made["a/beauty.####.exr"], "", ()) == (3,)
    assert sequences.gaps(made["a/beauty.####.exr"], "", (1, 2, 3, 4, 5)) == (3, 5)
    assert made["a/cam_%V.#.exr"].views == ("left", "right")
    assert made["a/beauty.####.exr"].item().attrs["frames"] == "1-2,4"
    assert not sequences.badly_padded(made["a/cam_%V.#.exr"])


def test_padding_that_is_mixed() -> None:
    (made,) = grouped("x.0001.exr", "x.0002.exr", "x.1.exr", "x.0003.exr").values()
    assert made.key == "x.####.exr"
    assert [member.digits for member in sequences.badly_padded(made)] == ["1"]
    assert sequences.written_twice(made.members) == {1: ["x.0001.exr", "x.1.exr"]}


@pytest.mark.parametrize(
    ("stray", "told"),
    [
        ("s/Beauty.0004.exr", "s/beauty.####.exr"),
        ("s/beauty_0004.exr", "s/beauty.####.exr"),
        ("s/beauty.00004.EXR", "s/beauty.####.exr"),
        ("s/beauty.0004.jpg", ""),
        ("s/specular.0004.exr", ""),
        ("t/Beauty.0004.exr", ""),
    ],
)
def test_a_name_spelled_unlike_its_sequence_knows_it(stray: str, told: str) -> None:
    keys = ("s/beauty.0001.exr", "s/beauty.0002.exr", "s/beauty.0003.exr", stray)
    groups = tuple(grouped(*keys).values())
    alike = {member.item.key: made.like for made in sequences.told_apart(groups) for member in made.members}
    assert alike == {key: told if key == stray else "" for key in keys}


def test_tiles_and_stills_are_no_sequences_spelled_otherwise() -> None:
    groups = tuple(grouped("tex/A.1001.tif", "tex/a.1001.tif", "tex/a.1002.tif", "cover.png", "Cover.png").values())
    assert tuple(sequences.told_apart(groups)) == groups


def test_a_render_on_twos_has_no_gaps() -> None:
    (made,) = grouped(*(f"x.{n:04d}.exr" for n in range(1, 40, 2))).values()
    assert sequences.gaps(made, "", ()) == ()


def test_a_version_is_that_of_all_members() -> None:
    one = grouped("x.0001.exr", "x.0002.exr")["x.####.exr"]
    other = next(sequences.group([Item("x.0001.exr", 1, "t", "x.0001.exr"), Item("x.0002.exr", 1, "t", "new")]))
    assert one.version != other.version
    assert one.item().key == other.item().key


@settings(max_examples=50)
@given(st.lists(st.text("ab01._-", min_size=1, max_size=8), unique=True, max_size=12))
def test_no_file_is_lost_and_keys_are_apart(stems: list[str]) -> None:
    keys = [f"{stem}.exr" for stem in stems]
    made = list(sequences.group(Item(key, 1, "t", key) for key in keys))
    assert sorted(member.item.key for group in made for member in group.members) == sorted(keys)
    assert len({group.key for group in made}) == len(made)
    for group in made:
        if group.kind == "sequence" and not set(group.key) & set("%"):
            assert all(names.matcher(group.key).fullmatch(member.item.key) for member in group.members)
