"""What a researcher needs of released files: intervals, ages, structure and geometry."""

from __future__ import annotations

from datetime import datetime

import pydicom
import pytest

from fsxap.usecases.healthcare_dicom.classify import classify
from fsxap.usecases.healthcare_dicom.profile import CLEAN, RETAIN, choose
from tests.unit.usecases.healthcare_dicom.made import KEY, ROOT, dataset, given_back, item, parsed, sequence, stored

LONGITUDINAL = ("modified-dates", "patient")


def day(text: str) -> datetime:
    return datetime.strptime(str(text)[:8], "%Y%m%d")


def visit(date: str, number: int, **changes: object) -> pydicom.Dataset:
    return given_back(
        stored(
            dataset(
                StudyDate=date,
                ContentDate=date,
                AcquisitionDateTime=f"{date}101112.5",
                StudyInstanceUID=f"{ROOT}.1.{number}",
                SeriesInstanceUID=f"{ROOT}.2.{number}",
                SOPInstanceUID=f"{ROOT}.3.{number}",
                PatientWeight="71.5",
                PatientSize="1.74",
                **changes,
            )
        ),
        *LONGITUDINAL,
    )[0]


def test_intervals_and_weekdays_stay_and_dates_do_not() -> None:
    first, later = visit("20230105", 1), visit("20240611", 2)
    assert day(later.StudyDate) - day(first.StudyDate) == day("20240611") - day("20230105")
    assert day(first.StudyDate).weekday() == day("20230105").weekday()
    assert first.StudyDate != "20230105"
    assert day(first.AcquisitionDateTime) == day(first.ContentDate) == day(first.StudyDate)
    assert str(first.AcquisitionDateTime).endswith("101112.5")
    assert first.StudyTime == "091500"


def test_what_describes_the_patient_and_the_picture_stays() -> None:
    made, original = visit("20240611", 1), dataset()
    assert (made.PatientSex, made.PatientAge, made.PatientWeight, made.PatientSize) == ("M", "073Y", 71.5, 1.74)
    for keyword in (
        "ImagePositionPatient",
        "SliceThickness",
        "Rows",
        "Columns",
        "PixelData",
        "BodyPartExamined",
        "KVP",
    ):
        assert made[keyword].value == original[keyword].value, keyword


def test_a_study_stays_one_study_and_references_resolve() -> None:
    reference = sequence(ReferencedSOPClassUID=pydicom.uid.CTImageStorage, ReferencedSOPInstanceUID=f"{ROOT}.3.1")
    first, second = visit("20240611", 1), visit("20240611", 2, SourceImageSequence=reference)
    assert first.PatientID == second.PatientID
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID
    assert second.SourceImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID == KEY.uid(f"{ROOT}.3.1")
    assert first.StudyInstanceUID != second.StudyInstanceUID


@pytest.mark.parametrize(
    ("option", "keyword", "value", "code"),
    [
        ("uids", "SeriesInstanceUID", f"{ROOT}.2", "113110"),
        ("device", "DeviceSerialNumber", "77120", "113109"),
        ("institution", "InstitutionName", "Ostrava General Hospital", "113112"),
        ("patient", "PatientAge", "073Y", "113108"),
        ("full-dates", "StudyDate", "20240611", "113106"),
        ("modified-dates", "StudyTime", "091500", "113107"),
        ("safe-private", "Modality", "CT", "113111"),
        ("descriptors", "ProtocolName", "Thorax routine", "113105"),
        ("structured", "Modality", "CT", "113104"),
        ("graphics", "Modality", "CT", "113103"),
    ],
)
def test_an_option_keeps_what_it_is_named_after_and_says_so(option: str, keyword: str, value: str, code: str) -> None:
    original = stored(dataset(DeviceSerialNumber="77120", ProtocolName="Thorax routine"))
    made, _ = given_back(original, option)
    without, _ = given_back(original)
    assert made[keyword].value == value
    if keyword != "Modality":
        assert without.get(keyword) != value
    assert code in [each.CodeValue for each in made.DeidentificationMethodCodeSequence]
    assert option in made.DeidentificationMethod


def test_every_option_is_accepted_and_its_opposite_is_not() -> None:
    asked = choose("basic", tuple(each for each in RETAIN if each != "full-dates"), CLEAN)
    assert asked == {*RETAIN, *CLEAN} - {"full-dates"}
    assert given_back(stored(dataset()), *(asked - {"pixels"}))[0].PatientIdentityRemoved == "YES"
    for wrong in (("full-dates", "modified-dates"), ("names",)):
        with pytest.raises(ValueError, match=r"exclude|unknown"):
            choose("basic", wrong, ())


@pytest.mark.parametrize(
    "said",
    [
        "JPEG 2000 irreversible (lossy)",
        "Arterio-venous Malformation",
        "Non-ossifying fibroma of distal tibia",
        "Barretts Esophagus",
        "MRT oberes Abdomen",
        "e+1 KNEE-RT.",
        "R/O subdural hematoma s/p fall",
    ],
)
def test_a_description_without_a_name_stays_as_it_is(said: str) -> None:
    assert given_back(stored(dataset(StudyDescription=said)), "descriptors")[0].StudyDescription == said


def test_a_zone_is_no_telephone_number() -> None:
    for zone in ("+0000", "-0400", "+1400"):
        made, _ = given_back(stored(dataset(TimezoneOffsetFromUTC=zone)), "modified-dates")
        assert made.TimezoneOffsetFromUTC == zone


@pytest.mark.parametrize("options", [("modified-dates",), ("full-dates",)])
def test_words_are_no_times(options: tuple[str, ...]) -> None:
    body = stored(dataset()).replace(b"TM\x06\x00091500", b"TM\x06\x00Weberl")
    assert body.count(b"Weberl") == 2
    assert b"Weberl" not in given_back(body, *options)[1]


def test_descriptions_keep_their_clinical_words() -> None:
    made, _ = given_back(
        stored(
            dataset(StudyDescription="CT CHEST W CONTRAST for Klaus Weberling", SeriesDescription="Thorax^LUNG 1.25")
        ),
        "descriptors",
    )
    assert made.StudyDescription == "CT CHEST W CONTRAST for"
    assert made.SeriesDescription == "Thorax^LUNG 1.25"


def test_what_stands_behind_a_nul_of_a_clean_description_goes() -> None:
    made, body = given_back(stored(dataset(StudyDescription="CT CHEST\0Weberling")), "descriptors")
    assert made.StudyDescription == "CT CHEST"
    assert b"Weberling" not in body


def test_a_required_description_that_loses_all_its_words_is_a_dummy() -> None:
    structures = "1.2.840.10008.5.1.4.1.1.481.3"
    changes = {"Rows": None, "PixelData": None, "BitsAllocated": None, "Modality": "RTSTRUCT"}
    original = dataset(SOPClassUID=structures, StructureSetLabel="Weberling", SeriesDescription="Weberling", **changes)
    made, _ = given_back(stored(original), "descriptors")
    assert made.StructureSetLabel == "REMOVED"
    assert made.SeriesDescription == ""


def test_codes_in_a_sequence_of_an_option_keep_their_meaning() -> None:
    coded = item(CodeValue="39607008", CodingSchemeDesignator="SCT", CodeMeaning="Lung structure")
    made, _ = given_back(stored(dataset(AnatomicRegionSequence=[coded])))
    assert made.AnatomicRegionSequence[0].CodeMeaning == "Lung structure"


@pytest.mark.parametrize(
    ("sop_class", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.104.1", "document"),
        ("1.2.840.10008.5.1.4.1.1.104.2", "document"),
        ("1.2.840.10008.5.1.4.1.1.104.3", "document"),
        ("1.2.840.10008.5.1.4.1.1.104.4", "document"),
        ("1.2.840.10008.5.1.4.1.1.104.5", "document"),
        ("1.2.840.10008.1.3.10", "directory"),
        ("1.2.840.10008.5.1.4.1.1.66", "raw-data"),
        ("1.2.826.0.1.9.9", "private"),
    ],
)
def test_what_cannot_be_cleaned_is_refused_with_a_reason(sop_class: str, kind: str) -> None:
    about = classify(parsed(stored(dataset(SOPClassUID=sop_class, Rows=None, PixelData=None, BitsAllocated=None))))
    assert about.kind == kind
    assert about.refused
