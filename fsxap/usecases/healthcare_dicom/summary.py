"""What a run of healthcare-dicom says as a whole: a certificate of what was done, and what was held back and why."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import fsxap
from fsxap.engine.types import Digest, Kit
from fsxap.errors import NotFound
from fsxap.model import Result, Section
from fsxap.usecases.healthcare_dicom import metadata
from fsxap.usecases.healthcare_dicom.crosswalk import Crosswalk, prepare
from fsxap.usecases.healthcare_dicom.process import Setup, setup

ACTIONS = {
    "X": "removed",
    "Z": "emptied",
    "D": "replaced by a dummy",
    "K": "kept",
    "C": "cleaned",
    "U": "UID replaced",
}

SHOWN = 24
"""Masked pictures in a report."""


def summarise(results: Iterable[Result], kit: Kit) -> Digest:
    """Counts only: neither a name nor a number of a patient, nor the name of a file, is in a certificate."""
    shared = setup(kit)
    if kit.params["mode"] != "deidentify":
        return _digest(_counted(results), shared, kit, {})
    way_back = None
    if kit.params["crosswalk"]:
        way_back = Crosswalk(prepare(kit.params["crosswalk"]), kit.source, shared.profile, shared.pseudonyms)
        results = way_back.watch(results)
    if kit.params["metadata"]:
        with metadata.table(kit.sink) as table:
            counted = _counted(metadata.watch(results, table))
    else:
        counted = _counted(results)
    if way_back is None:
        return _digest(counted, shared, kit, {})
    way_back.write()
    return _digest(counted, shared, kit, {"crosswalk": {"written": True, "inputs_not_found_again": way_back.lost}})


@dataclass(frozen=True, slots=True)
class Counts:
    ends: Counter[str] = field(default_factory=lambda: Counter(released=0, quarantined=0, not_dicom=0, failed=0))
    actions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    masked: list[tuple[str, int]] = field(default_factory=list)
    pixels: Counter[str] = field(default_factory=lambda: Counter(pictures_examined=0, pictures_masked=0, places=0))


def _counted(results: Iterable[Result]) -> Counts:
    counts = Counts()
    for result in results:
        data = result.data
        counts.classes[f"{data.get('class', 'unknown')} {data.get('modality', '')}".strip()] += 1
        counts.actions.update(data.get("actions") or {})
        if result.error:
            counts.ends["failed"] += 1
        elif data.get("released"):
            counts.ends["released"] += 1
            counts.pixels["pictures_examined"] += bool(data["pixels_examined"])
            counts.pixels["pictures_masked"] += bool(data["masked_regions"])
            counts.pixels["places"] += data["masked_regions"]
            if data["thumbnail"] and len(counts.masked) < SHOWN:
                counts.masked.append((data["thumbnail"], data["masked_regions"]))
        elif data.get("quarantine_code") == "not-dicom":
            counts.ends["not_dicom"] += 1
        elif data.get("quarantine_reason"):
            counts.ends["quarantined"] += 1
            counts.reasons[data["quarantine_reason"]] += 1
    return counts


def _digest(counts: Counts, shared: Setup, kit: Kit, more: dict[str, Any]) -> Digest:
    certificate = _certificate(shared, counts, kit) | more
    return Digest({"certificate": certificate}, (*_sections(certificate, counts), *_pictures(counts, kit)))


def _certificate(shared: Setup, counts: Counts, kit: Kit) -> dict[str, Any]:
    return {
        "software": f"fsxap {fsxap.__version__}",
        "profile": shared.profile.tables.edition,
        "codes": [code for code, _meaning in shared.profile.codes],
        "options": sorted(shared.profile.options),
        "local_policy": bool(shared.profile.overrides),
        "key_fingerprint": shared.pseudonyms.fingerprint,
        "mode": kit.params["mode"],
        **counts.ends,
        "actions": dict(sorted(counts.actions.items())),
        "quarantine": dict(sorted(counts.reasons.items())),
        "pixels": dict(counts.pixels),
        "not_checked": ["pixels of pictures that were released unexamined, as low-risk", "faces in head scans"],
    }


def _sections(certificate: dict[str, Any], counts: Counts) -> Iterator[Section]:
    facts = tuple((name, _shown(value)) for name, value in certificate.items() if not isinstance(value, dict))
    yield Section("De-identification certificate", "facts", ("fact", "value"), facts)
    done = tuple((code, ACTIONS.get(code, code), number) for code, number in sorted(counts.actions.items()))
    pixels = tuple((name.replace("_", " "), number) for name, number in certificate["pixels"].items())
    yield Section("Text in pixels", "facts", ("fact", "value"), pixels)
    yield Section("Elements by action", "table", ("code", "action", "elements"), done)
    held = tuple((reason, number) for reason, number in counts.reasons.most_common())
    yield Section("Quarantine", "table", ("reason", "files"), held, note="none of these was written to the outputs")
    yield Section("What the files are", "bars", ("class", "files"), tuple(counts.classes.most_common()))


def _pictures(counts: Counts, kit: Kit) -> Iterator[Section]:
    """What was painted, after it was painted. A picture taken away since then leaves its caption."""
    if not counts.masked:
        return
    rows = []
    for key, places in counts.masked:
        name = key.rpartition("/")[2].removesuffix(".png")
        try:
            picture = "data:image/png;base64," + b64encode(kit.sink.read(key)).decode()
        except NotFound:
            picture = ""
        rows.append((f"{name}: {places} places masked", picture))
    note = f"the first {SHOWN} of them" if counts.pixels["pictures_masked"] > len(rows) else ""
    yield Section("Masked pictures, as released", "image", ("picture", "data"), tuple(rows), note=note)


def _shown(value: Any) -> Any:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else value
