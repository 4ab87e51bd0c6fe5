from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.frames import unused_bits, wordless
from fsxap.usecases.healthcare_dicom.icc import blanked


def fragment(body: bytes) -> bytes:
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body


@pytest.mark.parametrize(
    "value",
    [
        fragment(b"Quarrington!") + fragment(b"frame"),
        fragment(b"abc"),
        b"\0" * 16,
        fragment(b"")[:-1] + b"\xff",
        fragment(b"") + 3 * fragment(b"\xff\xd8") + fragment(b"\xff\xd8"),
        fragment(b"") + fragment(b"Quarrington!") + 2 * fragment(b"\xff\xd8"),
        fragment(b"") + fragment(b"\xff\xd8"),
    ],
)
def test_damaged_fragments_are_refused(value: bytes) -> None:
    with pytest.raises(ItemError):
        wordless(value, 2, bytes)


def test_frames_are_cleaned_across_their_fragments() -> None:
    one, two = b"\xff\xd8one", b"\xff\xd8two"
    value = fragment(b"") + b"".join(map(fragment, (one[:3], one[3:], two)))
    seen: list[bytes] = []
    made = wordless(value, 2, lambda stream: seen.append(stream) or stream.upper())  # type: ignore[func-returns-value]
    assert seen == [one, two]
    assert made == fragment(b"") + b"".join(map(fragment, (one[:3].upper(), b"NE", b"\xff\xd8TWO")))


@given(st.lists(st.integers(0, 0xFFFF)), st.integers(7, 15), st.booleans(), st.booleans())
def test_only_bits_above_the_high_bit_change(samples: list[int], high: int, signed: bool, big: bool) -> None:
    order = ">" if big else "<"
    pixels = struct.pack(f"{order}{len(samples)}H", *samples)
    made = struct.unpack(
        f"{order}{len(samples)}H", unused_bits(pixels, allocated=16, high=high, signed=signed, big=big)
    )
    mask = (1 << high + 1) - 1
    for before, after in zip(samples, made, strict=True):
        assert before & mask == after & mask
        sign = signed and before >> high & 1
        assert after & ~mask & 0xFFFF == (~mask & 0xFFFF if sign else 0)


def test_whole_samples_and_wide_ones_are_not_touched() -> None:
    pixels = bytes(range(64))
    assert unused_bits(pixels, allocated=8, high=7, signed=False, big=False) is pixels
    assert unused_bits(pixels, allocated=32, high=11, signed=False, big=False) is pixels
    assert unused_bits(b"", allocated=16, high=11, signed=False, big=False) == b""


def icc(**tags: bytes) -> bytes:
    table, bodies = struct.pack(">L", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        table += struct.pack(">4sLL", name.encode(), start + len(bodies), len(body))
        bodies += body
    return bytes(36) + b"acsp" + b"QUAR" + bytes(84) + table + bodies


def test_colours_stay_and_words_go() -> None:
    colour = b"XYZ \0\0\0\0" + bytes(range(12))
    profile = icc(rXYZ=colour, desc=b"desc\0\0\0\0\0\0\0\x0cQuarrington", cprt=b"text\0\0\0\0Quarrington")
    made = blanked(profile)
    assert made is not None
    assert len(made) == len(profile)
    assert colour in made
    assert b"Quarrington" not in made


def test_words_that_call_themselves_a_colour_go_too() -> None:
    made = blanked(icc(rXYZ=b"text\0\0\0\0Quarrington"))
    assert made is not None
    assert b"Quarrington" not in made


@pytest.mark.parametrize("profile", [b"", b"Quarrington" * 30, icc(rXYZ=b"XYZ ")[:-2], icc()[:130]])
def test_what_is_no_profile_is_none(profile: bytes) -> None:
    assert blanked(profile) is None
