from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy
import pytest
from pydicom.pixels.utils import pixel_array

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom.image import swept
from fsxap.usecases.healthcare_dicom.parse import Element
from fsxap.usecases.healthcare_dicom.pixels.decode import Picture, decoded, picture_of, stored_frame
from fsxap.usecases.healthcare_dicom.pixels.layout import Undecodable
from tests.unit.usecases.healthcare_dicom.made import parsed, sequence, stored
from tests.unit.usecases.healthcare_dicom.pictures import ROOT, compressed, encapsulated, noise, picture

PUBLIC = Path(__file__).parents[6] / "shared" / "data" / "dicom" / "files"
GREY = noise(3, 20, 24)


def source(body: bytes, syntax: str = "") -> Picture:
    """`syntax` in place of the file's own, for those that pydicom does not write."""
    file = parsed(body)
    made = picture_of(
        swept(file.elements, syntax=syntax or file.syntax, big=file.big), syntax=syntax or file.syntax, big=file.big
    )
    assert made is not None
    return made


def public() -> list[Path]:
    return sorted(PUBLIC.iterdir()) if PUBLIC.is_dir() else []


@pytest.mark.skipif(not public(), reason="the public files are not here")
@pytest.mark.filterwarnings("ignore")
def test_public_files_are_decoded_as_pydicom_decodes_them() -> None:
    compared = 0
    for path in public():
        body = path.read_bytes()
        # Larger files only repeat what smaller ones of the same encoding show.
        if body[128:132] != b"DICM" or len(body) > 150_000:
            continue
        try:
            other = pixel_array(io.BytesIO(body), index=0, raw=True)
            mine = source(body)
        except (ItemError, RuntimeError, AttributeError, NotImplementedError, ValueError, KeyError, AssertionError):
            continue
        first = stored_frame(mine, 0)
        lossy_colour = mine.layout.samples == 3 and mine.layout.syntax in (f"{ROOT}.4.50", f"{ROOT}.4.51")
        if not lossy_colour:
            assert first.shape == other.shape, path.name
            assert (first.astype(numpy.int64) == other.astype(numpy.int64)).all(), path.name
            compared += 1
    assert compared > 40


@pytest.mark.parametrize(
    "changes",
    [
        {"Rows": 0},
        {"Rows": 21},
        {"BitsAllocated": 12},
        {"BitsStored": 9},
        {"SamplesPerPixel": 3},
        {"PhotometricInterpretation": "CMYK"},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"NumberOfFrames": 4},
        {"NumberOfFrames": 2_000_000},
        {"BitsAllocated": None},
    ],
    ids=str,
)
def test_what_contradicts_itself_cannot_be_looked_at(changes: dict[str, Any]) -> None:
    with pytest.raises(Undecodable):
        source(stored(picture(GREY, **changes)))


@pytest.mark.parametrize("streams", [2, 4])
def test_as_many_frames_as_the_header_says(streams: int) -> None:
    frames = [compressed(GREY[0], f"{ROOT}.4.90")] * streams
    with pytest.raises(ItemError):
        source(stored(encapsulated(picture(GREY), frames, f"{ROOT}.4.90")))


@pytest.mark.parametrize("number", ["4.50", "4.70", "4.80", "4.90", "5", "8.1", "4.201", "4.42"])
def test_damaged_frames_say_so_without_quoting(number: str) -> None:
    broken = encapsulated(picture(GREY[:1]), [b"\xff\xd8Quarrington \xff\xd9"], f"{ROOT}.4.90")
    made = picture_of(parsed(stored(broken)).elements, syntax=f"{ROOT}.{number}", big=False)
    assert made is not None
    with pytest.raises(Undecodable) as caught:
        stored_frame(made, 0)
    assert "Quarrington" not in str(caught.value)


def test_a_frame_of_another_size_than_the_header_says_is_refused() -> None:
    made = encapsulated(picture(GREY[:1], Rows=10), [compressed(GREY[0], f"{ROOT}.4.90")], f"{ROOT}.4.90")
    with pytest.raises(Undecodable):
        stored_frame(source(stored(made)), 0)


@pytest.mark.parametrize("bits", [1, 8, 12])
def test_deflated_frames(bits: int) -> None:
    frame = noise(1, 20, 24, bits=bits) if bits > 1 else (noise(1, 20, 24) & 1)
    data = frame.tobytes() if bits > 1 else numpy.packbits(frame.reshape(-1), bitorder="little").tobytes()
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    changes: dict[str, Any] = {"BitsAllocated": 1} if bits == 1 else {}
    made = encapsulated(picture(frame, bits=bits, **changes), [packer.compress(data) + packer.flush()], f"{ROOT}.4.90")
    assert (stored_frame(source(stored(made), f"{ROOT}.8.1"), 0) == frame[0]).all()


def described(**data: bytes) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for colour in ("Red", "Green", "Blue"):
        made[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        made |= {f"{part}{colour}PaletteColorLookupTableData": value for part, value in data.items()}
    return made


def test_a_segmented_palette_is_drawn_out() -> None:
    # 128 equal entries, a ramp of 64, and the first segment's last entry once more, 64 times over by copies of it.
    words = [0, 128, *[256] * 128, 1, 64, 16640, 1, 64, 256]
    frame = numpy.arange(256, dtype=numpy.uint8).reshape(1, 16, 16)
    made = picture(frame, "PALETTE COLOR", **described(Segmented=struct.pack(f"<{len(words)}H", *words)))
    seen = decoded(source(stored(made))).values[0].reshape(256, 3)
    assert (seen[:128] == 1).all()
    assert seen[191, 0] == 65
    assert seen[255, 0] == 1
    assert (numpy.diff(seen[128:192, 0].astype(int)) == 1).all()


@pytest.mark.parametrize("words", [[0, 10], [1, 5, 7], [3, 1, 1], [2, 1, 0, 0], [0]], ids=str)
def test_a_damaged_palette_is_refused(words: list[int]) -> None:
    data = struct.pack(f"<{len(words)}H", *words)
    with pytest.raises(Undecodable):
        source(stored(picture(GREY[:1], "PALETTE COLOR", **described(Segmented=data))))


def test_colours_are_shown_as_rgb() -> None:
    luminance = numpy.full((1, 20, 24, 3), (76, 85, 255), numpy.uint8)
    seen = decoded(source(stored(picture(luminance, "YBR_FULL"))))
    assert seen.photometric == "RGB"
    assert abs(seen.values[0, 0, 0].astype(int) - (254, 0, 0)).max() <= 1


def test_windows_and_regions_come_from_wherever_the_header_has_them() -> None:
    made = picture(
        GREY,
        WindowCenter=["40", "500"],
        WindowWidth=["400", "2000"],
        RescaleSlope="2",
        RescaleIntercept="-1024",
        SharedFunctionalGroupsSequence=sequence(FrameVOILUTSequence=sequence(WindowCenter="7", WindowWidth="9")),
        SequenceOfUltrasoundRegions=sequence(
            RegionLocationMinX0=1, RegionLocationMinY0=2, RegionLocationMaxX1=10, RegionLocationMaxY1=12
        ),
    )
    seen = decoded(source(stored(made)))
    assert set(seen.windows) == {(40, 400), (500, 2000), (7, 9)}
    assert (seen.slope, seen.intercept) == (2, -1024)
    assert seen.ultrasound == ((1, 2, 11, 13),)


def test_floating_point_samples() -> None:
    values = numpy.linspace(-1, 1, 480, dtype="<f4").reshape(1, 20, 24)
    made = picture(GREY[:1], BitsAllocated=32, FloatPixelData=values.tobytes())
    del made["PixelData"]
    assert (stored_frame(source(stored(made)), 0) == values[0]).all()


def test_stored_bits_above_the_lowest() -> None:
    frame = noise(1, 20, 24, bits=12)
    made = picture(frame << 4 | 5, bits=12, HighBit=15)
    assert (stored_frame(source(stored(made)), 0) == frame[0]).all()


def test_bytes_behind_the_last_frame_go_and_named_overlay_bits_too() -> None:
    frame = noise(1, 20, 24, bits=12)
    made = picture(frame << 4 | 1, bits=12, HighBit=15)
    made.PixelData += b"QUARRINGTON!"
    made.add_new(0x60000102, "US", 0)
    elements = swept(parsed(stored(made)).elements, syntax=f"{ROOT}.1", big=False)
    (pixels,) = (each for each in elements if each.tag == 0x7FE00010)
    assert pixels.value == (frame << 4).tobytes()


def test_no_pixels_are_no_picture() -> None:
    assert picture_of((Element(0x00080060, "CS", b"SR"),), syntax=f"{ROOT}.1", big=False) is None
