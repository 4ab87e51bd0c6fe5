"""Owns ICC profiles: colours stay, words go (ICC.1:2022 clause 7)."""

from __future__ import annotations

import struct

COLOUR = frozenset(
    b"rXYZ gXYZ bXYZ wtpt bkpt rTRC gTRC bTRC kTRC chad chrm lumi A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 gamt meas view".split()
)
NUMBERS = frozenset(b"XYZ curv para sf32 chrm mft1 mft2 mAB mBA meas view".split())
HEADER, ENTRY = 128, 12
TABLE = 1000


def blanked(profile: bytes) -> bytes | None:
    """The profile with every byte that is not colour set to zero; None when it cannot be read."""
    try:
        (number,) = struct.unpack_from(">L", profile, HEADER)
        if profile[36:40] != b"acsp" or number > TABLE:
            return None
        made = bytearray(len(profile))
        made[:HEADER] = profile[:HEADER]
        # Creation time, device maker and model, creator and profile ID tell where it was made.
        for start, end in ((24, 36), (48, 56), (80, HEADER)):
            made[start:end] = bytes(end - start)
        made[HEADER : HEADER + 4 + number * ENTRY] = profile[HEADER : HEADER + 4 + number * ENTRY]
        for index in range(number):
            name, offset, size = struct.unpack_from(">4sLL", profile, HEADER + 4 + index * ENTRY)
            if offset + size > len(profile) or size < 8:
                return None
            if name.strip() in COLOUR and profile[offset : offset + 4].strip() in NUMBERS:
                made[offset : offset + size] = profile[offset : offset + size]
            else:
                made[offset : offset + 4] = profile[offset : offset + 4]
    except struct.error:
        return None
    return bytes(made)
