"""Owns identifiers in what a data set carries: overlays, curves, colour profiles, names, documents, dates."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from pydicom.encaps import encapsulate

from benchmarks.dicom import made
from benchmarks.dicom.case import DATE, Case, Plant
from benchmarks.dicom.draw import Draw
from benchmarks.dicom.made import assembled, base, items, raw
from benchmarks.dicom.odd import case, with_raw, without


def planes(draw: Draw) -> Iterator[Case]:
    """Overlays, curves and what belongs to them."""
    for group in (0x6000, 0x6002, 0x601E, 0x60FE):
        for element, vr in ((0x3000, "OW"), (0x1500, "LO"), (0x4000, "LT"), (0x0022, "LO"), (0x0800, "CS")):
            tag, word = group << 16 | element, draw.word()
            extra = [(group << 16 | 0x0010, raw(group << 16 | 0x10, "US", struct.pack("<H", made.ROWS)))]
            extra += [(group << 16 | 0x0011, raw(group << 16 | 0x11, "US", struct.pack("<H", made.COLUMNS)))]
            value = word.encode().ljust(made.ROWS * made.COLUMNS // 8, b"\0") if element == 0x3000 else word.encode()
            yield case("overlay or curve", f"{tag:08x}", with_raw(draw, [*extra, (tag, raw(tag, vr, value))]), word)
    for group in (0x5000, 0x5002, 0x501E):
        for element, vr in (
            (0x3000, "OW"),
            (0x2500, "LO"),
            (0x0040, "SH"),
            (0x0022, "LO"),
            (0x2600, "SQ"),
            (0x0030, "SH"),
        ):
            tag, word = group << 16 | element, draw.word()
            value = items(raw(0x00080104, "LO", word.encode())) if vr == "SQ" else word.encode()
            yield case("overlay or curve", f"{tag:08x}", with_raw(draw, [(tag, raw(tag, vr, value))]), word)
    for bits, high, spare in ((12, 11, 12), (12, 11, 15), (12, 15, 0), (10, 9, 13), (8, 7, 8)):
        word, header = draw.word(), base("CT", draw)
        header.BitsStored, header.HighBit = bits, high
        header.add_new(0x7FE00010, "OW", hidden(header.PixelData, word, spare))
        yield case("overlay or curve", f"in bit {spare} of {bits} below {high}", made.stored(header), word)
        word, header = draw.word(), base("CT", draw)
        header.BitsStored, header.HighBit = bits, high
        header.add_new(0x7FE00010, "OB", encapsulate([run_length(hidden(header.PixelData, word, spare))]))
        header["PixelData"].is_undefined_length = True
        header.file_meta.add_new(0x00020010, "UI", "1.2.840.10008.1.2.5")
        yield case("overlay or curve", f"RLE in bit {spare} of {bits} below {high}", made.stored(header), word)


def run_length(pixels: bytes) -> bytes:
    """RLE of 16-bit pixels, high bytes first, as literal runs: pydicom's own encoder clears unused bits."""
    planes = (pixels[1::2], pixels[::2])
    runs = [
        b"".join(bytes([len(part) - 1]) + part for part in (plane[at : at + 128] for at in range(0, len(plane), 128)))
        for plane in planes
    ]
    first = runs[0] + b"\0" * (len(runs[0]) % 2)
    return struct.pack("<16L", 2, 64, 64 + len(first), *[0] * 13) + first + runs[1]


def hidden(pixels: bytes, word: str, bit: int) -> bytes:
    """The bits of a word, in one bit of the first pixels."""
    values = np.frombuffer(pixels, "<u2").copy()
    bits = np.unpackbits(np.frombuffer(word.encode(), np.uint8), bitorder="little").astype("<u2")
    values[: len(bits)] = values[: len(bits)] & ~np.uint16(1 << bit) | (bits << bit)
    return values.tobytes()


def icc(word: str, kind: bytes = b"desc") -> bytes:
    """A colour profile of one text tag."""
    said = word.encode()
    value = kind + b"\0" * 4 + (struct.pack(">L", len(said) + 1) + said + b"\0" if kind == b"desc" else said + b"\0")
    value = value.ljust(len(value) + -len(value) % 4, b"\0")
    tags = struct.pack(">L4sLL", 1, b"cprt" if kind == b"text" else b"desc", 144, len(value))
    head = struct.pack(">L4sL4s4s4s", 144 + len(value), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    return head.ljust(36, b"\0") + b"acsp" + b"\0" * 88 + tags + value


def profiles(draw: Draw) -> Iterator[Case]:
    for kind in (b"desc", b"text"):
        word = draw.word()
        yield case(
            "ICC profile", kind.decode(), with_raw(draw, [(0x00282000, raw(0x00282000, "OB", icc(word, kind)))]), word
        )
    word = draw.word()
    profile = icc("sRGB") + word.encode()
    yield case("ICC profile", "behind its end", with_raw(draw, [(0x00282000, raw(0x00282000, "OB", profile))]), word)
    word = draw.word()
    path = items(raw(0x00282000, "OB", icc(word)))
    yield case("ICC profile", "of an optical path", with_raw(draw, [(0x00480105, raw(0x00480105, "SQ", path))]), word)
    word = draw.word()
    plain = icc("sRGB")
    profile = plain[:100] + word.encode() + plain[100 + len(word) :]
    yield case(
        "ICC profile",
        "in its reserved bytes",
        with_raw(draw, [(0x00282000, raw(0x00282000, "OB", profile))]),
        word,
    )


def charsets(draw: Draw) -> Iterator[Case]:
    """Names of three groups in many character sets, echoed where the profile does not look."""
    chosen = (
        ("ISO_IR 100", "latin-1", "Müßigröt^Ännchen"), ("ISO_IR 192", "utf-8", "Wang^XiaoDong=王^小東="),
        ("GB18030", "gb18030", "Zhang^XiaoDong=张^小东="), ("GBK", "gbk", "Wang^XiaoQing=王^小青="),
        ("ISO_IR 144", "iso8859-5", "Люксембургская^Розалия"), ("ISO_IR 126", "iso8859-7", "Διονυσιοςω^Αλεξ"),
        ("ISO_IR 127", "iso8859-6", "قباني^لنزارر"), ("ISO_IR 138", "iso8859-8", "שרוןקליי^דבורה"),
        ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞｻﾞｳ^ﾀﾛｳｲﾁ"),
        ("\\ISO 2022 IR 87", "iso2022_jp", "Yamadazou^Tarouichi=山田造^太郎一=やまだぞう^たろういち"),
        ("\\ISO 2022 IR 149", "euc_kr", "Hongseok^Gildongo=洪碩^吉洞=홍석이^길동우"),
    )  # fmt: skip
    for name, codec, person in chosen:
        coded = _groups(person, codec)
        header = without(base("MR", draw), 0x00080005, 0x00100010)
        echo = _groups(person.split("=")[-1].replace("^", " ") or person, codec)
        ideographs = [part for group in person.split("=") for part in group.split("^") if len(part) > 1]
        extra = [
            (0x00080005, raw(0x00080005, "CS", name.encode())),
            (0x00100010, raw(0x00100010, "PN", coded)),
            (0x00281055, raw(0x00281055, "LO", echo)),
            (0x00181250, raw(0x00181250, "SH", _groups(ideographs[-1], codec))),
            (0x00204000, raw(0x00204000, "LT", b"seen: " + echo)),
        ]
        plants = tuple(Plant("character sets", f"{name} {number}", part) for number, part in enumerate(ideographs))
        yield Case(f"charset-{name.strip(chr(92))}".replace(" ", "-"), assembled(header, extra), plants, "MR")


def _groups(said: str, codec: str) -> bytes:
    if codec != "euc_kr":
        return said.encode(codec)
    return b"".join(bytes([each]) for each in b"\x1b$)C" + said.encode(codec)) if not said.isascii() else said.encode()


def documents(draw: Draw) -> Iterator[Case]:
    def held(kind: str, body: bytes, sop: str) -> bytes:
        header = base("PDF", draw)
        header.SOPClassUID = made.STORAGE + sop
        header.MIMETypeOfEncapsulatedDocument = kind
        header.add_new(0x00420011, "OB", body + b"\0" * (len(body) % 2))
        return made.stored(header)

    word = draw.word()
    stream = zlib.compress(f"BT ({word}) Tj ET".encode())
    pdf = b"%PDF-1.4\n1 0 obj<</Filter/FlateDecode>>stream\n" + stream + b"\nendstream endobj\n%%EOF"
    yield case("documents", "deflated PDF stream", held("application/pdf", pdf, "104.1"), word)
    word = draw.word()
    pdf = b"%PDF-1.4\n1 0 obj<</Author<FEFF" + word.encode("utf-16-be").hex().encode() + b">>>endobj\n%%EOF"
    yield case("documents", "PDF author in UTF-16", held("application/pdf", pdf, "104.1"), word)
    for name, kind, sop in (
        ("CDA", "text/XML", "104.2"),
        ("STL", "model/stl", "104.3"),
        ("OBJ", "model/obj", "104.4"),
        ("MTL", "model/mtl", "104.5"),
    ):
        word = draw.word()
        yield case("documents", name, held(kind, f"<name>{word}</name>".encode(), sop), word)
    word = draw.word()
    yield case("documents", "in a CT slice", with_raw(draw, [(0x00420011, raw(0x00420011, "OB", word.encode()))]), word)
    for word, options in ((draw.word(), "IMAGE"), (draw.word(), "PATIENT")):
        record = raw(0x00041430, "CS", options.encode()) + raw(0x00100010, "PN", word.encode())
        header = base("CT", draw)
        header.SOPClassUID = "1.2.840.10008.1.3.10"
        for tag in [int(each.tag) for each in header if int(each.tag) not in (0x00080016, 0x00080018)]:
            del header[tag]
        extra = [(0x00041220, raw(0x00041220, "SQ", items(record)))]
        yield case("documents", f"DICOMDIR {options}", assembled(header, extra), word, origin="DICOMDIR")


def syntaxes(draw: Draw) -> Iterator[Case]:
    """The same plants in implicit, big-endian and deflated files."""
    for name, syntax, options in (
        ("implicit", "1.2.840.10008.1.2", {"implicit": True}),
        ("big endian", "1.2.840.10008.1.2.2", {"little": False}),
        ("deflated", "1.2.840.10008.1.2.1.99", {}),
    ):
        header = base("CT", draw)
        header.file_meta.add_new(0x00020010, "UI", syntax)
        word, unlisted = draw.word(), f"seen by {draw.word()}"
        header.PatientComments = word
        header.ReceiveCoilName = "x"
        header.WindowCenterWidthExplanation = unlisted
        header.private_block(0x0009, "ACME", create=True).add_new(1, "LO", third := draw.word())
        plants = [
            Plant("syntaxes", f"{name} {where}", token)
            for where, token in (("listed", word), ("unlisted", unlisted[8:]), ("private", third))
        ]
        yield Case(f"syntax-{name}".replace(" ", "-"), made.stored(header, **options), tuple(plants), "CT")


def dates(draw: Draw) -> Iterator[Case]:
    """Dates of the header and of nobody, in texts and in every form a date may have."""
    forms = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%B %d, %Y", "%d-%b-%Y", "%Y.%m.%d", "%d/%m/%Y")
    for number, form in enumerate(forms):
        day = draw.day()
        said = day.strftime(form)
        header = base("MR", draw)
        keyword = ("WindowCenterWidthExplanation", "LUTExplanation", "TextComments", "FilterMaterial")[number % 3]
        setattr(header, keyword, f"scan of {said}")
        header.PulseSequenceName = said
        plants = (Plant("dates", f"{keyword} {form}", f"{day:%Y%m%d}", DATE),)
        yield Case(f"date-{number}", made.stored(header), plants, "MR")
    for number, (tag, vr, form) in enumerate(
        (
            (0x00080023, "DA", "{:%Y.%m.%d}"), (0x00080022, "DA", "{0:%Y%m%d}-{0:%Y%m%d}"),
            (0x0008002A, "DT", "{:%Y%m%d}1011"),
            (0x00189074, "DT", "{:%Y%m%d}101112.123456+0100"), (0x0040A121, "DA", "{:%Y%m%d}"),
            (0x00189701, "DT", "{:%Y%m%d}"),
            (0x00181012, "DA", "{:%Y%m%d}"), (0x00080106, "DT", "{:%Y%m%d}"), (0x00081030, "LO", "{:%d%m%Y}"),
            (0x30060008, "DA", "{:%Y%m%d}"),
        )
    ):  # fmt: skip
        day = draw.day()
        header = without(base("MR", draw), tag)
        body = assembled(header, [(tag, raw(tag, vr, form.format(day).encode()))])
        yield Case(f"date-of-{number}", body, (Plant("dates", f"{tag:08x} {form}", f"{day:%Y%m%d}", DATE),), "MR")


def cases(seed: int) -> Iterator[Case]:
    draw = Draw(seed + 1500)
    for kind in (planes, profiles, charsets, documents, syntaxes, dates):
        yield from kind(draw)
