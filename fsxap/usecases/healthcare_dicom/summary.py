"""What a run of healthcare-dicom says as a whole: a certificate of what was done, and what was held back and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import fsxap
from fsxap.engine.types import Digest, Kit
from fsxap.model import Result, Section
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


def summarise(results: Iterable[Result], kit: Kit) -> Digest:
    """Counts only: neither a name nor a number of a patient, nor the name of a file, is in a certificate."""
    shared = setup(kit)
    way_back = None
    if kit.params["crosswalk"] and kit.params["mode"] == "deidentify":
        way_back = Crosswalk(prepare(kit.params["crosswalk"]), kit.source, shared.profile, shared.pseudonyms)
        results = way_back.watch(results)
    counts: Counter[str] = Counter(released=0, quarantined=0, not_dicom=0, failed=0)
    actions: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for result in results:
        data = result.data
        classes[f"{data.get('class', 'unknown')} {data.get('modality', '')}".strip()] += 1
        actions.update(data.get("actions") or {})
        if result.error:
            counts["failed"] += 1
        elif data.get("released"):
            counts["released"] += 1
        elif data.get("quarantine_code") == "not-dicom":
            counts["not_dicom"] += 1
        elif data.get("quarantine_reason"):
            counts["quarantined"] += 1
            reasons[data["quarantine_reason"]] += 1
    certificate = _certificate(shared, counts, actions, reasons, kit)
    if way_back:
        way_back.write()
        certificate["crosswalk"] = {"written": True, "inputs_not_found_again": way_back.lost}
    return Digest({"certificate": certificate}, tuple(_sections(certificate, actions, reasons, classes)))


def _certificate(
    shared: Setup, counts: Counter[str], actions: Counter[str], reasons: Counter[str], kit: Kit
) -> dict[str, Any]:
    return {
        "software": f"fsxap {fsxap.__version__}",
        "profile": shared.profile.tables.edition,
        "codes": [code for code, _meaning in shared.profile.codes],
        "options": sorted(shared.profile.options),
        "local_policy": bool(shared.profile.overrides),
        "key_fingerprint": shared.pseudonyms.fingerprint,
        "mode": kit.params["mode"],
        **counts,
        "actions": dict(sorted(actions.items())),
        "quarantine": dict(sorted(reasons.items())),
        "not_checked": ["text in pictures: pictures that may carry some are not released", "faces in head scans"],
    }


def _sections(
    certificate: dict[str, Any], actions: Counter[str], reasons: Counter[str], classes: Counter[str]
) -> Iterator[Section]:
    facts = tuple((name, _shown(value)) for name, value in certificate.items() if not isinstance(value, dict))
    yield Section("De-identification certificate", "facts", ("fact", "value"), facts)
    done = tuple((code, ACTIONS.get(code, code), number) for code, number in sorted(actions.items()))
    yield Section("Elements by action", "table", ("code", "action", "elements"), done)
    held = tuple((reason, number) for reason, number in reasons.most_common())
    yield Section("Quarantine", "table", ("reason", "files"), held, note="none of these was written to the outputs")
    yield Section("What the files are", "bars", ("class", "files"), tuple(classes.most_common()))


def _shown(value: Any) -> Any:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else value
