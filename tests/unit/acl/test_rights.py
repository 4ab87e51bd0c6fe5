from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.acl import rights
from fsxap.acl.rights import BITS, COMPOSITES, FULL, GENERIC_READ, LEVELS, describe, level, map_generic, mask_of, names
from tests.unit.acl.builders import unhurried


@pytest.mark.parametrize(
    ("mask", "directory", "expected"),
    [
        (0x1F01FF, True, "full"),
        (0x1F01FF & ~rights.SYNCHRONIZE, True, "full"),
        (0x10000000, False, "full"),
        (0x1F01FF & ~rights.WRITE_OWNER, True, "change-permissions"),
        (rights.WRITE_DAC, False, "change-permissions"),
        (rights.WRITE_OWNER, True, "change-permissions"),
        (0x1301BF, True, "modify"),
        (0x1301BF, False, "modify"),
        (rights.WRITE_DATA | rights.DELETE_CHILD, True, "modify"),
        (rights.WRITE_DATA | rights.DELETE_CHILD, False, "write"),
        (0x100116, True, "write"),
        (rights.APPEND_DATA, False, "write"),
        (rights.DELETE, False, "write"),
        (rights.DELETE_CHILD, True, "write"),
        (rights.DELETE_CHILD, False, "none"),
        (0x40000000, False, "write"),
        (0x1200A9, True, "read"),
        (0x120089, True, "read"),
        (0x80000000, True, "read"),
        (rights.READ_DATA, False, "read"),
        (rights.READ_DATA, True, "list"),
        (rights.EXECUTE, True, "list"),
        (rights.EXECUTE, False, "none"),
        (0x20000000, True, "list"),
        (rights.WRITE_ATTRIBUTES | rights.READ_CONTROL, True, "none"),
        (0, True, "none"),
    ],
)
def test_level(mask: int, directory: bool, expected: str) -> None:
    assert level(mask, directory) == expected


@given(st.integers(0, FULL), st.integers(0, FULL), st.booleans())
@unhurried
def test_more_bits_never_mean_less(mask: int, more: int, directory: bool) -> None:
    assert LEVELS.index(level(mask | more, directory)) <= LEVELS.index(level(mask, directory))


@given(st.sets(st.sampled_from(sorted(BITS))))
@unhurried
def test_names_and_bits_are_one(chosen: set[str]) -> None:
    assert set(names(mask_of(chosen))) == chosen


@pytest.mark.parametrize(("name", "mask"), sorted(COMPOSITES.items()))
def test_composites_are_words_too(name: str, mask: int) -> None:
    assert mask_of([name]) == mask
    assert mask_of(names(mask)) == mask


def test_all_rights_make_full_control() -> None:
    assert mask_of(BITS) == FULL == mask_of(["full_control"])


def test_an_unknown_right_is_named() -> None:
    with pytest.raises(ValueError, match="'fly'"):
        mask_of(["read_data", "fly"])


@given(st.integers(0, 0xFFFFFFF))
@unhurried
def test_a_mask_without_generic_bits_is_left_alone(mask: int) -> None:
    assert map_generic(mask) == mask


@given(st.integers(0, 0xFFFFFFFF))
@unhurried
def test_mapping_leaves_no_generic_bit_and_takes_nothing_away(mask: int) -> None:
    mapped = map_generic(mask)
    assert not mapped & 0xF0000000
    assert mapped & 0xFFFFFFF & mask == mask & 0xFFFFFFF
    assert map_generic(mapped) == mapped


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (None, "generic rights, not decoded"),
        (FULL, "full control"),
        (0x1301BF, "modify"),
        (GENERIC_READ, "read"),
        (0x100116, "write, a drop box: write without read"),
        (0, "no rights"),
        (rights.SYNCHRONIZE, "no rights"),
        (rights.READ_DATA | rights.EXECUTE, "list (read data, execute file)"),
        (rights.WRITE_DAC, "change-permissions (write perm)"),
    ],
)
def test_describe(mask: int | None, words: str) -> None:
    assert describe(mask, True) == words
