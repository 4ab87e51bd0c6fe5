from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import imagecodecs
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as some

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.streams import wordless_deflated, wordless_rle, wordless_stream
from tests.unit.usecases.healthcare_dicom.pictures import ROOT, compressed, noise

FRAME = noise(24, 32)
COLOUR = noise(24, 32, 3)
WORD = b"Quarrington"


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpegs() -> Iterator[tuple[str, bytes]]:
    for number, frame in (("4.50", FRAME), ("4.50", COLOUR), ("4.57", FRAME), ("4.80", FRAME), ("4.81", FRAME)):
        plain = compressed(frame, f"{ROOT}.{number}")
        start, rest, scan = plain[:2], plain[2:], plain.index(b"\xff\xda")
        for name, body in (
            ("comment", segment(0xFE, WORD)),
            ("EXIF", segment(0xE1, b"Exif\0\0" + WORD)),
            ("JFIF thumbnail", segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0" + WORD)),
            ("long Adobe", segment(0xEE, b"Adobe\0d\0\0\0\0\1" + WORD)),
            ("fill", b"\xff\xff\xff" + segment(0xFE, WORD)),
        ):
            yield f"{name} {number}", start + body + rest
        if not number.startswith("4.8"):
            yield f"quantizer nobody uses {number}", start + segment(0xDB, b"\3" + WORD.ljust(64, b"\1")) + rest
            codes = b"\x13" + bytes([0] * 4 + [len(WORD)] + [0] * 11) + WORD
            yield f"codes nobody uses {number}", start + segment(0xC4, codes) + rest
        yield f"before the scan {number}", plain[:scan] + segment(0xFE, WORD) + plain[scan:]
        yield f"behind the end {number}", plain + WORD
        yield f"another behind the end {number}", plain + start + segment(0xFE, WORD) + rest
    twice = segment(0xDB, b"\0" + WORD.ljust(64, b"\1"))
    plain = compressed(FRAME, f"{ROOT}.4.50")
    yield "quantizer replaced before its use", plain[:2] + twice + plain[2:]


def jpeg2000s() -> Iterator[tuple[str, bytes]]:
    plain = compressed(FRAME, f"{ROOT}.4.90")
    head, tile, data = plain.index(b"\xff\x52"), plain.index(b"\xff\x90"), plain.index(b"\xff\x93")
    comment = segment(0x64, b"\0\1" + WORD)
    yield "comment", plain[:head] + comment + plain[head:]
    (size,) = struct.unpack_from(">L", plain, tile + 6)
    longer = struct.pack(">L", size + len(comment)) if size else bytes(4)
    yield "comment in a tile", plain[: tile + 6] + longer + plain[tile + 10 : data] + comment + plain[data:]
    yield "behind the end", plain + WORD
    boxes = b"".join(
        struct.pack(">L4s", len(body) + 8, kind) + body
        for kind, body in ((b"jP  ", b"\r\n\x87\n"), (b"ftyp", b"jp2 \0\0\0\0jp2 "), (b"xml ", WORD), (b"jp2c", plain))
    )
    yield "a file in its place", boxes


def decoded(stream: bytes) -> numpy.ndarray:
    kind = imagecodecs.jpeg2k_decode if not stream.startswith(b"\xff\xd8") else imagecodecs.jpeg8_decode
    kind = imagecodecs.jpegls_decode if b"\xff\xf7" in stream[:400] else kind
    return numpy.asarray(kind(stream))


@pytest.mark.parametrize("made", [pytest.param(each, id=name) for name, each in [*jpegs(), *jpeg2000s()]])
def test_words_go_and_the_picture_stays(made: bytes) -> None:
    clean = wordless_stream(made)
    assert WORD not in clean
    assert len(clean) == len(made)
    if not made.startswith(b"\0"):
        assert (decoded(clean) == decoded(made)).all()


@pytest.mark.parametrize(("number", "marker"), [("4.50", 0xF0), ("4.80", 0xF0), ("4.90", 0x6F)])
def test_markers_that_no_decoder_knows_say_nothing_either(number: str, marker: int) -> None:
    plain = compressed(FRAME, f"{ROOT}.{number}")
    at = 2 if number != "4.90" else plain.index(b"\xff\x52")
    made = wordless_stream(plain[:at] + segment(marker, WORD) + plain[at:])
    assert WORD not in made
    assert made.endswith(plain[-20:])


@pytest.mark.parametrize("number", ["4.50", "4.51", "4.57", "4.80", "4.90", "4.91", "4.201"])
def test_what_has_no_words_decodes_to_the_same(number: str) -> None:
    stream = compressed(noise(24, 32, bits=12) if number == "4.51" else FRAME, f"{ROOT}.{number}")
    if number.startswith("4.9") or number == "4.201":
        assert (imagecodecs.jpeg2k_decode(wordless_stream(stream)) == imagecodecs.jpeg2k_decode(stream)).all()
    else:
        assert wordless_stream(stream).count(0) <= stream.count(0) + 40
        assert wordless_stream(stream)[60:] == stream[60:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: WORD + plain,
        lambda plain: plain[:-2],
        lambda plain: plain[:2] + WORD + plain[2:],
        lambda plain: plain[:2] + segment(0xC4, b"\x13" + WORD.ljust(30)) + plain[2:],
        lambda plain: plain[:2] + segment(0xDD, b"\0\0" + WORD) + plain[2:],
        lambda plain: plain.replace(b"\xff\xda\x00\x08", b"\xff\xda\x00\x0a", 1),
        lambda plain: plain[:30],
        lambda plain: b"",
    ],
)
def test_what_cannot_be_told_apart_is_refused(damage: object) -> None:
    with pytest.raises(ItemError):
        wordless_stream(damage(compressed(FRAME, f"{ROOT}.4.50")))  # type: ignore[operator]


def rle(*segments: bytes, gap: bytes = b"", unused: bytes = b"") -> bytes:
    offsets, at = [], 64 + len(gap)
    for each in segments:
        offsets.append(at)
        at += len(each)
    head = struct.pack(f"<{1 + len(offsets)}L", len(offsets), *offsets)
    return (head + unused).ljust(64, b"\0") + gap + b"".join(segments)


packed = some.binary(min_size=1, max_size=300).map(lambda raw: (raw, bytes(imagecodecs.packbits_encode(raw))))


@given(packed, some.binary(max_size=12), some.binary(max_size=12).map(lambda gap: gap[: len(gap) // 2 * 2]))
def test_of_a_run_length_frame_only_the_picture_stays(one: tuple[bytes, bytes], tail: bytes, gap: bytes) -> None:
    raw, segment = one
    made = wordless_rle(rle(segment + tail, gap=gap, unused=tail), len(raw), [None])
    assert made == rle(segment + bytes(len(tail)), gap=bytes(len(gap)), unused=bytes(len(tail)))


@given(packed, some.binary(max_size=12))
def test_unused_bits_of_a_run_length_frame_are_cleared(one: tuple[bytes, bytes], tail: bytes) -> None:
    raw, segment = one
    plane = bytes(each & 0x0F for each in range(256))
    made = wordless_rle(rle(segment + tail, segment), len(raw), [plane, None])
    assert made[64 + len(segment) : 64 + len(segment) + len(tail)] == bytes(len(tail))
    assert imagecodecs.packbits_decode(made[64 : 64 + len(segment)]) == raw.translate(plane)
    assert made.endswith(segment)


@pytest.mark.parametrize(
    "made",
    [rle(b"\2abc"), rle(b"\7abc"), rle(b"\3abcd", b"\3abcd"), struct.pack("<2L", 1, 8) + bytes(56), b"abc", rle()],
)
def test_a_run_length_frame_that_is_damaged_is_refused(made: bytes) -> None:
    with pytest.raises(ItemError):
        wordless_rle(made, 4, [None])


def test_a_deflated_frame_ends_where_it_says() -> None:
    made = zlib.compress(bytes(FRAME), wbits=-zlib.MAX_WBITS)
    assert wordless_deflated(made + WORD, FRAME.size) == made + bytes(len(WORD))
    for damaged in (made[:-4], b"\xff" + made, zlib.compress(bytes(FRAME) + WORD, wbits=-zlib.MAX_WBITS)):
        with pytest.raises(ItemError):
            wordless_deflated(damaged, FRAME.size)
