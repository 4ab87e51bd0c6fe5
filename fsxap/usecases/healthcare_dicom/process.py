"""Decides about one file: classified, then de-identified and released, or quarantined with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fsxap.engine.types import Kit, Params
from fsxap.errors import ConfigurationError, ItemError, MissingExtra
from fsxap.model import Finding, Item, Result
from fsxap.ports import PhiText, Store
from fsxap.usecases.healthcare_dicom import crosswalk, metadata, profile, verify
from fsxap.usecases.healthcare_dicom.classify import FIELDS, HEADER, LIMIT, Class, classify, is_dicom
from fsxap.usecases.healthcare_dicom.graphics import is_graphic
from fsxap.usecases.healthcare_dicom.image import overlaid
from fsxap.usecases.healthcare_dicom.memory import Memory
from fsxap.usecases.healthcare_dicom.parse import File, Malformed, read
from fsxap.usecases.healthcare_dicom.pixels.examine import require
from fsxap.usecases.healthcare_dicom.profile import Profile
from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms
from fsxap.usecases.healthcare_dicom.release import Released, release

ENGINE = "fsxap header walk"
QUARANTINED = "dicom-quarantined"
NOT_DICOM = "it is not a DICOM file"


@dataclass(frozen=True, slots=True)
class Setup:
    """What every file of a run shares."""

    profile: Profile
    pseudonyms: Pseudonyms
    phi: PhiText | None
    memory: Memory


def setup(kit: Kit) -> Setup:
    """Options, policy and key, checked once before any file is read."""
    made: Setup = kit.memo("healthcare-dicom", lambda: _setup(kit))
    return made


def _setup(kit: Kit) -> Setup:
    chosen = profile_of(kit.params)
    if "pixels" in chosen.options and kit.params["mode"] == "deidentify":
        require()
    if kit.params["crosswalk"]:
        crosswalk.prepare(kit.params["crosswalk"])
    phi = kit.phi_text if kit.params["mode"] == "deidentify" else None
    return Setup(chosen, Pseudonyms(secret(kit)), phi, Memory())


def profile_of(params: Params) -> Profile:
    """The profile that these parameters ask for."""
    try:
        options = profile.choose(params["preset"], params["retain"], params["clean"])
    except ValueError as error:
        known = f"retain: {', '.join(profile.RETAIN)}; clean: {', '.join(profile.CLEAN)}"
        raise ConfigurationError(str(error), code="usage", exit=2, hint=known) from None
    return Profile(profile.tables(), options, profile.overrides(params["policy"]) if params["policy"] else {})


def secret(kit: Kit) -> bytes:
    """What pseudonyms are made with, and what the state is sealed with."""
    return kit.secret(kit.params["key"], "healthcare-dicom.key")


def process(item: Item, kit: Kit) -> Result:
    shared = setup(kit)
    asked = "pixels" in shared.profile.options and kit.params["mode"] == "deidentify"
    # A missing engine is said before the first file, not at the first picture.
    finder = kit.text_in_image if asked else None
    # Small files are read once, whole; the class of a file is in less.
    first = HEADER if kit.params["mode"] == "classify" else LIMIT
    head = kit.source.read(item.key, 0, first)
    if not is_dicom(head):
        return _quarantined(item, shared, "not-dicom", NOT_DICOM, {"class": "not-dicom"})
    if kit.params["mode"] == "classify":
        return _classified(item, kit, shared, head)
    if item.size > kit.params["max_size"]:
        return _quarantined(
            item, shared, "too-large", f"it is larger than max_size ({kit.params['max_size']} bytes)", {}
        )
    body = head if len(head) < first else kit.source.read(item.key)
    try:
        file = read(body, shared.profile.tables.dictionary)
    except Malformed as error:
        return _quarantined(item, shared, error.code, error.message, {})
    about = classify(file)
    data = _about(about)
    reason = _unfit(about, shared.profile)
    if reason:
        return _quarantined(item, shared, *reason, data)
    # Pixels without a size are no picture to the classification, and may be one to a reader that guesses.
    pictured = about.risk != "none" or not verify.PIXELS.isdisjoint(each.tag for each in file.elements)
    look = pictured and (asked or about.risk != "low" or overlaid(file.elements))
    look = look or ("graphics" in shared.profile.options and any(is_graphic(each.tag) for each in file.elements))
    try:
        made = release(
            file,
            body,
            shared.profile,
            shared.pseudonyms,
            (lambda: finder or kit.text_in_image) if look else None,
            phi=shared.phi,
            memory=shared.memory,
        )
    except MissingExtra as error:
        if asked:
            raise
        return _quarantined(item, shared, "burned-in", _unseen(about, error), data)
    except ItemError as error:
        return _quarantined(item, shared, error.code, error.message, data)
    return _released(item, kit, made, data, shared.phi)


def _unseen(about: Class, missing: MissingExtra) -> str:
    why = about.why or "an overlay may be hidden in its compressed pixels"
    return f"its pixels may say who the patient is: {why}; {missing.message} ({missing.hint})"


def _released(item: Item, kit: Kit, made: Released, data: dict[str, Any], phi: PhiText | None) -> Result:
    locations = [kit.sink.put(made.key, made.body)]
    thumbnail = f"thumbnails/{made.key.removesuffix('.dcm')}.png" if made.thumbnail else ""
    if thumbnail:
        locations.append(kit.sink.put(thumbnail, made.thumbnail))
    data |= {
        "released": True,
        "verified": True,
        "quarantine_reason": "",
        "actions": made.actions,
        "masked_regions": made.masked_regions,
        "masked_frames": made.masked_frames,
        "thumbnail": thumbnail,
        "pixels_examined": made.pixels_examined,
        "pixels_untouched": made.pixels_untouched,
        "metadata": metadata.metadata(made.elements, big=made.big),
        "engine": " + ".join(filter(None, (ENGINE, phi.engine if phi else "", made.engine))),
    }
    return Result(item, "ok", data, tuple(locations), usage={"bytes_read": item.size, "dicom_files": 1})


def _unfit(about: Class, chosen: Profile) -> tuple[str, str] | None:
    """Why a file of this class is not released, as code and reason."""
    if about.refused:
        return about.kind, about.refused
    if about.kind in ("structured-report", "dose-report") and "structured" not in chosen.options:
        return "structured-report", "a structured report is text; clean=structured releases it without its texts"
    return None


def _about(about: Class) -> dict[str, Any]:
    return {
        "class": about.kind,
        "modality": about.modality,
        "sop_class": about.sop_class,
        "body_part": about.body_part,
        "burned_in_risk": about.risk,
        "face_risk": about.face,
    }


def _quarantined(item: Item, shared: Setup, code: str, reason: str, data: dict[str, Any]) -> Result:
    """Not released. The finding says so where findings are counted; a file that is no DICOM is none.

    Findings are read by many, so they name the file by a pseudonym: `file` in the result's data, beside its key.
    """
    name = shared.pseudonyms.identifier(item.key, "file")
    data = {
        "class": "unknown",
        **data,
        "released": False,
        "verified": False,
        "quarantine_reason": reason,
        "quarantine_code": code,
        "reason": reason,
        "file": name,
        "engine": ENGINE,
    }
    finding = Finding(
        QUARANTINED,
        "low" if code == "not-dicom" else "medium",
        f"not released: {reason}",
        name,
        {"code": code, "class": data["class"]},
        "look at it, and release or delete it by hand",
    )
    return Result(item, "skipped", data, findings=() if code == "not-dicom" else (finding,))


def _classified(item: Item, kit: Kit, shared: Setup, head: bytes) -> Result:
    """By the beginning of the file alone; what it does not settle is read a little further, never whole."""
    file = header(kit.source, item.key, head, shared.profile)
    if file is None:
        return _quarantined(item, shared, "malformed", "its header cannot be read", {})
    about = classify(file)
    reason = _unfit(about, shared.profile)
    data = _about(about) | {
        "released": False,
        "verified": False,
        "quarantine_reason": "",
        "would_quarantine": reason[1] if reason else "",
        "engine": ENGINE,
    }
    return Result(item, "ok", data, usage={"dicom_files": 1})


def header(source: Store, key: str, head: bytes, chosen: Profile) -> File | None:
    """What `head`, the first HEADER bytes, says, or else a little more of the file; None where that is no data set."""
    dictionary = chosen.tables.dictionary
    try:
        file = read(head, dictionary, header=FIELDS)
        if len(head) == HEADER and not (file.elements and file.elements[-1].tag >> 16 >= 0x28):
            # Long private groups may stand before the picture's own attributes.
            file = read(source.read(key, 0, LIMIT), dictionary, header=FIELDS)
    except Malformed:
        return None
    return file if file.elements else None
