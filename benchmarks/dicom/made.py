"""Owns the files that are made: data sets of many IODs of an invented patient, written with pydicom alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from benchmarks.dicom.draw import Draw

ROWS, COLUMNS = 32, 48
STORAGE = "1.2.840.10008.5.1.4.1.1."


@dataclass(frozen=True, slots=True)
class Iod:
    """An object definition: its class, what its modality is called, and what it has beside the common attributes."""

    name: str
    sop_class: str
    modality: str
    rest: Callable[[Dataset, Draw], None]
    text: bool = False
    """Whether the defaults are right to hold it back: it may carry text where nobody can look, or is a document."""


def item(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def sequence(*items: Dataset) -> Sequence:
    return Sequence(items)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def put(made: Dataset, **values: Any) -> None:
    for keyword, value in values.items():
        setattr(made, keyword, value)


def _gradient(frames: int, dtype: str, top: int) -> bytes:
    """A picture without anything that looks like text."""
    row = np.linspace(0, top, COLUMNS).astype(dtype)
    return np.broadcast_to(row, (frames, ROWS, COLUMNS)).tobytes()


def picture(made: Dataset, _draw: Draw, *, bits: int = 12, frames: int = 1, signed: int = 0) -> None:
    wide = 16 if bits > 8 else 8
    put(
        made,
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        Rows=ROWS,
        Columns=COLUMNS,
        BitsAllocated=wide,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=signed,
    )
    if frames > 1:
        made.NumberOfFrames = frames
    made.add_new(0x7FE00010, "OW" if wide == 16 else "OB", _gradient(frames, f"u{wide // 8}", 2 ** min(bits, 11) - 1))


def colour(made: Dataset, draw: Draw) -> None:
    picture(made, draw, bits=8)
    put(made, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    made.add_new(0x7FE00010, "OB", bytes(ROWS * COLUMNS * 3))


def sliced(made: Dataset, draw: Draw) -> None:
    picture(made, draw)
    put(
        made,
        FrameOfReferenceUID=draw.uid(),
        PositionReferenceIndicator="",
        ImagePositionPatient=["-120.5", "-98.25", "41"],
        ImageOrientationPatient=["1", "0", "0", "0", "1", "0"],
        PixelSpacing=["0.75", "0.75"],
        SliceThickness="2.5",
        RescaleIntercept="-1024",
        RescaleSlope="1",
        KVP="120",
        WindowCenter="40",
        WindowWidth="400",
    )


def resonance(made: Dataset, draw: Draw) -> None:
    sliced(made, draw)
    for keyword in ("RescaleIntercept", "RescaleSlope", "KVP"):
        delattr(made, keyword)
    put(made, ScanningSequence="SE", SequenceVariant="NONE", ScanOptions="", MRAcquisitionType="2D", EchoTime="12")
    put(made, RepetitionTime="500", EchoTrainLength="1", MagneticFieldStrength="1.5")


def enhanced(made: Dataset, draw: Draw) -> None:
    picture(made, draw, frames=3)
    made.FrameOfReferenceUID = draw.uid()
    place = item(PlanePositionSequence=sequence(item(ImagePositionPatient=["0", "0", "1"])))
    place.FrameContentSequence = sequence(item(FrameAcquisitionDateTime="20240611091533.25", StackID="1"))
    made.PerFrameFunctionalGroupsSequence = sequence(place, place, place)
    measures = item(PixelMeasuresSequence=sequence(item(PixelSpacing=["0.5", "0.5"], SliceThickness="1")))
    made.SharedFunctionalGroupsSequence = sequence(measures)
    made.AcquisitionDateTime = "20240611091533.25"
    made.DimensionOrganizationSequence = sequence(item(DimensionOrganizationUID=draw.uid()))


def emission(made: Dataset, draw: Draw) -> None:
    sliced(made, draw)
    drug = item(RadiopharmaceuticalStartTime="081500", RadionuclideTotalDose="370000000", RadionuclideHalfLife="6586")
    made.RadiopharmaceuticalInformationSequence = sequence(drug)
    put(made, Units="BQML", SeriesType=["STATIC", "IMAGE"], DecayCorrection="START", NumberOfSlices=1, ImageIndex=1)


def breast(made: Dataset, draw: Draw) -> None:
    picture(made, draw)
    put(made, PresentationIntentType="FOR PROCESSING", ImageLaterality="L", BodyPartExamined="BREAST", KVP="28")
    made.ViewCodeSequence = sequence(code("R-10226", "SRT", "medio-lateral oblique"))


def projection(made: Dataset, draw: Draw) -> None:
    picture(made, draw)
    put(made, ViewPosition="PA", PixelSpacing=["0.2", "0.2"], BurnedInAnnotation="NO")


def cine(made: Dataset, draw: Draw) -> None:
    picture(made, draw, bits=8, frames=4)
    put(made, FrameTime="33.3", FrameIncrementPointer=0x00181063)


def report(made: Dataset, _draw: Draw) -> None:
    text = item(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="No acute finding.")
    text.ConceptNameCodeSequence = sequence(code("121071", "DCM", "Finding"))
    who = item(RelationshipType="HAS OBS CONTEXT", ValueType="PNAME", PersonName=str(made.ReferringPhysicianName))
    who.ConceptNameCodeSequence = sequence(code("121008", "DCM", "Person Observer Name"))
    when = item(RelationshipType="CONTAINS", ValueType="DATETIME", DateTime="20240611091500")
    when.ConceptNameCodeSequence = sequence(code("121125", "DCM", "DateTime of Measurement"))
    put(made, ValueType="CONTAINER", ContinuityOfContent="SEPARATE", CompletionFlag="COMPLETE")
    put(made, VerificationFlag="UNVERIFIED", ContentSequence=sequence(text, who, when))
    made.ConceptNameCodeSequence = sequence(code("126000", "DCM", "Imaging Measurement Report"))
    made.ReferencedPerformedProcedureStepSequence = Sequence()
    made.PerformedProcedureCodeSequence = Sequence()


def presentation(made: Dataset, draw: Draw) -> None:
    image = item(ReferencedSOPClassUID=STORAGE + "2", ReferencedSOPInstanceUID=draw.uid())
    series = item(SeriesInstanceUID=draw.uid(), ReferencedImageSequence=sequence(image))
    text = item(UnformattedTextValue=f"seen by {draw.word()}", AnchorPointVisibility="N")
    text.update(item(BoundingBoxAnnotationUnits="PIXEL", BoundingBoxTopLeftHandCorner=[1.0, 1.0]))
    text.BoundingBoxBottomRightHandCorner = [9.0, 9.0]
    layer = item(GraphicLayer="LAYER1", TextObjectSequence=sequence(text))
    put(made, ReferencedSeriesSequence=sequence(series), GraphicAnnotationSequence=sequence(layer))
    made.GraphicLayerSequence = sequence(item(GraphicLayer="LAYER1", GraphicLayerOrder=1))
    put(made, ContentLabel="FINDINGS", ContentDescription="", PresentationCreationDate="20240612")
    put(made, PresentationCreationTime="101500", ContentCreatorName=draw.name(), PresentationLUTShape="IDENTITY")


def structures(made: Dataset, draw: Draw) -> None:
    put(made, StructureSetLabel="PLAN", StructureSetDate="20240611", StructureSetTime="0915")
    roi = item(ROINumber=1, ReferencedFrameOfReferenceUID=draw.uid(), ROIName="Heart", ROIGenerationAlgorithm="")
    contour = item(ContourGeometricType="POINT", NumberOfContourPoints=1, ContourData=["1", "2", "3"])
    made.StructureSetROISequence = sequence(roi)
    made.ROIContourSequence = sequence(item(ReferencedROINumber=1, ContourSequence=sequence(contour)))
    observed = item(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="ORGAN", ROIInterpreter="")
    made.RTROIObservationsSequence = sequence(observed)


def segments(made: Dataset, draw: Draw) -> None:
    picture(made, draw, bits=8, frames=2)
    put(made, ImageType=["DERIVED", "PRIMARY"], SegmentationType="FRACTIONAL", MaximumFractionalValue=255)
    put(made, SegmentationFractionalType="PROBABILITY", ContentLabel="SEG", ContentCreatorName=draw.name())
    segment = item(SegmentNumber=1, SegmentLabel="Liver", SegmentAlgorithmType="MANUAL")
    segment.SegmentedPropertyTypeCodeSequence = sequence(code("10200004", "SCT", "Liver"))
    put(made, SegmentSequence=sequence(segment), FrameOfReferenceUID=draw.uid())


def electrocardiogram(made: Dataset, _draw: Draw) -> None:
    wave = item(WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=1, NumberOfWaveformSamples=64)
    wave.update(item(SamplingFrequency="500", WaveformBitsAllocated=16, WaveformSampleInterpretation="SS"))
    channel = item(ChannelSourceSequence=sequence(code("5.6.3-9-1", "SCPECG", "Lead I")), WaveformBitsStored=16)
    wave.ChannelDefinitionSequence = sequence(channel)
    wave.add_new(0x54001010, "OW", np.arange(64, dtype="<i2").tobytes())
    put(made, WaveformSequence=sequence(wave), AcquisitionDateTime="20240611091500", AcquisitionContextSequence=[])


def document(kind: str) -> Callable[[Dataset, Draw], None]:
    def rest(made: Dataset, draw: Draw) -> None:
        said = f"report on {draw.word()}"
        body = said.encode() if kind != "application/pdf" else b"%PDF-1.4\n% " + said.encode() + b"\n%%EOF\n"
        put(made, MIMETypeOfEncapsulatedDocument=kind, DocumentTitle="Report", BurnedInAnnotation="YES")
        made.add_new(0x00420011, "OB", body + b"\0" * (len(body) % 2))
        made.ConceptNameCodeSequence = Sequence()

    return rest


def private(made: Dataset, _draw: Draw) -> None:
    block = made.private_block(0x0009, "ACME RAW 1.0", create=True)
    block.add_new(0x01, "OB", b"\x01\x02")


IODS = (
    Iod("CT", STORAGE + "2", "CT", sliced),
    Iod("MR", STORAGE + "4", "MR", resonance),
    Iod("enhanced CT", STORAGE + "2.1", "CT", enhanced),
    Iod("enhanced MR", STORAGE + "4.1", "MR", enhanced),
    Iod("PET", STORAGE + "128", "PT", emission),
    Iod("MG", STORAGE + "1.2.1", "MG", breast),
    Iod("CR", STORAGE + "1", "CR", projection),
    Iod("DX", STORAGE + "1.1", "DX", projection),
    Iod("SEG", STORAGE + "66.4", "SEG", segments),
    Iod("RTSTRUCT", STORAGE + "481.3", "RTSTRUCT", structures),
    Iod("ECG", STORAGE + "9.1.1", "ECG", electrocardiogram),
    Iod("GSPS", STORAGE + "11.1", "PR", presentation, text=True),
    Iod("SR", STORAGE + "88.22", "SR", report, text=True),
    Iod("US multi-frame", STORAGE + "3.1", "US", cine, text=True),
    Iod("XA", STORAGE + "12.1", "XA", cine, text=True),
    Iod("SC", STORAGE + "7", "OT", colour, text=True),
    Iod("OPT", STORAGE + "77.1.5.4", "OPT", cine, text=True),
    Iod("VL photo", STORAGE + "77.1.4", "XC", colour, text=True),
    Iod("PDF", STORAGE + "104.1", "DOC", document("application/pdf"), text=True),
    Iod("CDA", STORAGE + "104.2", "DOC", document("text/XML"), text=True),
    Iod("private", "1.2.826.0.1.3680043.9.7777.99.1", "OT", private, text=True),
)
BY_NAME = {each.name: each for each in IODS}
PLAIN = tuple(each for each in IODS if not each.text)


def common(iod: Iod, draw: Draw) -> Dataset:
    """Who, when, where: the attributes of the patient, study, series and equipment modules."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    put(made, SpecificCharacterSet="ISO_IR 192", SOPClassUID=iod.sop_class, SOPInstanceUID=draw.uid())
    put(made, StudyDate="20240611", SeriesDate="20240611", ContentDate="20240611", StudyTime="091500")
    put(made, ContentTime="091533.25", AccessionNumber=draw.digits(9), Modality=iod.modality, Manufacturer="SIEMENS")
    put(made, InstitutionName=f"{draw.word()} Clinic", ReferringPhysicianName=draw.name(), StudyDescription="THORAX")
    put(made, SeriesDescription="LUNG 2.5", ManufacturerModelName="Somatom", PatientName=draw.name())
    put(made, PatientID=draw.word()[:3].upper() + draw.digits(8), PatientBirthDate=draw.date(), PatientSex="F")
    put(made, PatientAge="061Y", PatientWeight="71.5", PatientSize="1.68", DeviceSerialNumber=draw.digits(7))
    put(made, SoftwareVersions="VA48A", ProtocolName="Thorax", StudyInstanceUID=draw.uid())
    put(made, SeriesInstanceUID=draw.uid(), StudyID="S1", SeriesNumber="3", InstanceNumber="7", Laterality="")
    if iod.modality not in ("SR", "PR", "DOC"):
        made.BodyPartExamined = "CHEST"
    return made


def base(name: str, draw: Draw) -> Dataset:
    iod = BY_NAME[name]
    made = common(iod, draw)
    iod.rest(made, draw)
    return made


def stored(made: Dataset, *, implicit: bool = False, little: bool = True) -> bytes:
    """The file as pydicom writes it; file meta follows the data set."""
    meta = made.file_meta
    meta.MediaStorageSOPClassUID = meta.get("MediaStorageSOPClassUID") or made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = meta.get("MediaStorageSOPInstanceUID") or made.SOPInstanceUID
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, made, enforce_file_format=True, implicit_vr=implicit, little_endian=little)
    return stream.getvalue()


def encoded(made: Dataset, *, implicit: bool = False) -> list[tuple[int, bytes]]:
    """Each element of the top level with its bytes, so that bytes pydicom would not write can stand between them."""
    out = []
    for element in made:
        stream = DicomBytesIO()
        stream.is_implicit_VR, stream.is_little_endian = implicit, True
        write_data_element(stream, element, ["utf-8"])
        out.append((int(element.tag), stream.getvalue()))
    return out


def assembled(
    made: Dataset,
    extra: list[tuple[int, bytes]],
    *,
    preamble: bytes = b"",
    meta: bytes = b"",
    tail: bytes = b"",
    implicit: bool = False,
) -> bytes:
    """A file of raw elements in the order of their tags; those of one tag keep their order."""
    head = _head(made, meta, implicit)
    elements = sorted([*encoded(made, implicit=implicit), *extra], key=lambda each: each[0])
    return preamble.ljust(128, b"\0")[:128] + b"DICM" + head + b"".join(body for _, body in elements) + tail


def _head(made: Dataset, extra: bytes, implicit: bool) -> bytes:
    syntax = "1.2.840.10008.1.2" if implicit else str(made.file_meta.TransferSyntaxUID)
    parts = [
        raw(0x00020001, "OB", b"\0\1"),
        raw(0x00020002, "UI", str(made.SOPClassUID).encode()),
        raw(0x00020003, "UI", str(made.SOPInstanceUID).encode()),
        raw(0x00020010, "UI", syntax.encode()),
        raw(0x00020012, "UI", b"1.2.826.0.1.3680043.9.7777.1"),
        extra,
    ]
    body = b"".join(parts)
    return raw(0x00020000, "UL", len(body).to_bytes(4, "little")) + body


LONG = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")


def raw(tag: int, vr: str, value: bytes, *, length: int | None = None, pad: bytes | None = None) -> bytes:
    """An explicit little-endian element. `vr` "" writes it implicitly; `length` overrides the true one."""
    value += (pad or (b"\0" if vr in ("UI", "OB", "UN", "", "OW") else b" ")) * (len(value) % 2)
    size = len(value) if length is None else length
    head = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")
    if not vr:
        return head + size.to_bytes(4, "little") + value
    if vr in LONG:
        return head + vr.encode() + b"\0\0" + size.to_bytes(4, "little") + value
    return head + vr.encode() + size.to_bytes(2, "little") + value


UNDEFINED = 0xFFFFFFFF
ITEM_END, SEQUENCE_END = raw(0xFFFEE00D, "", b""), raw(0xFFFEE0DD, "", b"")


def items(*bodies: bytes, undefined: bool = False) -> bytes:
    """The value of a sequence."""
    if undefined:
        return b"".join(raw(0xFFFEE000, "", each, length=UNDEFINED) + ITEM_END for each in bodies) + SEQUENCE_END
    return b"".join(raw(0xFFFEE000, "", each) for each in bodies)
