"""One inspection picture: how well it was taken, and whether it shows what its reference shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fsxap.engine.types import Kit
from fsxap.errors import ItemError
from fsxap.model import Finding, Item, Result
from fsxap.usecases.manufacturing_analytics import labelled, texture
from fsxap.usecases.manufacturing_analytics.compare import Box, Compared, compare
from fsxap.usecases.manufacturing_analytics.golden import MOST, Golden
from fsxap.usecases.manufacturing_analytics.labelled import Called
from fsxap.usecases.manufacturing_analytics.layout import place
from fsxap.usecases.manufacturing_analytics.pixels import Quality, decode, encode, measure, opencv

if TYPE_CHECKING:
    from fsxap.usecases.manufacturing_analytics.pixels import Grey

BOXES = 50
EVIDENCE = "inspection/{}.png"
UNKNOWN = "no reference picture for it: its parts were not judged (name their folder with -P golden=)"
RULES = {
    "inspection-defect": "The picture differs from its reference beyond edge jitter, or a model calls it defective.",
    "inspection-review": "The picture may be defective, or could not be judged for certain.",
    "image-quality": "The picture is blurred, badly exposed or badly framed.",
}
# 20260105-143000, 2026-01-05T14-30-00 and the like in a file's name.
_TAKEN = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)[T_ -]?(\d\d)[-:h]?(\d\d)(?:[-:m]?(\d\d))?")


def process(item: Item, kit: Kit, references: Golden | None) -> Result:
    if references is not None and references.covers(item.key):
        return Result.skipped(item, "it is a reference picture")
    engine = f"opencv {opencv().__version__}"
    if item.size > kit.params["max_bytes"]:
        raise ItemError("it is larger than max_bytes", code="too-large")
    body = kit.source.read(item.key)
    picture = decode(body, kit.params["max_pixels"])
    if min(picture.shape) < 32:
        return Result.skipped(item, "it is smaller than 32 pixels, too small to judge", engine=engine)
    if kit.params["model"]:
        return _by_model(item, kit, body, picture, engine)
    textured = kit.params["method"] == "texture"
    product, names = references.of(item.key, texture.MOST if textured else MOST) if references else ("", ())
    best: tuple[str, Grey | None, Compared] | None = None
    if references and textured and names:
        best = "", None, _as_texture(picture, product, names, references, kit)
    elif references:
        best = _best(picture, names, references, kit)
    quality = measure(picture, best[1] if best else None)
    data = _about(item, product, quality) | {"engine": f"fsxap reference difference, {engine}"}
    if kit.params["labels"]:
        general = kit.labels("")
        data["labels"] = labelled.record(general.find(body, float(kit.params["review"])))
        data["labels_engine"] = general.engine
    usage = {"bytes_read": item.size, "images": 1}
    if best is None:
        data |= {"decision": "not-judged", "note": UNKNOWN}
        return Result(item, "ok", data, findings=_taken_badly(item, quality, None), usage=usage)
    name, _reference, compared = best
    told: dict[str, Any] = {"reference": PurePosixPath(name).name}
    if textured:
        told = {"learnt_from": len(names), "engine": f"nearest good places, {kit.features.engine}, {engine}"}
    return _judged(item, kit, data | told, picture, compared, quality, usage)


def _about(item: Item, product: str, quality: Quality) -> dict[str, Any]:
    return {
        "kind": "inspection",
        "product": product,
        "line": place(item.key),
        "taken": taken(item),
        "quality": {
            "sharpness": quality.sharpness,
            "brightness": quality.brightness,
            "contrast": quality.contrast,
            "problems": list(quality.problems),
        },
    }


def _by_model(item: Item, kit: Kit, body: bytes, picture: Grey, engine: str) -> Result:
    """The model alone judges: references are no part of it, so the picture is measured by itself."""
    labels = kit.labels(kit.params["model"])
    reject, review = float(kit.params["reject"]), float(kit.params["review"])
    found = labels.find(body, min(reject, review))
    called = labelled.judge(picture, found, kit.params["good"], reject)
    quality = measure(picture)
    data = _about(item, PurePosixPath(item.key).parent.name, quality)
    data |= {"engine": f"{labels.engine}, {engine}", "labels": labelled.record(found)}
    usage = {"bytes_read": item.size, "images": 1}
    return _judged(item, kit, data, picture, called.compared, quality, usage, called)


def _as_texture(picture: Grey, product: str, names: tuple[str, ...], references: Golden, kit: Kit) -> Compared:
    def learnt() -> texture.Learnt:
        most = kit.params["max_pixels"]
        return texture.learn([decode(references.read(name, kit.source), most) for name in names], kit.features)

    return texture.judge(picture, kit.memo(f"texture {product}", learnt), kit.features)


def _best(picture: Grey, names: tuple[str, ...], references: Golden, kit: Kit) -> tuple[str, Grey, Compared] | None:
    """The reference that differs least: parts come in variants."""
    tried = []
    for name in names:
        reference = kit.memo(
            f"golden {name}",
            lambda name=name: decode(references.read(name, kit.source), kit.params["max_pixels"]),  # type: ignore[misc]
        )
        tried.append((name, reference, compare(reference, picture)))
    return min(tried, key=lambda each: (not each[2].framed, each[2].score, -each[2].correlation), default=None)


def _judged(
    item: Item,
    kit: Kit,
    data: dict[str, Any],
    picture: Grey,
    compared: Compared,
    quality: Quality,
    usage: dict[str, int],
    called: Called | None = None,
) -> Result:
    reject, review = float(kit.params["reject"]), float(kit.params["review"])
    certain = compared.framed and not quality.problems
    decision = "pass"
    if compared.score >= reject and certain:
        decision = "fail"
    elif compared.score >= review or not certain or (called is not None and called.unmatched):
        decision = "review"
    boxes = [box for box in compared.boxes if box.score >= review][:BOXES]
    data |= {
        "decision": decision,
        "score": compared.score,
        "reject": reject,
        "review": review,
        "correlation": compared.correlation,
        "boxes": [box.record() for box in boxes],
        "boxes_omitted": max(0, sum(1 for box in compared.boxes if box.score >= review) - BOXES),
    }
    findings = list(_taken_badly(item, quality, compared))
    if decision != "pass":
        rule, severity = ("inspection-defect", "high") if decision == "fail" else ("inspection-review", "medium")
        why = called.why if called else f"{len(boxes)} places differ from the reference, the surest by {compared.score}"
        if quality.problems and not boxes:
            why = f"it was taken too badly to be judged ({', '.join(quality.problems)})"
        if not compared.framed:
            why = f"it does not lie over its reference (correlation {compared.correlation}, shift {compared.shift})"
        evidence = {"boxes": data["boxes"], "score": compared.score, "line": data["line"], "taken": data["taken"]}
        remedy = "look at the marked places beside the reference; move `reject` or `review` where the line differs"
        findings.append(Finding(rule, severity, why, item.key, evidence, remedy))  # type: ignore[arg-type]
    outputs = (kit.sink.put(EVIDENCE.format(item.key), draw(picture, compared, boxes)),) if decision != "pass" else ()
    return Result(item, "ok", data, outputs, tuple(findings), usage)


def _taken_badly(item: Item, quality: Quality, compared: Compared | None) -> tuple[Finding, ...]:
    problems = [*quality.problems, *(["framing"] if compared is not None and not compared.framed else [])]
    if not problems:
        return ()
    evidence = {"problems": problems, "sharpness": quality.sharpness, "brightness": quality.brightness}
    remedy = "check focus, light and where the part lies, then take it again"
    return (Finding("image-quality", "low", f"taken badly: {', '.join(problems)}", item.key, evidence, remedy),)


def draw(picture: Grey, compared: Compared, boxes: list[Box]) -> bytes:
    """The picture beside itself with heat and boxes, at most 1600 pixels wide."""
    import numpy

    cv2 = opencv()
    plain = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    heat = cv2.applyColorMap(compared.heat, cv2.COLORMAP_INFERNO)
    marked = cv2.addWeighted(plain, 0.5, heat, 0.9, 0)
    for box in boxes:
        cv2.rectangle(marked, (box.x, box.y), (box.x + box.width, box.y + box.height), (0, 0, 255), 2)
    both = numpy.hstack([plain, marked])
    if both.shape[1] > 1600:
        both = cv2.resize(both, (1600, round(both.shape[0] * 1600 / both.shape[1])), interpolation=cv2.INTER_AREA)
    return encode(both)


def taken(item: Item) -> str:
    """When it was taken, by its name, else when the file was last written."""
    found = _TAKEN.search(PurePosixPath(item.key).name)
    if found:
        try:
            moment = datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
        except ValueError:
            return item.modified
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return item.modified
