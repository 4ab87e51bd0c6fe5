from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from fsxap.usecases.healthcare_dicom.pixels import burned_in, codec
from fsxap.usecases.healthcare_dicom.pixels.decode import picture_of, stored_frame, viewed
from fsxap.usecases.healthcare_dicom.pixels.encode import masked
from fsxap.usecases.healthcare_dicom.pixels.layout import Box, Layout
from fsxap.usecases.healthcare_dicom.pixels.mask import fitted
from fsxap.usecases.healthcare_dicom.release import Released, release
from fsxap.usecases.healthcare_dicom.streams import wordless_stream
from tests.unit.usecases.healthcare_dicom.made import KEY, chosen, parsed, stored
from tests.unit.usecases.healthcare_dicom.pictures import (
    ROOT,
    Finder,
    Samples,
    compressed,
    encapsulated,
    noise,
    picture,
    told,
)

BOX: Box = (5, 3, 15, 9)
EXPLICIT = f"{ROOT}.1"


def cleaned(made: Dataset, monkeypatch: pytest.MonkeyPatch, *boxes: Box, frames: Any = None, **kind: Any) -> Released:
    monkeypatch.setattr(burned_in, "find_regions", told(*(boxes or (BOX,)), frames=frames))
    body = stored(made, **kind)
    return release(parsed(body), body, chosen(), KEY, Finder)


def given_back(made: Released) -> Dataset:
    return pydicom.dcmread(io.BytesIO(made.body))


def read_again(data: Dataset, index: int) -> Samples:
    """By pydicom, or by another decoder than the one that is tested."""
    if data.file_meta.TransferSyntaxUID not in codec.LOSSLESS_JPEG:
        return pixel_array(data, index=index, raw=True)
    table = (data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths) if "ExtendedOffsetTable" in data else None
    number = int(data.get("NumberOfFrames") or 1)
    frames = generate_frames(data.PixelData, number_of_frames=number, extended_offsets=table)
    return imagecodecs.ljpeg_decode(list(frames)[index])


def only_the_box_differs(before: Samples, after: Samples, box: Box = BOX) -> None:
    left, above, right, below = box
    inside = after[above:below, left:right]
    assert (inside == inside[0, 0]).all()
    assert (before[above:below, left:right] != inside).any()
    before, after = before.copy(), after.copy()
    before[above:below, left:right] = after[above:below, left:right] = 0
    assert (before == after).all()


NATIVE = {
    "grey": picture(noise(1, 20, 24)),
    "odd": picture(noise(1, 11, 17)),
    "inverted": picture(noise(1, 20, 24), "MONOCHROME1"),
    "12 bits": picture(noise(1, 20, 24, bits=12), bits=12),
    "signed": picture(noise(1, 20, 24, bits=12, signed=True), bits=12),
    "signed 16": picture(noise(1, 20, 24, bits=16, signed=True), bits=16),
    "shifted": picture(noise(1, 20, 24, bits=12) << 4, bits=12, HighBit=15),
    "shifted and signed": picture(noise(1, 20, 24, bits=12, signed=True) << 2, bits=12, HighBit=13),
    "32 bits": picture(noise(1, 20, 24, bits=32), bits=32),
    "frames": picture(noise(3, 20, 24)),
    "colour": picture(noise(2, 20, 24, 3), "RGB"),
    "planes": picture(
        noise(2, 20, 24, 3),
        "RGB",
        PlanarConfiguration=1,
        PixelData=noise(2, 20, 24, 3).transpose(0, 3, 1, 2).tobytes(),
    ),
    "luminance": picture(noise(1, 20, 24, 3), "YBR_FULL"),
}


@pytest.mark.parametrize("syntax", [EXPLICIT, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("name", NATIVE)
def test_uncompressed_samples_are_painted_in_place(name: str, syntax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = NATIVE[name]
    original.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    made = cleaned(original, monkeypatch)
    data = given_back(made)
    for index in range(int(original.get("NumberOfFrames") or 1)):
        before = pixel_array(original, index=index, raw=True)
        only_the_box_differs(before, pixel_array(data, index=index, raw=True))
    assert len(data.PixelData) == len(original.PixelData)
    assert (made.masked_regions, made.pixels_examined, made.pixels_untouched) == (1, True, False)


@pytest.mark.parametrize(("vr", "bits"), [("OB", 8), ("OW", 8), ("OW", 12)])
def test_big_endian_samples_keep_their_order(vr: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = noise(1, 20, 24, bits=bits)
    original = picture(frame, bits=bits)
    swapped = frame if vr == "OB" else frame.view("u2").byteswap()
    original.PixelData, original["PixelData"].VR = swapped.tobytes(), vr
    original.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    data = given_back(cleaned(original, monkeypatch))
    only_the_box_differs(frame[0], pixel_array(data, index=0, raw=True))


def test_single_bits_of_several_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    ones = noise(3, 11, 17, bits=1, seed=4) * 0 + numpy.random.default_rng(4).integers(0, 2, (3, 11, 17), numpy.uint8)
    packed = numpy.packbits(ones.reshape(-1), bitorder="little").tobytes()
    original = picture(
        ones, bits=1, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=packed + b"\0" * (len(packed) % 2)
    )
    data = given_back(cleaned(original, monkeypatch, frames=(1,)))
    after = pixel_array(data, raw=True)
    only_the_box_differs(ones[1], after[1])
    assert (after[0] == ones[0]).all()
    assert (after[2] == ones[2]).all()


def test_halved_colours_are_painted_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = noise(1, 20, 12, 4)
    original = picture(noise(1, 20, 24, 3), "YBR_FULL_422", PixelData=pairs.tobytes())
    data = given_back(cleaned(original, monkeypatch))
    only_the_box_differs(
        pixel_array(original, index=0, raw=True), pixel_array(data, index=0, raw=True), (4, BOX[1], 16, BOX[3])
    )


def test_a_palette_is_painted_with_its_darkest_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", noise(256, bits=16).tobytes()))
    }
    for colour in ("Red", "Green", "Blue"):
        entries = numpy.full(256, 0xFFFF, "<u2")
        entries[77] = 0
        tables[f"{colour}PaletteColorLookupTableData"] = entries.tobytes()
    original = picture(noise(1, 20, 24), "PALETTE COLOR", **tables)
    after = pixel_array(given_back(cleaned(original, monkeypatch)), index=0, raw=True)
    only_the_box_differs(noise(1, 20, 24)[0], after)
    assert after[BOX[1], BOX[0]] == 77


@pytest.mark.parametrize(("photometric", "value"), [("MONOCHROME1", 250), ("MONOCHROME2", 7)])
def test_black_is_what_looks_black(photometric: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = numpy.clip(noise(1, 20, 24), 7, 250)
    frame[0, 0, :2] = 7, 250
    after = pixel_array(given_back(cleaned(picture(frame, photometric), monkeypatch)), index=0, raw=True)
    assert after[BOX[1], BOX[0]] == value


GREY, COLOUR = noise(3, 40, 48), noise(3, 40, 48, 3)
COMPRESSED = [
    ("4.57", GREY, "MONOCHROME2", 8),
    ("4.70", GREY, "MONOCHROME1", 8),
    ("4.70", noise(3, 40, 48, bits=12), "MONOCHROME2", 12),
    ("4.70", noise(3, 40, 48, bits=16), "MONOCHROME2", 16),
    ("4.70", COLOUR, "RGB", 8),
    ("4.80", GREY, "MONOCHROME2", 8),
    ("4.80", noise(3, 40, 48, bits=12), "MONOCHROME2", 12),
    ("4.80", COLOUR, "RGB", 8),
    ("4.81", GREY, "MONOCHROME2", 8),
    ("4.90", GREY, "MONOCHROME2", 8),
    ("4.90", noise(3, 40, 48, bits=12, signed=True), "MONOCHROME2", 12),
    ("4.90", COLOUR, "YBR_RCT", 8),
    ("4.90", COLOUR, "RGB", 8),
    ("4.90", COLOUR, "YBR_FULL", 8),
    ("4.91", GREY, "MONOCHROME2", 8),
    ("5", GREY, "MONOCHROME2", 8),
    ("5", noise(3, 40, 48, bits=12), "MONOCHROME2", 12),
    ("5", COLOUR, "RGB", 8),
    ("5", COLOUR, "YBR_FULL", 8),
]


def streams_of(frames: Samples, number: str, photometric: str, bits: int) -> list[bytes]:
    if number == "5":
        made = picture(frames[:1], photometric, bits=bits)
        streams = []
        for frame in frames:
            made.PixelData = frame.tobytes()
            made.file_meta.TransferSyntaxUID = pydicom.uid.UID(EXPLICIT)
            made.compress(pydicom.uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
            streams += list(generate_frames(made.PixelData, number_of_frames=1))
        return streams
    return [compressed(frame, f"{ROOT}.{number}", bits=bits, mct=photometric == "YBR_RCT") for frame in frames]


@pytest.mark.parametrize("table", ["none", "basic", "extended"])
@pytest.mark.parametrize(("number", "frames", "photometric", "bits"), COMPRESSED)
def test_only_painted_frames_are_encoded_again(
    number: str, frames: Samples, photometric: str, bits: int, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = streams_of(frames, number, photometric, bits)
    original = encapsulated(picture(frames, photometric, bits=bits), streams, f"{ROOT}.{number}", table=table)
    data = given_back(cleaned(original, monkeypatch, frames=(1,)))
    assert data.file_meta.TransferSyntaxUID == f"{ROOT}.{number}"
    assert data.PhotometricInterpretation == photometric
    extended = (data.ExtendedOffsetTable, data.ExtendedOffsetTableLengths) if table == "extended" else None
    after = list(generate_frames(data.PixelData, number_of_frames=3, extended_offsets=extended))
    # Comments inside code streams are blanked, painted or not.
    untold = streams if number == "5" else [wordless_stream(each) for each in streams]
    assert [one == other[: len(one)] for one, other in zip(untold, after, strict=True)] == [True, False, True]
    before = read_again(original, 1)
    only_the_box_differs(before, read_again(data, 1))
    if number not in ("4.81", "4.91"):
        assert (before == frames[1]).all()


LOSSY = [
    ("4.50", noise(2, 40, 48), "MONOCHROME2", 8),
    ("4.50", noise(2, 40, 48, 3), "YBR_FULL_422", 8),
    ("4.50", noise(2, 40, 48, 3), "YBR_FULL", 8),
    ("4.51", noise(2, 40, 48, bits=12), "MONOCHROME2", 12),
    ("4.91", noise(2, 40, 48, 3), "YBR_ICT", 8),
    ("4.201", noise(2, 40, 48), "MONOCHROME2", 8),
    ("4.203", noise(2, 40, 48, 3), "YBR_RCT", 8),
]


@pytest.mark.parametrize(("number", "frames", "photometric", "bits"), LOSSY)
def test_what_cannot_be_encoded_again_without_loss_is_uncompressed(
    number: str, frames: Samples, photometric: str, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [compressed(frame, f"{ROOT}.{number}", bits=bits, mct=frame.ndim == 3) for frame in frames]
    original = encapsulated(picture(frames, photometric, bits=bits), streams, f"{ROOT}.{number}")
    source = picture_of(parsed(stored(original)).elements, syntax=f"{ROOT}.{number}", big=False)
    assert source is not None
    data = given_back(cleaned(original, monkeypatch, frames=(0,)))
    assert data.file_meta.TransferSyntaxUID == EXPLICIT
    assert data.PhotometricInterpretation == (photometric if frames.ndim == 3 else "RGB")
    only_the_box_differs(viewed(source, 0), pixel_array(data, index=0, raw=True))
    assert (viewed(source, 1) == pixel_array(data, index=1, raw=True)).all()
    if number in ("4.50", "4.51"):
        assert data.LossyImageCompression == "01"
        assert data.LossyImageCompressionMethod == "ISO_10918_1"


def test_run_lengths_of_samples_that_begin_at_a_higher_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = noise(2, 40, 48, bits=12, seed=3)
    streams = streams_of(frames << 4, "5", "MONOCHROME2", 16)
    original = encapsulated(picture(frames << 4, bits=12, HighBit=15), streams, f"{ROOT}.5")
    made = cleaned(original, monkeypatch, frames=(1,))
    again = picture_of(parsed(made.body).elements, syntax=f"{ROOT}.5", big=False)
    assert again is not None
    assert (stored_frame(again, 0) == frames[0]).all()
    only_the_box_differs(frames[1], stored_frame(again, 1))


def test_frames_in_several_fragments_stay_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [compressed(frame, f"{ROOT}.4.90") for frame in GREY]
    original = encapsulated(picture(GREY), streams, f"{ROOT}.4.90", cut=3)
    data = given_back(cleaned(original, monkeypatch, frames=(0, 2)))
    assert (pixel_array(data, index=1, raw=True) == GREY[1]).all()
    only_the_box_differs(GREY[2], pixel_array(data, index=2, raw=True))


@pytest.mark.parametrize("number", ["4.70", "4.90", "5"])
def test_an_overlay_in_unused_bits_of_compressed_frames_goes(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = noise(1, 40, 48, bits=12)
    original = picture(frame | 0x8000, bits=12, PixelData=b"")
    streams = streams_of(frame | 0x8000, number, "MONOCHROME2", 16)
    original.add_new(0x60000010, "US", 40)
    original.add_new(0x60000102, "US", 15)
    monkeypatch.setattr(burned_in, "find_regions", lambda *_: ())
    body = stored(encapsulated(original, streams, f"{ROOT}.{number}"))
    made = release(parsed(body), body, chosen(), KEY, Finder)
    again = picture_of(parsed(made.body).elements, syntax=f"{ROOT}.{number}", big=False)
    assert again is not None
    assert (codec.decode(again.stream(0), again.layout) == frame[0]).all()


boxes = some.tuples(some.integers(-5, 30), some.integers(-5, 30), some.integers(1, 40), some.integers(1, 40)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


@settings(max_examples=60, deadline=None)
@given(
    shape=some.tuples(some.integers(1, 25), some.integers(1, 25)),
    painted=some.lists(boxes, min_size=1, max_size=3),
    kind=some.sampled_from(
        COMPRESSED + [("1", frames, photometric, bits) for _, frames, photometric, bits in COMPRESSED]
    ),
    seed=some.integers(0, 9),
)
def test_decoding_what_was_painted_is_painting_what_was_decoded(
    shape: tuple[int, int], painted: list[Box], kind: Any, seed: int
) -> None:
    number, like, photometric, bits = kind
    frames = noise(2, *shape, *like.shape[3:], bits=bits, signed=like.dtype.kind == "i", seed=seed)
    made = picture(frames, photometric, bits=bits)
    if number != "1":
        made = encapsulated(made, streams_of(frames, number, photometric, bits), f"{ROOT}.{number}")
    elements = parsed(stored(made)).elements
    source = picture_of(elements, syntax=f"{ROOT}.{number}", big=False)
    assert source is not None
    inside = tuple(box for box in (fitted(each, source.layout) for each in painted) if box)
    if not inside:
        return
    result = masked(elements, source, {1: inside})
    again = picture_of(result.elements, syntax=result.syntax, big=False)
    assert again is not None
    expected = stored_frame(source, 1).copy()
    after = stored_frame(again, 1)
    for left, above, right, below in inside:
        expected[above:below, left:right] = after[above, left]
    assert (after == expected).all()
    assert (stored_frame(again, 0) == stored_frame(source, 0)).all()


def test_boxes_outside_the_picture_are_none() -> None:
    layout = Layout(10, 10, 1, 1, (8, 8, 7), False, False, "MONOCHROME2", EXPLICIT, False)
    assert fitted((-5, -5, 0, 3), layout) is None
    assert fitted((8, 8, 30, 30), layout) == (8, 8, 10, 10)
