"""Rules that compare headers, names and sizes: what a sequence, or its specification, says of each frame."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest

pytest.importorskip("OpenEXR")
pytest.importorskip("cv2")

import cv2
import numpy
import OpenEXR

from benchmarks.render_sequences import SCENES, Size, encode
from fsxap.model import Item
from fsxap.providers.local.frames import LocalFrames
from fsxap.usecases.media_vfx import sequences, verdict
from fsxap.usecases.media_vfx.inspect import Limits, rows_of
from fsxap.usecases.media_vfx.overlays import Overlays
from fsxap.usecases.media_vfx.spec import load

SIZE = Size(96, 64, 11)
ODD = 6
"""The frame that is not like the others."""


def pictures() -> list[Any]:
    return list(SCENES["pan"](SIZE, numpy.random.default_rng(3)))


def exr(picture: Any, **header: Any) -> bytes:
    import tempfile
    from pathlib import Path

    planes = {name: numpy.ascontiguousarray(picture[:, :, at], numpy.float16) for at, name in enumerate("RGB")}
    with tempfile.TemporaryDirectory() as folder:
        OpenEXR.File({"type": OpenEXR.scanlineimage, **header}, planes).write(f"{folder}/a.exr")
        return Path(folder, "a.exr").read_bytes()


def padded(body: bytes) -> bytes:
    """A PNG with a comment ten times its size."""
    text = b"tEXt" + b"x\0" + bytes(97 + at % 26 for at in range(10 * len(body)))
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return body[:-12] + chunk + body[-12:]


def bad(files: dict[str, bytes], **spec: Any) -> dict[str, list[int]]:
    """Frames by rule."""
    (group,) = sequences.group(Item(key, len(body), "t", key) for key, body in sorted(files.items()))
    rows = rows_of(group.members, files.__getitem__, LocalFrames(), Limits(1 << 30, 1 << 24), lambda: None)
    return {each.rule: each.evidence["frames"] for each in verdict.reach(group, rows, load(spec), Overlays()).findings}


def shot(suffix: str, odd: Any = None) -> dict[str, bytes]:
    """`odd` makes the frame that is not like the others."""
    made = {}
    for number, picture in enumerate(pictures(), 1):
        body = odd(picture) if odd and number == ODD else encode(picture, suffix)
        made[f"a.{number:04d}{suffix}"] = body
    return made


@pytest.mark.parametrize(
    ("suffix", "odd", "rule"),
    [
        (".png", lambda picture: padded(encode(picture, ".png")), "frame-size"),
        (".png", lambda _picture: b"#!/bin/sh\nexit 1\n", "frame-unreadable"),
    ],
)
def test_a_frame_unlike_the_others(suffix: str, odd: Any, rule: str) -> None:
    assert bad(shot(suffix)) == {}
    assert bad(shot(suffix, odd)) == {rule: [ODD]}


@pytest.mark.parametrize(
    ("header", "rule"),
    [({"pixelAspectRatio": 2.0}, "frame-aspect"), ({"colorInteropID": "lin_ap1_scene"}, "frame-colour-space")],
)
def test_a_header_unlike_the_others(header: dict[str, Any], rule: str) -> None:
    files = {
        f"a.{number:04d}.exr": exr(picture, **(header if number == ODD else {}))
        for number, picture in enumerate(pictures(), 1)
    }
    assert bad(files) == {rule: [ODD]}


def test_all_frames_unlike_the_specification() -> None:
    files = shot(".exr")
    every = list(range(1, SIZE.frames + 1))
    assert bad(files, colour_space="ACEScg", aspect=2, depth="float", range=[0, 0.05]) == dict.fromkeys(
        ("frame-depth", "frame-aspect", "frame-colour-space", "frame-range"), every
    )
    assert bad(files, aspect=1, depth="half", range=[-10, 10]) == {}


def test_a_frame_of_fewer_bits_shows_it() -> None:
    curve = lambda picture: (picture[:, :, :3] ** (1 / 2.2) * 255).astype(numpy.uint8)  # noqa: E731
    found = bad(shot(".png", lambda picture: bytes(cv2.imencode(".png", curve(picture)[:, :, ::-1])[1])))
    assert found == {"frame-depth": [ODD], "frame-banding": [ODD]}


def test_a_number_with_other_digits() -> None:
    files = shot(".png")
    files[f"a.{ODD}.png"] = files.pop(f"a.{ODD:04d}.png")
    assert bad(files) == {"frame-padding": [ODD]}


def test_a_bright_pixel_that_nobody_can_confirm() -> None:
    picture = pictures()[0]
    picture[30, 40, :3] = 90.0
    (group,) = sequences.group([Item("still.exr", 1, "t", "v")])
    body = encode(picture, ".exr")
    rows = rows_of(group.members, lambda _key: body, LocalFrames(), Limits(1 << 30, 1 << 24), lambda: None)
    made = verdict.reach(group, rows, load({}), Overlays())
    assert [each.rule for each in made.findings] == ["frame-isolated-pixels"] and made.decision == "approved"


def test_names_have_to_be_as_specified() -> None:
    files = shot(".png")
    assert bad(files, naming=r"a\.\d{4}\.png") == {}
    assert bad(files, naming=r"[a-z]+_v\d{3}\.\d{4}\.png") == {"frame-naming": list(range(1, len(files) + 1))}
