"""Owns places that are seldom looked at: signatures, histories, tables of values, names of structures and channels."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID

from benchmarks.dicom import made, streams
from benchmarks.dicom.case import Case, Plant
from benchmarks.dicom.draw import LIMITS, Draw
from benchmarks.dicom.made import ITEM_END, SEQUENCE_END, UNDEFINED, assembled, base, item, items, raw, sequence
from benchmarks.dicom.odd import case, with_raw, without

NAMED = {
    "RTSTRUCT": (
        "StructureSetName",
        "StructureSetDescription",
        "StructureSetROISequence.ROIName",
        "StructureSetROISequence.ROIDescription",
        "StructureSetROISequence.ROIGenerationDescription",
        "RTROIObservationsSequence.ROIObservationLabel",
        "RTROIObservationsSequence.ROIObservationDescription",
        "RTROIObservationsSequence.ROIInterpreter",
        "RTPlanName",
        "RTPlanLabel",
        "RTPlanDescription",
        "DoseComment",
        "PrescriptionDescription",
        "BeamName",
        "BeamDescription",
        "TreatmentMachineName",
        "SetupTechniqueDescription",
        "ApplicatorID",
        "ApplicatorDescription",
        "FixationDeviceLabel",
        "AccessoryCode",
        "BlockName",
        "TrayAccessoryCode",
    ),
    "ECG": (
        "WaveformSequence.MultiplexGroupLabel",
        "WaveformSequence.ChannelDefinitionSequence.ChannelLabel",
        "WaveformSequence.ChannelDefinitionSequence.ChannelDerivationDescription",
        "WaveformAnnotationSequence.UnformattedTextValue",
        "WaveformAnnotationSequence.ConceptNameCodeSequence.CodeMeaning",
    ),
    "SEG": (
        "ContentLabel",
        "ContentDescription",
        "SegmentSequence.SegmentLabel",
        "SegmentSequence.SegmentDescription",
        "SegmentSequence.SegmentAlgorithmName",
        "SegmentSequence.TrackingID",
        "SegmentSequence.SegmentedPropertyTypeCodeSequence.CodeMeaning",
        "SegmentSequence.SegmentedPropertyTypeCodeSequence.CodeValue",
        "SegmentSequence.SegmentedPropertyTypeCodeSequence.LongCodeValue",
    ),
    "MR": (
        "RequestAttributesSequence.RequestedProcedureDescription",
        "RequestAttributesSequence.ScheduledProcedureStepID",
        "RequestAttributesSequence.ReasonForTheRequestedProcedure",
        "OriginalAttributesSequence.SourceOfPreviousValues",
        "OriginalAttributesSequence.ModifyingSystem",
        "OriginalAttributesSequence.ReasonForTheAttributeModification",
        "OriginalAttributesSequence.ModifiedAttributesSequence.PatientName",
        "OriginalAttributesSequence.ModifiedAttributesSequence.WindowCenterWidthExplanation",
        "OriginalAttributesSequence.NonconformingModifiedAttributesSequence.NonconformingDataElementValue",
        "EncryptedAttributesSequence.EncryptedContent",
        "EncryptedAttributesSequence.EncryptedContentTransferSyntaxUID",
        "DigitalSignaturesSequence.CertificateOfSigner",
        "DigitalSignaturesSequence.Signature",
        "DigitalSignaturesSequence.DigitalSignaturePurposeCodeSequence.CodeMeaning",
        "DigitalSignaturesSequence.DigitalSignatureUID",
        "MACParametersSequence.MACAlgorithm",
        "ContributingEquipmentSequence.ContributionDescription",
        "ContributingEquipmentSequence.InstitutionName",
        "ReferencedImageSequence.PurposeOfReferenceCodeSequence.CodeMeaning",
        "StationName",
        "GantryID",
        "UDISequence.UniqueDeviceIdentifier",
        "UDISequence.DeviceDescription",
        "DeviceSequence.DeviceID",
        "DeviceSequence.DeviceDescription",
        "AcquisitionDeviceProcessingDescription",
        "AcquisitionContextSequence.TextValue",
        "AcquisitionContextSequence.ConceptCodeSequence.CodeMeaning",
        "AnatomicRegionSequence.CodeMeaning",
        "AnatomicRegionSequence.CodeValue",
        "AnatomicRegionSequence.CodingSchemeDesignator",
        "AnatomicRegionSequence.URNCodeValue",
        "AnatomicRegionSequence.MappingResource",
        "AnatomicRegionSequence.AnatomicRegionModifierSequence.CodeMeaning",
        "CodingSchemeIdentificationSequence.CodingSchemeName",
        "CodingSchemeIdentificationSequence.CodingSchemeResponsibleOrganization",
        "CodingSchemeIdentificationSequence.CodingSchemeURLType",
        "RetrieveURL",
        "PixelDataProviderURL",
        "ModalityLUTSequence.LUTExplanation",
        "VOILUTSequence.LUTExplanation",
        "GroupOfPatientsIdentificationSequence.PatientComments",
        "DerivationCodeSequence.CodeMeaning",
        "SourceImageSequence.SpatialLocationsPreserved",
        "IssuerOfPatientIDQualifiersSequence.UniversalEntityID",
        "ReferencedPatientPhotoSequence.TypeOfInstances",
        "ScheduledStationName",
        "ContrastBolusAgentSequence.CodeMeaning",
        "MIMETypeOfEncapsulatedDocument",
        "HL7StructuredDocumentReferenceSequence.HL7InstanceIdentifier",
        "TimezoneOffsetFromUTC",
        "QueryRetrieveLevel",
        "InstanceAvailability",
        "StorageMediaFileSetID",
        "ReferencedSOPSequence.ReferencedFileID",
        "PatientOrientationModifierCodeSequence.CodeMeaning",
    ),
    "PET": (
        "RadiopharmaceuticalInformationSequence.Radiopharmaceutical",
        "RadiopharmaceuticalInformationSequence.RadiopharmaceuticalRoute",
        "CorrectedImage",
        "AttenuationCorrectionMethod",
        "ScatterCorrectionMethod",
        "DecayCorrection",
        "ReconstructionMethod",
        "RadiopharmaceuticalInformationSequence.RadionuclideCodeSequence.CodeMeaning",
        "TypeOfDetectorMotion",
        "CollimatorGridName",
    ),
}
"""IOD → where an identifier is written: keywords, the last of which gets it."""


def into(header: Dataset, path: str, draw: Draw) -> str:
    """Follows the keywords, making items that are missing; the value is a word in whatever representation."""
    *outer, last = path.split(".")
    inside = header
    for keyword in outer:
        if not inside.get(keyword):
            setattr(inside, keyword, Sequence([Dataset()]))
        inside = inside[keyword].value[0]
    word = draw.word()
    vr = dictionary_VR(last)
    said: str | bytes = word.upper() if vr == "CS" else f"https://{word}.example/a" if vr == "UR" else word
    if vr in ("OB", "OW", "UN"):
        said = word.encode().ljust(64, b"\1")
    tag = tag_for_keyword(last)
    assert tag is not None
    inside.add_new(tag, vr, said)
    return word


def named(draw: Draw) -> Iterator[Case]:
    for iod, paths in NAMED.items():
        for at in range(0, len(paths), 6):
            header = base(iod, draw)
            plants = tuple(Plant("seldom looked at", path, into(header, path, draw)) for path in paths[at : at + 6])
            yield Case(f"seldom-{iod}-{at:02d}", made.stored(header), plants, iod)


def bulk(draw: Draw) -> Iterator[Case]:
    """Each attribute of bytes that the standard has, with text of two encodings in it."""
    for tag, (vr, _, _, _, keyword) in sorted(DicomDictionary.items()):
        if vr[:2] not in ("OB", "OW", "OF", "OD", "OL", "OV", "UN") or tag >> 16 < 8 or tag == 0x7FE00010:
            continue
        for codec in ("utf-8", "utf-16-le"):
            word = draw.word()
            body = raw(tag, vr[:2], word.encode(codec).ljust(32, b"\0"))
            value = items(body) if codec == "utf-16-le" else body
            element = (0x00082218, raw(0x00082218, "SQ", value)) if codec == "utf-16-le" else (tag, body)
            whole = assembled(without(base("MR", draw), tag), [element])
            yield case("bulk data", f"{tag:08x} {vr[:2]} {keyword} {codec}", whole, word, origin="MR")


def repeated(draw: Draw) -> Iterator[Case]:
    """Attributes of repeating groups and elements."""
    for mask, (vr, _, _, _, keyword) in sorted(RepeatersDictionary.items()):
        tag, word = int(mask.replace("x", "2" if mask.index("x") < 4 else "1"), 16), draw.word()
        short = vr.split(" or ")[0]
        if short == "SQ" or tag >> 16 < 8:
            continue
        body = with_raw(draw, [(tag, raw(tag, short if short != "NONE" else "UN", word.encode()))])
        yield case("repeating groups", f"{mask} {short} {keyword}", body, word)


def tables(draw: Draw) -> Iterator[Case]:
    """Tables of the right size whose unused values are text, and pictures drawn in overlays."""
    word = draw.word()
    value = b"\0" * 200 + word.encode()
    header = base("MR", draw)
    header.ModalityLUTSequence = sequence(item(LUTDescriptor=[256, 0, 16], ModalityLUTType="US"))
    header.ModalityLUTSequence[0].add_new(0x00283006, "OW", value.ljust(512, b"\0"))
    yield case("tables", "modality LUT", made.stored(header), word, origin="MR")
    word = draw.word()
    header = base("MR", draw)
    header.VOILUTSequence = sequence(item(LUTDescriptor=[256, 0, 16], LUTExplanation="BONE"))
    header.VOILUTSequence[0].add_new(0x00283006, "OW", (b"\0" * 200 + word.encode()).ljust(512, b"\0"))
    yield case("tables", "VOI LUT", made.stored(header), word, origin="MR")
    word = draw.word()
    header = base("MR", draw)
    made.put(header, PhotometricInterpretation="PALETTE COLOR", BitsAllocated=8, BitsStored=8, HighBit=7)
    header.add_new(0x7FE00010, "OB", bytes(range(16)) * (made.ROWS * made.COLUMNS // 16))
    for number in range(3):
        header.add_new(0x00281101 + number, "US", [256, 0, 16])
        header.add_new(0x00281201 + number, "OW", (b"\0" * 200 + word.encode() * (not number)).ljust(512, b"\0"))
    yield case("tables", "palette", made.stored(header), word, origin="MR")
    word = draw.word()
    wave = base("ECG", draw)
    wave.WaveformSequence[0].add_new(0x54001010, "OW", word.encode().ljust(128, b"\0"))
    yield case("tables", "waveform of the right length", made.stored(wave), word, origin="ECG")
    word = draw.word()
    spectrum = base("MR", draw)
    spectrum.SOPClassUID = made.STORAGE + "4.2"
    del spectrum.PixelData
    made.put(spectrum, DataPointRows=1, DataPointColumns=16, DataRepresentation="REAL", SignalDomainColumns="TIME")
    spectrum.add_new(0x56000020, "OF", word.encode().ljust(64, b"\0"))
    yield case("tables", "spectroscopy", made.stored(spectrum), word, origin="MR spectroscopy")


def pieces(draw: Draw) -> Iterator[Case]:
    """Nested encapsulated pixels, bytes behind a deflated data set, JPEG 2000 boxes, JPEG-LS comments, odd heads."""
    for place in ("icon", "unlisted sequence"):
        word = draw.word()
        value = raw(0xFFFEE000, "", b"") + raw(0xFFFEE000, "", word.encode().ljust(40, b"\0")) + SEQUENCE_END
        inner = raw(0x7FE00010, "OB", value, length=UNDEFINED)
        tag = 0x00880200 if place == "icon" else 0x00082218
        whole = raw(0xFFFEE000, "", inner, length=UNDEFINED) + ITEM_END + SEQUENCE_END
        yield case(
            "pieces", f"fragments in {place}", with_raw(draw, [(tag, raw(tag, "SQ", whole, length=UNDEFINED))]), word
        )
    header, word = base("CT", draw), draw.word()
    header.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1.99")
    yield case("pieces", "behind the deflated data set", made.stored(header) + word.encode(), word)
    stream = io.BytesIO()
    Image.fromarray(np.tile(np.linspace(0, 200, made.COLUMNS).astype(np.uint8), (made.ROWS, 1))).save(
        stream, "JPEG2000", irreversible=False
    )
    for name in (b"xml ", b"uuid", b"asoc"):
        word = draw.word()
        said = (b"" if name == b"xml " else b"0123456789abcdef") + word.encode()
        boxed = stream.getvalue() + struct.pack(">L4s", 8 + len(said), name) + said
        at = stream.getvalue().index(b"jp2c") - 4
        ahead = stream.getvalue()[:at] + struct.pack(">L4s", 8 + len(said), name) + said + stream.getvalue()[at:]
        for where, frame in (("behind", boxed), ("before", ahead)):
            body = streams.encapsulated(draw, streams.J2K_LOSSLESS, encapsulate([frame]))
            yield case("pieces", f"JP2 box {name.decode().strip()} {where}", body, word, origin="DX")
    for marker in (0xFFFE, 0xFFE8, 0xFFF9):
        word = draw.word()
        plain = lossless()
        frame = plain[:2] + streams.segment(marker, word.encode()) + plain[2:]
        body = streams.encapsulated(draw, "1.2.840.10008.1.2.4.80", encapsulate([frame]))
        yield case("pieces", f"JPEG-LS marker {marker:04x}", body, word, origin="DX")
    for lead in (0, 128):
        header, word = base("CT", draw), draw.word()
        header.PatientComments = header.WindowCenterWidthExplanation = word
        whole = made.stored(header)
        yield case("pieces", f"{lead} bytes of preamble, no DICM", whole[:lead] + whole[132:], word)
    header, word = base("CT", draw), draw.word()
    header.PatientComments = word
    bare = assembled(header, [(0x00281055, raw(0x00281055, "", word.encode()))], implicit=True)
    yield case("pieces", "data set alone", bare[bare.index(b"\x08\0\x05\0") :], word)
    word = draw.word()
    header = base("CT", draw)
    header.file_meta.TransferSyntaxUID = UID("1.2.840.113619.5.2")
    yield case(
        "pieces",
        "private transfer syntax",
        assembled(header, [(0x00281055, raw(0x00281055, "LO", word.encode()))]),
        word,
    )
    word = draw.word()
    yield case(
        "pieces", "unknown representation", with_raw(draw, [(0x00281055, raw(0x00281055, "ZZ", word.encode()))]), word
    )


def lossless() -> bytes:
    """A JPEG-LS picture."""
    from jpeg_ls import encode_pixel_data  # type: ignore[import-untyped]

    row = np.linspace(0, 200, made.COLUMNS).astype(np.uint8)
    return bytes(
        encode_pixel_data(
            np.tile(row, (made.ROWS, 1)).tobytes(),
            lossy_error=0, interleave_mode=0, rows=made.ROWS, columns=made.COLUMNS, samples_per_pixel=1, bits_stored=8,
        )
    )  # fmt: skip


def sweep(draw: Draw) -> Iterator[Case]:
    """Every attribute of dates, and every one of words, that the standard has: a date or a name, thirty a file."""
    wanted = [
        (tag, vr)
        for tag, (vr, _, _, _, _) in sorted(DicomDictionary.items())
        if vr in (*LIMITS, "DA", "DT") and tag >> 16 >= 8 and tag not in KEPT and tag & 0xFFFF
    ]
    for at in range(0, len(wanted), 30):
        header, plants = base("MR", draw), []
        for tag, vr in wanted[at : at + 30]:
            value, token, form = draw.of(vr)
            if vr in ("CS", "AE", "SH"):
                value = token = draw.word().upper() if vr == "CS" else draw.word()
            header.add_new(tag, vr, value)
            plants.append(Plant("every attribute", f"{tag:08x} {vr}", token, form))
        yield Case(f"every-{at:04d}", made.stored(header), tuple(plants), "MR")


KEPT = (0x00080005, 0x00080060, 0x00280004, 0x00080008)


def cases(seed: int) -> Iterator[Case]:
    draw = Draw(seed + 8000)
    for kind in (named, bulk, repeated, tables, pieces, sweep):
        yield from kind(draw)
