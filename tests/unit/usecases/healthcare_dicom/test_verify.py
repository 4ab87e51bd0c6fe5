from __future__ import annotations

import pytest

from fsxap.usecases.healthcare_dicom.encode import write
from fsxap.usecases.healthcare_dicom.identity import identity_of
from fsxap.usecases.healthcare_dicom.parse import EXPLICIT, Element, File
from fsxap.usecases.healthcare_dicom.verify import leaks, wanting
from tests.unit.usecases.healthcare_dicom.made import BORN, CT, ROOT, chosen, dataset, given_back, parsed, stored

IDENTITY = identity_of(parsed(stored(dataset())).elements, chosen(), chosen().tables.vocabulary)


def output(*elements: Element) -> File:
    """A clean output with something put into it."""
    clean = parsed(given_back(stored(dataset()))[1])
    kept = {each.tag: each for each in clean.elements} | {each.tag: each for each in elements}
    instance = next(each.value for each in clean.elements if each.tag == 0x00080018).rstrip(b"\0").decode()
    return parsed(write([kept[tag] for tag in sorted(kept)], syntax=EXPLICIT, sop_class=CT, sop_instance=instance))


def test_a_clean_output_is_clean() -> None:
    assert list(leaks(output(), IDENTITY, chosen())) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("vr", ["LO", "OB", "OW", "UN", "UT"])
def test_a_name_is_found_in_any_element_and_encoding(vr: str, encoding: str) -> None:
    found = list(leaks(output(Element(0x00283006, vr, "of QUARRINGTON!".encode(encoding))), IDENTITY, chosen()))
    assert found == ["a name, number or description of the header"]


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (Element(0x00081090, "LO", f"x{ROOT}.3".encode()), "a UID"),
        (Element(0x00081090, "LO", BORN.encode()), "a date"),
        (Element(0x00091001, "LO", b"vendor"), "a private element"),
        (Element(0x00180FF1, "LO", b"vendor"), "an element that the standard does not know"),
        (Element(0x00080018, "UI", b"1.2.3"), "its class or instance is not what its file meta says"),
    ],
)
def test_every_kind_of_leak_is_named(element: Element, kind: str) -> None:
    assert kind in list(leaks(output(element), IDENTITY, chosen()))


def test_names_of_leaks_do_not_leak() -> None:
    found = list(leaks(output(Element(0x00081090, "LO", b"Quarrington 19510327")), IDENTITY, chosen()))
    assert found
    assert "uarrington" not in "".join(found)
    assert BORN not in "".join(found)


def test_letters_inside_longer_words_stand_by_chance() -> None:
    assert list(leaks(output(Element(0x00081090, "LO", b"xquarringtonx")), IDENTITY, chosen())) == []


def test_what_the_iod_requires_and_the_input_had_is_still_there() -> None:
    before = parsed(stored(dataset())).elements
    assert list(wanting(before, output(), chosen())) == []
    assert list(wanting(before, output(Element(0x0020000D, "UI", b"")), chosen())) == ["less than its IOD requires"]
    whole = output()
    named = whole._replace(elements=tuple(each for each in whole.elements if each.tag != 0x00100010))
    assert list(wanting(before, named, chosen())) == ["less than its IOD requires"]
    assert list(wanting((), named, chosen())) == []
