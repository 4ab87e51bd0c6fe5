from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from fsxap.errors import ItemError
from fsxap.usecases.healthcare_dicom import profile
from fsxap.usecases.healthcare_dicom.classify import FIELDS, classify
from fsxap.usecases.healthcare_dicom.encode import write
from fsxap.usecases.healthcare_dicom.parse import BIG, EXPLICIT, IMPLICIT, PIXELS, Elements, Malformed, read
from fsxap.usecases.healthcare_dicom.release import release
from tests.unit.usecases.healthcare_dicom.made import CT, KEY, MRN, chosen, dataset, parsed, sequence, stored

DICTIONARY = profile.tables().dictionary
PUBLIC = sorted((Path(__file__).resolve().parents[5] / "shared" / "data" / "dicom" / "files").glob("*"))
WHOLE = stored(dataset(AnatomicRegionSequence=sequence(CodeValue="1", CodeMeaning="chest")))


def test_elements_come_as_they_are_stored() -> None:
    file = parsed(WHOLE)
    found = {each.tag: each for each in file.elements}
    assert found[0x00100020].value.strip() == MRN.encode()
    assert found[0x00082218].items is not None
    assert found[0x00082218].items[0][0].value.strip() == b"1"
    assert (file.syntax, file.preamble, file.trailing) == (EXPLICIT, True, 0)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
def test_what_is_written_reads_the_same(syntax: str) -> None:
    elements = parsed(WHOLE).elements
    again = parsed(write(elements, syntax=syntax, sop_class=CT, sop_instance="1.2"))
    assert again.syntax == syntax
    assert [(each.tag, each.value) for each in again.elements if each.items is None] == [
        (each.tag, each.value) for each in elements if each.items is None
    ]


@pytest.mark.parametrize(("syntax", "name"), [(ImplicitVRLittleEndian, IMPLICIT), (ExplicitVRBigEndian, BIG)])
def test_a_data_set_alone_is_recognised(syntax: str, name: str) -> None:
    original = dataset()
    original.file_meta.TransferSyntaxUID = syntax
    original["PixelData"].VR = "OW"
    body = stored(original)
    start = body.index(b"\x08\x00\x05\x00" if name == IMPLICIT else b"\x00\x08\x00\x05CS")
    assert parsed(body[start:]).syntax == name
    assert len(parsed(body[start:]).elements) == len(parsed(body).elements)


def test_bytes_behind_the_data_set_are_counted_and_left_out() -> None:
    file = parsed(WHOLE + b"Quarrington was here")
    assert file.trailing == 20
    assert file.elements == parsed(WHOLE).elements


@given(st.integers(133, len(WHOLE) - 1))
def test_a_cut_file_is_refused_or_read_as_far_as_it_goes(length: int) -> None:
    try:
        file = parsed(WHOLE[:length])
    except Malformed:
        return
    assert file.elements == parsed(WHOLE).elements[: len(file.elements)]


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=6))
def test_damage_never_crashes_and_never_lets_the_name_out(at: int, noise: bytes) -> None:
    body = WHOLE[:at] + noise + WHOLE[at + len(noise) :]
    try:
        made = release(parsed(body), body, chosen(), KEY)
    except ItemError as error:
        assert "uarrington" not in error.message
        return
    assert b"Quarrington^Zebulon" not in made.body


def explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr, 0, len(value)) + value


@pytest.mark.parametrize("depth", [40, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    body = b""
    for _ in range(depth):
        body = explicit(0x00082218, b"SQ", struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body)
    with pytest.raises(Malformed):
        read(body, DICTIONARY)


def test_a_deflated_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from fsxap.usecases.healthcare_dicom import parse

    monkeypatch.setattr(parse, "INFLATED", 1 << 20)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(1 << 24)) + deflater.flush()
    head = WHOLE[: WHOLE.index(b"\x08\x00\x05\x00CS")].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    head = head.replace(b"UI\x14\x001.2.840.10008.1.2.1.99", b"UI\x16\x001.2.840.10008.1.2.1.99")
    with pytest.raises(Malformed, match="GiB"):
        read(head + bomb, DICTIONARY)


def before_pixels(data: bytes) -> Elements:
    return tuple(each for each in read(data, DICTIONARY).elements if each.tag < PIXELS)


def encodings() -> list[bytes]:
    elements = parsed(WHOLE).elements
    return [write(elements, syntax=syntax, sop_class=CT, sop_instance="1.2") for syntax in (EXPLICIT, IMPLICIT, BIG)]


@given(st.sampled_from(encodings()), st.data())
def test_a_header_is_enough_to_see_what_comes_before_the_pixels(data: bytes, draw: st.DataObject) -> None:
    elements = before_pixels(data)
    wanted = draw.draw(st.frozensets(st.sampled_from([each.tag for each in elements])))
    found = read(data[:-100], DICTIONARY, header=wanted).elements
    assert found == tuple(each for each in elements if each.tag in wanted or each is elements[-1])


@given(st.sampled_from(encodings()), st.data())
def test_a_header_that_is_cut_has_what_stands_before_the_cut(data: bytes, draw: st.DataObject) -> None:
    elements = before_pixels(data)
    cut = draw.draw(st.integers(600, len(data)))
    found = read(data[:cut], DICTIONARY, header={each.tag for each in elements}).elements
    assert found == elements[: len(found)]
    # All but the element that the cut goes through, and what follows it.
    assert cut < len(data) or found == elements


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_a_file_is_of_the_class_that_its_header_says(path: Path) -> None:
    data = path.read_bytes()
    try:
        whole = read(data, DICTIONARY)
    except Malformed:
        pytest.skip("it cannot be read as a whole")
    assert classify(read(data, DICTIONARY, header=FIELDS)) == classify(whole)
