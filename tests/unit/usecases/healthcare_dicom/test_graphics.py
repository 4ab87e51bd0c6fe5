from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pydicom
import pytest

from fsxap.errors import ItemError
from fsxap.ports import TextLine
from fsxap.usecases.healthcare_dicom.graphics import overlay_planes, with_planes, wordless_planes
from fsxap.usecases.healthcare_dicom.release import release
from tests.unit.usecases.healthcare_dicom.made import KEY, NAME, chosen, dataset, item, parsed, said, sequence, stored

numpy = pytest.importorskip("numpy")


class Finder:
    """Sees text wherever a picture is mostly white."""

    engine = "made up"

    def find(self, picture: Any, *, read: bool = True) -> Sequence[TextLine]:
        assert not read or picture.any()
        return [TextLine(((0, 0), (1, 0), (1, 1), (0, 1)), "", 1.0)] if picture.mean() > 128 else []


def overlay(made: pydicom.Dataset, group: int, bits: bytes, **texts: str) -> pydicom.Dataset:
    for element, vr, value in (
        (0x0010, "US", 4),
        (0x0011, "US", 4),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x1500, "LO", texts.get("label", "Lesion")),
        (0x3000, "OW", bits),
        (0x4000, "LT", "seen by Dr. Fennimore"),
    ):
        made.add_new(group << 16 | element, vr, value)
    return made


def test_planes_come_packed_and_go_back_in() -> None:
    file = parsed(stored(overlay(dataset(), 0x6002, b"\x01\x80")))
    (plane,) = overlay_planes(file.elements)
    assert (plane.group, plane.rows, plane.columns, plane.frames, plane.bits) == (0x6002, 4, 4, 1, b"\x01\x80")
    assert with_planes(file.elements, [plane]) == file.elements
    assert not any(0x6000 <= each.tag >> 16 < 0x6100 for each in with_planes(file.elements, []))


def test_a_plane_that_is_too_short_is_refused() -> None:
    file = parsed(stored(overlay(dataset(), 0x6000, b"")))
    with pytest.raises(ItemError, match="overlay"):
        overlay_planes(file.elements)


def test_planes_with_text_do_not_stay() -> None:
    made = overlay(overlay(dataset(), 0x6000, b"\xff\xff"), 0x6002, b"\x01\x80")
    assert [plane.group for plane in wordless_planes(overlay_planes(parsed(stored(made)).elements), Finder())] == [
        0x6002
    ]


def cleaned(made: pydicom.Dataset, *options: str, finder: Finder | None = None) -> tuple[pydicom.Dataset, str]:
    body = stored(made)
    out = release(parsed(body), body, chosen(*options), KEY, (lambda: finder) if finder else None).body
    return pydicom.dcmread(io.BytesIO(out)), said(out)


GSPS = "1.2.840.10008.5.1.4.1.1.11.1"


def presentation(**changes: Any) -> pydicom.Dataset:
    made = dataset(
        SOPClassUID=GSPS, Modality="PR", PixelData=None, Rows=None, Columns=None, BitsAllocated=None, **changes
    )
    made.file_meta.MediaStorageSOPClassUID = pydicom.uid.UID(GSPS)
    text = item(UnformattedTextValue="lesion, seen by Dr. Fennimore on 2024-06-11", AnchorPointVisibility="Y")
    line = item(GraphicType="POLYLINE", GraphicData=[1.0, 2.0, 3.0, 4.0], NumberOfGraphicPoints=2)
    made.GraphicAnnotationSequence = [
        item(GraphicLayer="MARKS", TextObjectSequence=[text], GraphicObjectSequence=[line])
    ]
    return made


def test_annotations_stay_with_their_texts_cleaned() -> None:
    made, everything = cleaned(presentation(), "graphics")
    annotation = made.GraphicAnnotationSequence[0]
    assert annotation.TextObjectSequence[0].UnformattedTextValue.startswith("lesion, seen by")
    assert annotation.GraphicObjectSequence[0].GraphicData == [1.0, 2.0, 3.0, 4.0]
    assert "fennimore" not in everything
    assert "2024-06-11" not in everything
    assert "113103" in [code.CodeValue for code in made.DeidentificationMethodCodeSequence]


def test_without_the_option_their_texts_are_dummies() -> None:
    made, everything = cleaned(presentation())
    assert made.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue == "REMOVED"
    assert "lesion" not in everything


def test_a_layer_that_names_somebody_is_renamed() -> None:
    original = presentation()
    original.GraphicAnnotationSequence[0].GraphicLayer = "QUARRINGTON"
    assert "quarrington" not in cleaned(original, "graphics")[1]


CURVE = ((0x0005, "US", 2), (0x0010, "US", 2), (0x0020, "CS", "POLY"), (0x0103, "US", 0), (0x2500, "LO", "Outline"))


def test_curves_stay_only_with_the_option_and_as_numbers() -> None:
    original = dataset()
    for element, vr, value in (*CURVE, (0x3000, "OW", b"\1\0\2\0\3\0\4\0"), (0x200C, "OW", b"sound of a voice")):
        original.add_new(0x50000000 | element, vr, value)
    made, _ = cleaned(original, "graphics")
    assert made[0x50003000].value == b"\1\0\2\0\3\0\4\0"
    assert 0x5000200C not in made
    assert 0x50003000 not in cleaned(original)[0]
    original[0x50003000].value = b"Fennimore Adalbert "
    assert "fennimore" not in cleaned(original, "graphics")[1]


def test_overlays_stay_only_where_somebody_looked_at_them() -> None:
    original = overlay(presentation(), 0x6000, b"\x01\x80")
    made, everything = cleaned(original, "graphics", finder=Finder())
    assert made[0x60003000].value == b"\x01\x80"
    assert "fennimore" not in everything
    for options, finder in ((("graphics",), None), ((), Finder())):
        made, _ = cleaned(original, *options, finder=finder)
        assert not any(0x6000 <= each.tag.group < 0x6100 for each in made)
    named = overlay(presentation(), 0x6000, b"\x01\x80", label=NAME)
    assert "quarrington" not in cleaned(named, "graphics", finder=Finder())[1]


REPORT = "1.2.840.10008.5.1.4.1.1.88.11"


def content(kind: str, **value: Any) -> pydicom.Dataset:
    name = sequence(CodeValue="121071", CodingSchemeDesignator="DCM", CodeMeaning="Finding")
    return item(RelationshipType="CONTAINS", ValueType=kind, ConceptNameCodeSequence=name, **value)


def report() -> pydicom.Dataset:
    made = dataset(SOPClassUID=REPORT, Modality="SR", PixelData=None, Rows=None, Columns=None, BitsAllocated=None)
    made.file_meta.MediaStorageSOPClassUID = pydicom.uid.UID(REPORT)
    unit = sequence(CodeValue="mm", CodingSchemeDesignator="UCUM", CodeMeaning="millimeter")
    made.ValueType = "CONTAINER"
    made.ContentSequence = [
        content("TEXT", TextValue="Nodule in the left lung. Discussed with Dr. Fennimore and Klaus Weberling."),
        content("TEXT", TextValue="Quarrington"),
        content("PNAME", PersonName=NAME),
        content("PNAME", PersonName="Fennimore^Ada"),
        content("DATE", Date="20240611"),
        content("UIDREF", UID="1.2.826.0.1.3680043.9.7777.3"),
        content("NUM", MeasuredValueSequence=sequence(NumericValue="12.5", MeasurementUnitsCodeSequence=unit)),
        content(
            "CODE",
            ConceptCodeSequence=sequence(CodeValue="39607008", CodingSchemeDesignator="SCT", CodeMeaning="Lung"),
        ),
    ]
    return made


def test_a_report_keeps_codes_and_numbers_and_loses_persons() -> None:
    made, everything = cleaned(report(), "structured", "modified-dates")
    tree = made.ContentSequence
    assert [each.ValueType for each in tree] == [each.ValueType for each in report().ContentSequence]
    assert tree[0].TextValue.startswith("Nodule in the left lung.")
    assert tree[1].TextValue == "REMOVED"
    assert str(tree[2].PersonName) != str(tree[3].PersonName) != ""
    assert len(tree[4].Date) == 8
    assert tree[4].Date != "20240611"
    assert tree[5].UID == KEY.uid("1.2.826.0.1.3680043.9.7777.3") == made.SOPInstanceUID
    assert tree[6].MeasuredValueSequence[0].NumericValue == 12.5
    assert tree[6].MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert tree[7].ConceptCodeSequence[0].CodeMeaning == "Lung"
    for plant in ("quarrington", "fennimore", "weberling", "klaus", "20240611"):
        assert plant not in everything, plant


def test_without_the_option_a_report_says_nothing() -> None:
    made, _ = cleaned(report())
    assert made.ContentSequence[0].TextValue == "REMOVED"
