"""Owns the odd corners: identifiers in bytes that no header editor looks at. One plant a file."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset

from benchmarks.dicom import made
from benchmarks.dicom.case import TEXT, UID, Case, Plant
from benchmarks.dicom.draw import Draw
from benchmarks.dicom.made import ITEM_END, SEQUENCE_END, UNDEFINED, assembled, base, items, raw

Extra = list[tuple[int, bytes]]


def case(kind: str, where: str, body: bytes, token: str, form: str = TEXT, origin: str = "CT") -> Case:
    return Case(f"{kind}-{where}".replace(" ", "-").replace("/", "-"), body, (Plant(kind, where, token, form),), origin)


def with_raw(draw: Draw, extra: Extra, *, preamble: bytes = b"", meta: bytes = b"", tail: bytes = b"") -> bytes:
    return assembled(base("CT", draw), extra, preamble=preamble, meta=meta, tail=tail)


def without(header: Dataset, *tags: int) -> Dataset:
    for tag in tags:
        if tag in header:
            del header[tag]
    return header


def behind_nul(draw: Draw) -> Iterator[Case]:
    """A value, a NUL and more, in attributes that stay or are replaced."""
    chosen = (
        (0x00080060, "CS", b"CT"), (0x00180015, "CS", b"CHEST"), (0x00185100, "CS", b"HFS"),
        (0x00181210, "SH", b"B31f"),
        (0x00281055, "LO", b"WINDOW1"), (0x00181250, "SH", b"HEAD"), (0x00180060, "DS", b"120"),
        (0x00200013, "IS", b"7"),
        (0x00280030, "DS", b"0.75\\0.75"), (0x00080008, "CS", b"ORIGINAL\\PRIMARY"), (0x00080020, "DA", b"20240611"),
        (0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2"), (0x0020000D, "UI", b"1.2.826.0.1.3.4"),
        (0x00080005, "CS", b"ISO_IR 192"), (0x00100010, "PN", b"A^B"), (0x00321060, "LO", b"THORAX"),
    )  # fmt: skip
    for tag, vr, value in chosen:
        word = draw.word()
        header = without(base("CT", draw), tag) if tag != 0x00080016 else base("CT", draw)
        element = raw(tag, vr, value + b"\0" + word.encode())
        if tag == 0x00080016:
            # The class must stay readable for the writer, so the element is replaced in the finished bytes.
            whole = made.stored(header)
            plain = raw(tag, vr, value)
            yield case("behind a NUL", f"{tag:08x} {vr}", whole.replace(plain, element, 1), word)
            continue
        yield case("behind a NUL", f"{tag:08x} {vr}", assembled(header, [(tag, element)]), word)


def written_as_un(draw: Draw) -> Iterator[Case]:
    """Known attributes and sequences written as UN, whose inside is implicit."""

    def person(word: str) -> bytes:
        return raw(0x0040A123, "", word.encode()) + raw(0x00080104, "", word.encode())

    for tag in (0x00104000, 0x00081030, 0x00100010, 0x00181210, 0x00281055, 0x00080060, 0x00081090):
        word = draw.word()
        header = without(base("CT", draw), tag)
        yield case("written as UN", f"{tag:08x}", assembled(header, [(tag, raw(tag, "UN", word.encode()))]), word)
    for tag in (0x00082218, 0x00081110, 0x00400275, 0x00081115, 0x00409096, 0x00540016):
        word = draw.word()
        value = items(person(word))
        yield case("written as UN", f"sequence {tag:08x}", with_raw(draw, [(tag, raw(tag, "UN", value))]), word)
        word = draw.word()
        value = items(person(word), undefined=True)
        element = raw(tag, "UN", value, length=UNDEFINED)
        yield case("written as UN", f"open sequence {tag:08x}", with_raw(draw, [(tag, element)]), word)
        word = draw.word()
        inner = items(raw(0x00081140, "", items(person(word))))
        yield case("written as UN", f"nested {tag:08x}", with_raw(draw, [(tag, raw(tag, "UN", inner))]), word)
    word = draw.word()
    inner = items(raw(0x0040A730, "UN", items(person(word))) + raw(0x00080100, "SH", b"A"))
    yield case(
        "written as UN", "UN in an explicit item", with_raw(draw, [(0x00082218, raw(0x00082218, "SQ", inner))]), word
    )
    word = draw.word()
    private = raw(0x00090010, "LO", b"ACME") + raw(
        0x00091001, "UN", items(person(word), undefined=True), length=UNDEFINED
    )
    yield case("written as UN", "private open sequence", with_raw(draw, [(0x00090010, private)]), word)


def unknown_tags(draw: Draw) -> Iterator[Case]:
    """Even groups that the standard does not have, groups of commands, of directories, and illegal ones."""
    tags = (0x00181FF1, 0x00080FFE, 0x00207777, 0x00240FF0, 0x77760010, 0x00120998, 0x0028FFF0, 0x30FE0010, 0x00420999)
    for tag in (*tags, 0x00041500, 0x00041130, 0x00060010, 0x00041220, 0x00001000, 0x00000900, 0x00029999, 0x00020016):
        for vr in ("LO", "UN", "OB"):
            word = draw.word()
            yield case("unknown tag", f"{tag:08x} {vr}", with_raw(draw, [(tag, raw(tag, vr, word.encode()))]), word)
    for tag in (0x00090001, 0x00030010, 0x00050010, 0x00070010, 0xFFFF0010, 0x00010010, 0x00091234, 0x000900FF):
        word = draw.word()
        yield case("unknown tag", f"private {tag:08x}", with_raw(draw, [(tag, raw(tag, "LO", word.encode()))]), word)
    for tag in (0x00080000, 0x00100000, 0x00280000, 0x00080001, 0x00200000):
        for vr in ("UL", "LO", "UN"):
            word = draw.word()
            body = with_raw(draw, [(tag, raw(tag, vr, word.encode()))])
            yield case("unknown tag", f"group length {tag:08x} {vr}", body, word)


def around(draw: Draw) -> Iterator[Case]:
    """Before, behind and between what is read: preamble, padding, tails, delimiters, values longer than needed."""
    for name in (
        "preamble",
        "trailing bytes",
        "trailing padding",
        "element of low tag",
        "NULs then text",
        "second file",
    ):
        word = draw.word()
        said = word.encode()
        tail = {
            "preamble": b"",
            "trailing bytes": said,
            "trailing padding": raw(0xFFFCFFFC, "OB", said),
            "element of low tag": raw(0x00104000, "LT", said),
            "NULs then text": b"\0" * 64 + said,
            "second file": b"\0" * 128 + b"DICM" + raw(0x00100010, "PN", said),
        }[name]
        yield case("around the data", name, with_raw(draw, [], preamble=b"" if tail else said, tail=tail), word)
    for tag, where_ in ((0xFFFEE00D, "item delimiter"), (0xFFFEE0DD, "sequence delimiter")):
        word = draw.word()
        told = raw(tag, "", word.encode())
        tail = (told if tag == 0xFFFEE00D else ITEM_END) + (told if tag == 0xFFFEE0DD else SEQUENCE_END)
        value = raw(0xFFFEE000, "", raw(0x00080100, "SH", b"A"), length=UNDEFINED) + tail
        sequence = raw(0x00082218, "SQ", value, length=UNDEFINED)
        yield case("around the data", where_, with_raw(draw, [(0x00082218, sequence)]), word)
    word, header = draw.word(), base("CT", draw)
    header.add_new(0x7FE00010, "OW", header.PixelData + word.encode())
    yield case("around the data", "pixels longer than the picture", made.stored(header), word)
    word, header = draw.word(), base("ECG", draw)
    header.WaveformSequence[0].add_new(
        0x54001010, "OW", header.WaveformSequence[0].WaveformData + word.encode().ljust(16)
    )
    yield case("around the data", "waveform longer than its samples", made.stored(header), word, origin="ECG")
    for name, tag in (("red LUT", 0x00281201), ("segmented red LUT", 0x00281221), ("LUT", 0x00283006)):
        word = draw.word()
        yield case("around the data", f"{name} data", with_raw(draw, [(tag, raw(tag, "OW", word.encode()))]), word)
    for tag, vr in (
        (0x00283002, "US"), (0x00280009, "AT"), (0x00189602, "FD"), (0x00181138, "FL"), (0x00280106, "US"),
        (0x00281101, "US"), (0x00186050, "UL"), (0x00480105, "SL"), (0x00189087, "FD"), (0x00201041, "DS"),
        (0x00182010, "DS"),
    ):  # fmt: skip
        word = draw.word()
        body = with_raw(draw, [(tag, raw(tag, vr, word.encode().ljust(16)))])
        yield case("text in numbers", f"{tag:08x} {vr}", body, word)


def wrong_kind(draw: Draw) -> Iterator[Case]:
    """Another representation than the standard's; the same tag twice; tags out of order."""
    for tag, vr in (
        (0x00104000, "OB"), (0x00280010, "LO"), (0x00180060, "LO"), (0x00080060, "OB"), (0x00080060, "LT"),
        (0x00181210, "UT"), (0x00280004, "LO"), (0x00100040, "LO"), (0x00082218, "LO"), (0x00209161, "OB"),
        (0x00280034, "UT"), (0x00281050, "LT"), (0x00080016, "LO"), (0x00080005, "LO"), (0x0020000D, "LO"),
    ):  # fmt: skip
        word = draw.word()
        header = base("CT", draw)
        whole = (
            assembled(header, [(tag, raw(tag, vr, word.encode()))])
            if tag == 0x00080016
            else assembled(without(header, tag), [(tag, raw(tag, vr, word.encode()))])
        )
        yield case("wrong kind", f"{tag:08x} as {vr}", whole, word)
    for tag, vr in (
        (0x00080060, "CS"),
        (0x00100010, "PN"),
        (0x00281055, "LO"),
        (0x00181210, "SH"),
        (0x00080018, "UI"),
        (0x00280010, "US"),
    ):
        word = draw.word() if vr != "UI" else draw.uid()
        yield case(
            "wrong kind",
            f"{tag:08x} twice",
            with_raw(draw, [(tag, raw(tag, vr, word.encode()))]),
            word,
            UID if vr == "UI" else TEXT,
        )
    word, header = draw.word(), base("CT", draw)
    header.SOPClassUID = word
    yield case("wrong kind", "a word as the class", assembled(header, []), word)
    for tag, vr in ((0x0020000D, "UI"), (0x00080008, "CS")):
        word = draw.word()
        body = assembled(without(base("CT", draw), tag), [(tag, raw(tag, vr, word.encode()))])
        yield case("wrong kind", f"a word in {tag:08x}", body, word)


def registered_looking(draw: Draw) -> Iterator[Case]:
    """Instance UIDs below the standard's own root, and in attributes that usually hold registered ones."""
    for tag in (0x00080018, 0x0020000D, 0x00200052):
        uid = f"1.2.840.10008.5.1.4.1.1.2.{draw.digits(9)}"
        header = base("CT", draw)
        header.add_new(tag, "UI", uid)
        yield case("UIDs", f"below the standard's root in {tag:08x}", made.stored(header), uid, UID)
    for tag in (0x00081155, 0x00081150, 0x00080117, 0x0040A124, 0x0008010C, 0x00083010):
        for root in ("1.2.840.10008.5.1.4.1.1.2.", "1.2.826.0.1."):
            uid = root + draw.digits(9)
            value = items(raw(tag, "UI", uid.encode()))
            body = with_raw(draw, [(0x00082218, raw(0x00082218, "SQ", value))])
            yield case("UIDs", f"nested {tag:08x} {root[:9]}", body, uid, UID)


def file_meta(draw: Draw) -> Iterator[Case]:
    for tag, vr in (
        (0x00020013, "SH"), (0x00020016, "AE"), (0x00020017, "AE"), (0x00020018, "AE"), (0x00020026, "UR"),
        (0x00020027, "UR"),
        (0x00020028, "UR"), (0x00020031, "OB"), (0x00020035, "OB"), (0x00020099, "LO"), (0x00029999, "UN"),
        (0x00020102, "OB"),
    ):  # fmt: skip
        word = draw.word()
        lead = raw(0x00020100, "UI", b"1.2.826.0.1.77") if tag == 0x00020102 else b""
        yield case("file meta", f"{tag:08x} {vr}", with_raw(draw, [], meta=lead + raw(tag, vr, word.encode())), word)
    uid = draw.uid()
    yield case(
        "file meta",
        "private information creator",
        with_raw(draw, [], meta=raw(0x00020100, "UI", uid.encode())),
        uid,
        UID,
    )
    header = base("CT", draw)
    uid, body = draw.uid(), made.stored(header)
    body = body.replace(str(header.SOPInstanceUID).encode(), uid.encode(), 1)
    yield case("file meta", "another instance UID", body, uid, UID)
    header = base("CT", draw)
    header.file_meta.add_new(0x00020012, "UI", uid := draw.uid())
    yield case("file meta", "implementation class UID", made.stored(header), uid, UID)
    word = draw.word()
    yield case(
        "file meta",
        "implementation version behind a NUL",
        with_raw(draw, [], meta=raw(0x00020013, "SH", b"V1\0" + word.encode())),
        word,
    )


def icons(draw: Draw) -> Iterator[Case]:
    for keyword, tag in (("icon", 0x00880200), ("referenced image", 0x00081140)):
        word = draw.word()
        picture = b"".join(
            raw(0x00280000 | each, "US", struct.pack("<H", value))
            for each, value in ((2, 1), (0x10, 4), (0x11, 8), (0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0))
        )
        picture += raw(0x7FE00010, "OB", word.encode().ljust(32))
        if tag == 0x00081140:
            picture = raw(0x00880200, "SQ", items(picture))
        yield case("icons", keyword, with_raw(draw, [(tag, raw(tag, "SQ", items(picture)))]), word)
    for tag, vr in ((0x7FE00008, "OF"), (0x7FE00001, "OV"), (0x7FE00002, "OV"), (0x7FE00003, "UV")):
        word = draw.word()
        body = with_raw(draw, [(tag, raw(tag, vr, word.encode().ljust(16)))])
        yield case("icons", f"{tag:08x} beside the pixels", body, word)


def cases(seed: int) -> Iterator[Case]:
    draw = Draw(seed + 1000)
    kinds = (behind_nul, written_as_un, unknown_tags, around, wrong_kind, registered_looking, file_meta, icons)
    for kind in kinds:
        yield from kind(draw)
