"""Owns pictures with text as files: what comes back of identifiers, of labels and of all other pixels."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from benchmarks.dicom import burned_in, made
from benchmarks.dicom.case import UNREADABLE
from benchmarks.dicom.draw import Draw

SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80")
"""Uncompressed, RLE, JPEG 2000 and JPEG-LS without loss, in turn."""
SEEN, COVERED = 0.1, 0.9
"""Share of its contrast at which a letter still stands out, and of its pixels that must be gone."""


def files(pictures: int, seed: int) -> dict[str, tuple[burned_in.Case, bytes]]:
    draw = Draw(seed + 9000)
    found = {}
    for number, case in enumerate(burned_in.cases(pictures, seed)):
        syntax = SYNTAXES[number // len(burned_in.KINDS) % len(SYNTAXES)]
        found[f"picture-{number:03d}-{case.kind}"] = case, made.stored(header(case, draw, syntax))
    return found


def header(case: burned_in.Case, draw: Draw, syntax: str) -> Dataset:
    """Ultrasound, a windowed DX or a colour secondary capture of the person whom the picture names."""
    values, kind = case.frames.values, case.frames
    one = made.common(made.BY_NAME["DX" if kind.windows else "SC" if values.ndim == 4 else "US multi-frame"], draw)
    name, number, accession, born, place, doctor = case.own
    made.put(one, PatientName=name, PatientID=number, AccessionNumber=accession, PatientBirthDate=born)
    made.put(one, InstitutionName=place, ReferringPhysicianName=doctor, ImageType=["ORIGINAL", "PRIMARY"])
    bits = 8 * values.dtype.itemsize
    made.put(one, Rows=values.shape[1], Columns=values.shape[2], BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1)
    made.put(one, SamplesPerPixel=3 if values.ndim == 4 else 1, PhotometricInterpretation=kind.photometric)
    made.put(one, PixelRepresentation=0)
    if values.ndim == 4:
        one.PlanarConfiguration = 0
    if len(values) > 1:
        made.put(one, NumberOfFrames=len(values), FrameTime="33.3", FrameIncrementPointer=0x00181063)
    if kind.windows:
        made.put(one, WindowCenter=[str(each) for each, _ in kind.windows], RescaleIntercept=str(kind.intercept))
        made.put(one, WindowWidth=[str(each) for _, each in kind.windows], RescaleSlope="1")
    one.add_new(0x7FE00010, "OB" if bits == 8 else "OW", values.tobytes())
    if syntax != SYNTAXES[0]:
        one.compress(syntax, generate_instance_uid=False)
    return one


def score(given: Mapping[str, tuple[burned_in.Case, bytes]], back: Mapping[str, bytes]) -> tuple[Counter[str], float]:
    """Counts of plants, labels and pictures, and the share of other pixels that changed."""
    counts: Counter[str] = Counter()
    elsewhere = []
    for name, (case, body) in given.items():
        identifying = [plant for plant in case.plants if plant.identifying]
        counts["identifiers"] += len(identifying)
        counts["labels"] += len(case.plants) - len(identifying)
        counts["innocent"] += not identifying
        old, new = decoded(body), decoded(back.get(name, b""))
        if new is None or old is None:
            counts["identifiers withheld"] += len(identifying)
            counts["withheld"] += 1
            continue
        changed = np.abs(old - new).max(axis=-1) > 0
        near = np.zeros(old.shape[1:3], bool)
        for plant in case.plants:
            if plant.identifying:
                counts["identifiers left"] += any(_seen(old[f], new[f], glyphs) for f, glyphs in plant.glyphs.items())
                for glyphs in plant.glyphs.values():
                    near |= cv2.dilate(glyphs.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
            else:
                counts["labels kept"] += not any(changed[f][glyphs].any() for f, glyphs in plant.glyphs.items())
        counts["innocent altered"] += not identifying and bool(changed.any())
        elsewhere.append(float((changed & ~near).mean()))
    return counts, float(np.mean(elsewhere)) if elsewhere else 0.0


def decoded(body: bytes) -> NDArray[np.float32] | None:
    """Frames, rows, columns, samples; None where there is nothing to decode."""
    try:
        read = pydicom.dcmread(io.BytesIO(body))
        pixels = read.pixel_array.astype(np.float32)
    except UNREADABLE:
        return None
    return pixels.reshape(int(read.get("NumberOfFrames") or 1), read.Rows, read.Columns, -1)


def _seen(old: NDArray[np.float32], new: NDArray[np.float32], glyphs: NDArray[np.bool_]) -> bool:
    """Whether letters stand: unchanged, or still another shade than what was changed around them."""
    changed = np.abs(old - new).max(axis=-1) > 0
    around = (cv2.dilate(glyphs.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0) & ~glyphs & changed
    if not around.any():
        return True
    # Letters as dark as the paint do not change, and are gone all the same.
    gone = changed | (np.abs(new - np.median(new[around], axis=0)).max(axis=-1) == 0)
    if gone[glyphs].mean() < COVERED:
        return True
    was, now = (abs(float(each[glyphs].mean() - each[around].mean())) for each in (old, new))
    return now > SEEN * was
