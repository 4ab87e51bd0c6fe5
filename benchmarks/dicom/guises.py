"""Owns identifiers that are not written as they are: coded, cut, spaced, in numbers, or made of everyday words."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Iterator
from urllib.parse import quote

from pydicom.dataset import Dataset

from benchmarks.dicom import made
from benchmarks.dicom.case import DATE, TEXT, UID, WHOLE, Case, Plant
from benchmarks.dicom.draw import LIMITS, Draw
from benchmarks.dicom.made import assembled, base, items, raw
from benchmarks.dicom.odd import case, with_raw, without

LONG = ("WindowCenterWidthExplanation", "LUTExplanation", "FilterMaterial", "RescaleType", "ModalityLUTType")
SHORT = ("ReceiveCoilName", "PulseSequenceName", "TransmitCoilName")
"""Attributes that the profile does not list, of LO and of SH."""


def put(header: Dataset, said: str) -> None:
    """Into the next free attribute that has room."""
    fits = (*SHORT, *LONG) if len(said) <= LIMITS["SH"] else LONG
    setattr(header, next(each for each in fits if each not in header), said)


def spelt(family: str, given: str, number: str) -> list[tuple[str, str]]:
    """The patient's name and number in codes and as programs write them, with what must not be found again."""
    digits = number[3:]
    return [
        (base64.b64encode(family.encode()).decode(), family),
        (family.encode().hex(), family),
        (family.encode().hex().upper(), family),
        (quote(f"{given} {family}").replace("%20", "+"), family),
        (family[::-1], family),
        (family[::-1].lower(), family),
        (" ".join(family), family),
        ("-".join(family), family),
        (".".join(family.upper()), family),
        ("\u200b".join(family), family),
        ("\u00ad".join(family), family),
        ("".join(chr(ord(each) + 0xFEE0) for each in family.upper()), family),
        ("".join(each + "\u0301" for each in family), family),
        (f"{family}{given}", family),
        (f"{given}{family}".lower(), family),
        (f"{family}_{given}".upper(), family),
        (f"pt{family}scan", family),
        (f"{given[0]}{family}".lower(), family),
        (f"{family}1", family),
        (f"{family}@work", family),
        (f"C:/Users/{family}/a.dcm", family),
        (f"<b>{family}</b>", family),
        (f"{family[:4]}-\r\n{family[4:]}", family),
        (turned := codecs.encode(family, "rot13"), turned),
        (base64.b64encode(number.encode()).decode(), number),
        (number.encode().hex(), number),
        (f"{number[:4]} {number[4:]}", digits),
        (f"{number[:3]}.{number[3:7]}.{number[7:]}", digits),
        (f"00{digits}-01", digits),
        (f"x{digits}y", digits),
        (" ".join(digits), digits),
    ]


def coded(draw: Draw) -> Iterator[Case]:
    for which in range(31):
        header = base("MR", draw)
        family, given = str(header.PatientName).split("^")
        said, token = spelt(family, given, str(header.PatientID))[which]
        header.add_new(0x00281055, "LO", said)
        yield case("disguised", f"{which} {ascii(said)[:40]}", made.stored(header), token, origin="MR")


def parts(draw: Draw) -> Iterator[Case]:
    """Initials with a birth date, a name cut into two attributes, a year of birth with initials, short forms."""
    header = base("MR", draw)
    family, given = str(header.PatientName).split("^")
    born = str(header.PatientBirthDate)
    header.WindowCenterWidthExplanation, header.LUTExplanation = family, given
    header.FilterMaterial = f"{given[0]}{family[0]}{born}"
    header.PulseSequenceName = f"{given[0]}{family[0]}{born[2:]}"
    header.ReceiveCoilName = f"{family[:3]}{given[:2]}{born[2:4]}".upper()
    header.TransmitCoilName = f"{family[0]}.{given[0]}. {born[:4]}"
    plants = (
        Plant("parts of identifiers", "family in one attribute", family),
        Plant("parts of identifiers", "given in another", given),
        Plant("parts of identifiers", "initials and birth date", header.FilterMaterial),
        Plant("parts of identifiers", "initials and short birth date", header.PulseSequenceName),
        Plant("parts of identifiers", "beginnings of names", header.ReceiveCoilName),
        Plant("parts of identifiers", "initials and year", header.TransmitCoilName, WHOLE),
    )
    yield Case("parts-of-names", made.stored(header), plants, "MR")


def words(draw: Draw) -> Iterator[Case]:
    """Names of patients and others that are everyday or clinical words, and very short ones."""
    names = (
        ("Field", "Grid"), ("Long", "Art"), ("Power", "Rose"), ("Stern", "Grace"), ("Young", "Dean"), ("Li", "Wu"),
        ("Head", "Frank"), ("Brown", "May"), ("Ng", "O"), ("Coil", "Victor"), ("Kelvin", "Ray"), ("Hand", "Bill"),
        ("O'Harvalken", "Mary-Ann"), ("van der Bruunsel", "Jan"), ("Mac Donvegal", "Ian"), ("Saint-Orvillon", "Eve"),
    )  # fmt: skip
    for number, (family, given) in enumerate(names):
        header = base("MR", draw)
        header.PatientName = f"{family}^{given}"
        plain = "".join(each for each in family if each.isalnum())
        for said in (f"{given} {family}", f"{family}, {given}", f"{plain} {given}".upper(), f"Mrs {family}"):
            put(header, said)
        tokens = (f"{given} {family}", f"{family}, {given}", f"{plain} {given}", f"mrs {family}")
        plants = tuple(Plant("names that are words", said, said, WHOLE) for said in tokens)
        yield Case(f"words-own-{number}", made.stored(header), plants, "MR")
        other = base("MR", draw)
        titled = (f"Dr. {family}", f"seen by {given} {family}", f"Mr {family}", f"{family}^{given}")
        for each in titled:
            put(other, each)
        plants = tuple(Plant("others' names that are words", each, each.casefold(), WHOLE) for each in titled)
        yield Case(f"words-others-{number}", made.stored(other), plants, "MR")


NUMBERS = (
    (0x00200012, "IS"), (0x00281052, "DS"), (0x00280030, "DS"), (0x00180050, "DS"), (0x00181150, "IS"),
    (0x00200011, "IS"), (0x00180088, "DS"), (0x00180091, "IS"), (0x00281050, "DS"), (0x00280008, "IS"),
)  # fmt: skip


def numbers(draw: Draw) -> Iterator[Case]:
    """The patient's number and birth date as numbers, in attributes of numbers that stay."""
    for tag, vr in NUMBERS:
        for what in ("number", "birth date"):
            header = without(base("MR", draw), tag)
            digits = str(header.PatientID)[3:] if what == "number" else str(header.PatientBirthDate)
            header.PatientID = header.PatientID if what == "number" else "A1"
            body = assembled(header, [(tag, raw(tag, vr, digits.encode()))])
            form = TEXT if what == "number" else DATE
            yield case("numbers", f"{what} in {tag:08x} {vr}", body, digits, form, "MR")
    for tag, vr, said, stands in (
        (0x00180050, "DS", "2.5 {}", ""), (0x00200012, "IS", "{}", ""), (0x00181072, "TM", "{}", ""),
        (0x00080030, "TM", "0915 {}", ""), (0x00080020, "DA", "{}", ""), (0x00101010, "AS", "{}", ""),
        (0x00080070, "LO", "SIEMENS\\{}", ""), (0x00280030, "DS", "0.5\\0.5\\{}", ""),
        (0x00080008, "CS", "ORIGINAL\\PRIMARY\\{}", "upper"), (0x00180022, "CS", "\\\\\\{}", "upper"),
        (0x00181030, "LO", "{}", ""), (0x00185100, "CS", "{}", "upper"), (0x00200020, "CS", "L\\{}", "upper"),
        (0x0008002A, "DT", "{}", ""), (0x00181210, "SH", "B31f\\{}", ""), (0x00080201, "SH", "{}", ""),
        (0x00281055, "LO", "WINDOW" + " " * 300 + "{}", ""), (0x00204000, "LT", "x " * 20000 + "{}", ""),
        (0x00281055, "LO", "\\" * 500 + "{}", ""), (0x00281055, "LO", "BONE\t\a\b{}", ""),
    ):  # fmt: skip
        word = draw.word()
        said = said.format(word.upper() if stands else word)
        body = assembled(without(base("MR", draw), tag), [(tag, raw(tag, vr, said.encode()))])
        yield case("values of another form", f"{tag:08x} {vr} {said[:24]!a}", body, word, origin="MR")
    for tag in (0x00080022, 0x00081032, 0x00181200, 0x00404052, 0x00380020):
        first, second = draw.day(), draw.day()
        said = f"{first:%Y%m%d}-{second:%Y%m%d}"
        vr = "DA" if tag != 0x00081032 else "LO"
        body = assembled(without(base("MR", draw), tag), [(tag, raw(tag, vr, said.encode()))])
        plants = tuple(
            Plant("values of another form", f"range in {tag:08x}", f"{d:%Y%m%d}", DATE) for d in (first, second)
        )
        yield Case(f"range-{tag:08x}", body, plants, "MR")


def uids(draw: Draw) -> Iterator[Case]:
    """UIDs that carry a birth date or a number, in attributes that the profile does not list, or in texts."""
    for tag in (0x0020000D, 0x00020003, 0x00089123, 0x00081195, 0x0040A402, 0x00181002, 0x0018100B, 0x00189345):
        header = base("CT", draw)
        uid = f"1.2.826.0.1.{header.PatientBirthDate}.{str(header.PatientID)[3:]}"
        plants = (
            Plant("UIDs that tell", f"{tag:08x}", uid, UID),
            Plant("UIDs that tell", f"{tag:08x} birth date", str(header.PatientBirthDate), DATE),
        )
        if tag == 0x00020003:
            header.SOPInstanceUID = uid
            body = assembled(header, [])
        else:
            body = assembled(without(header, tag), [(tag, raw(tag, "UI", uid.encode()))])
        yield Case(f"uid-{tag:08x}", body, plants, "CT")
    for keyword in ("WindowCenterWidthExplanation", "TextComments", "FilterMaterial"):
        header = base("CT", draw)
        setattr(header, keyword, str(header.StudyInstanceUID))
        yield case("UIDs that tell", f"text in {keyword}", made.stored(header), str(header.StudyInstanceUID), UID)


def escapes(draw: Draw) -> Iterator[Case]:
    """Names cut by escape sequences, and bytes that are not of the character set that is declared."""
    for number, sequence in enumerate((b"\x1b(B", b"\x1b(J", b"\x1b$B\x1b(B", b"\x1b-A", b"\x1b$)C")):
        for declared in (b"ISO_IR 100", b"\\ISO 2022 IR 87", b""):
            word = draw.word()
            said = word[:4].encode() + sequence + word[4:].encode()
            header = without(base("MR", draw), 0x00080005)
            extra = [(0x00281055, raw(0x00281055, "LO", said)), (0x00081030, raw(0x00081030, "LO", said))]
            extra += [(0x00080005, raw(0x00080005, "CS", declared))] if declared else []
            name = f"escape {number} in {declared.decode() or 'none'}"
            yield case("escapes and character sets", name, assembled(header, extra), word, origin="MR")
    for declared, codec in (
        (b"ISO_IR 100", "utf-8"), (b"", "utf-8"), (b"ISO_IR 999", "latin-1"), (b"ISO_IR 192", "latin-1"),
        (b"ISO_IR 100\\ISO 2022 IR 87\\ISO 2022 IR 58\\ISO 2022 IR 149\\x", "latin-1"), (b"ISO_IR 6", "utf-16-le"),
    ):  # fmt: skip
        word = "Ö" + draw.word().lower()
        header = without(base("MR", draw), 0x00080005)
        extra = [(0x00080005, raw(0x00080005, "CS", declared))] if declared else []
        extra += [(tag, raw(tag, "LO", word.encode(codec))) for tag in (0x00281055, 0x00081030)]
        name = f"{codec} in {declared.decode() or 'none'}"
        yield case("escapes and character sets", name, assembled(header, extra), word[1:], origin="MR")
    word = "Иван" + "ский"
    inner = raw(0x00080005, "CS", b"ISO_IR 144") + raw(0x00080104, "LO", word.encode("iso8859-5"))
    body = with_raw(draw, [(0x00082218, raw(0x00082218, "SQ", items(inner)))])
    yield case("escapes and character sets", "a set of its own in an item", body, word)


def persons(draw: Draw) -> Iterator[Case]:
    """Names with too many components and groups, echoed by each part."""
    header = base("MR", draw)
    said = [draw.word() for _ in range(9)]
    header.PatientName = "{}^{}^{}^{}^{}^{}={}^{}={}".format(*said)
    plants = []
    for number, each in enumerate(said[:8]):
        setattr(header, (*LONG, *SHORT)[number], each)
        plants.append(Plant("odd names", f"component {number}", each))
    header.StudyDescription = said[8]
    plants.append(Plant("odd names", "third group", said[8]))
    yield Case("odd-name", made.stored(header), tuple(plants), "MR")
    for form in ("{}", "^{}", "^^{}", "^^^^{}", "=={}", "{}\\{}", " {} ", "{},", "MR {}"):
        header, word = base("MR", draw), draw.word()
        header.add_new(0x00100010, "PN", form.replace("{}", word))
        put(header, word)
        put(header, word.upper())
        yield case("odd names", form, made.stored(header), word, origin="MR")


def cases(seed: int) -> Iterator[Case]:
    draw = Draw(seed + 7000)
    for kind in (coded, parts, words, numbers, uids, escapes, persons):
        yield from kind(draw)
