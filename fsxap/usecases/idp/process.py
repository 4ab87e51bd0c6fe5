"""One document: read, understood, checked, written; what is not sure enough becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from fsxap.documents import Document, Reading
from fsxap.engine.types import Kit
from fsxap.errors import ItemError, MissingExtra
from fsxap.model import Finding, Item, Record, Result, Severity
from fsxap.usecases.idp import einvoice
from fsxap.usecases.idp.entities import supported, told
from fsxap.usecases.idp.extract import Extraction, extract, extract_einvoice
from fsxap.usecases.idp.output import body_of, data_of, output_key, searchable_key, stacked
from fsxap.usecases.idp.stack import moved, parts, stack_of
from fsxap.usecases.idp.validate import Problem, doubted, problems

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "invoice": ("number", "issue_date", "total", "vendor"),
    "receipt": ("issue_date", "total", "vendor"),
    "purchase-order": ("number", "issue_date"),
    "contract": ("parties",),
}
"""Fields without which a document of a kind goes to review."""

LIBRARIES = ("dateparser", "price_parser", "stdnum")
SEVERITIES: Mapping[str, Severity] = {"idp-mismatch": "high", "idp-review": "low"}
REMEDIES: Mapping[str, str] = {
    "idp-review": "look at the place on the page and correct the field in the document's JSON",
    "idp-arithmetic": "compare the sums with the document; if it is printed so, ask the vendor for a correction",
    "idp-dates": "compare the dates with the document",
    "idp-check-digit": "compare the number with the document before paying to it or claiming tax by it",
    "idp-mismatch": "do not book before the vendor has said which of the two is right",
}


def reading(kit: Kit) -> Reading:
    chosen = kit.params
    return Reading(
        max_pages=chosen["max_pages"],
        max_pixels=chosen["max_pixels"],
        languages=tuple(chosen["languages"]),
        features=tuple(chosen["features"]),
    )


def process(item: Item, kit: Kit) -> Result:
    _ready(kit)
    limit = kit.params["max_size"]
    if item.size > limit:
        raise ItemError(f"{item.key} is larger than max_size ({limit} bytes)", code="too-large")
    body = kit.source.read(item.key)
    if einvoice.looks_like(body):
        return _finished(item, kit, [_checked(extract_einvoice(einvoice.read(body), None))], None)
    try:
        document = kit.documents.read(body, item.key, reading(kit))
    except ItemError as error:
        if error.code == "unsupported":
            return Result.skipped(item, error.message, engine=kit.documents.engine)
        raise
    copy, notes = _searchable(item, kit, body, document)
    invoice, left_out = einvoice.among(document.attachments)
    notes += left_out
    if invoice:
        return _finished(item, kit, [_checked(extract_einvoice(invoice, document), document)], document, notes, copy)
    document = told(document, kit.entities)
    stack = stack_of(document)
    read = [_understood(part, first, kit) for first, part in parts(document, stack)]
    return _finished(item, kit, read, document, notes, copy, stack.doubts)


def _ready(kit: Kit) -> None:
    """What would stop every document is told before the first is paid for."""
    for name in LIBRARIES:
        if find_spec(name) is None:
            raise MissingExtra("text", name)
    if "parquet" in kit.params["fields"] and find_spec("duckdb") is None:
        raise MissingExtra("sql", "duckdb")


@dataclass(frozen=True, slots=True)
class Understood:
    """One document of a file: its first page there, its own pages, what it says, and which checks failed."""

    found: Extraction
    failed: tuple[Problem, ...]
    document: Document | None
    first: int = 1


def _checked(found: Extraction, document: Document | None = None, first: int = 1) -> Understood:
    failed = tuple(problems(found))
    return Understood(replace(found, fields=doubted(found, failed)), failed, document, first)


def _understood(part: Document, first: int, kit: Kit) -> Understood:
    found = extract(part)
    fields = supported(found.fields, part, kit.entities, kit.params["review_threshold"])
    return _checked(moved(replace(found, fields=fields), first - 1), part, first)


def _searchable(item: Item, kit: Kit, body: bytes, document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the searchable copy was written, if one was asked for and is of use, and why there is none."""
    if not kit.params["searchable_pdf"]:
        return (), ()
    try:
        copy = kit.documents.searchable(body, item.key, document)
    except ItemError as error:
        # What was read is worth more than the copy.
        return (), (f"there is no searchable copy: {error.message}",)
    return ((kit.sink.put(searchable_key(item.key), copy),) if copy else ()), ()


def _finished(
    item: Item,
    kit: Kit,
    read: Sequence[Understood],
    document: Document | None,
    notes: tuple[str, ...] = (),
    copies: tuple[str, ...] = (),
    doubts: tuple[int, ...] = (),
) -> Result:
    datas, findings = [], []
    for number, each in enumerate(read, 1):
        said = list(_findings(item, each, kit.params["review_threshold"]))
        if number == 1 and doubts:
            evidence = {"pages": list(doubts[:50])}
            said.append(_finding(item, "idp-review", "it may hold several documents", "documents", evidence))
        data = data_of(each.found, each.found.fields, each.document, each.failed, each.first)
        data["review"] = sorted({str(finding.subject) for finding in said if finding.rule == "idp-review"})
        datas.append(data)
        findings += [_numbered(finding, number) for finding in said]
    data = stacked(document, [each.first for each in read], datas) if document and len(read) > 1 else datas[0]
    data["notes"] += notes
    location = kit.sink.put(output_key(item.key), body_of(item.key, data, document))
    usage = {"documents": len(read), "pages": data["pages"]} | dict(document.usage if document else {})
    return Result(item, "ok", data, (location, *copies), tuple(findings), usage)


def _numbered(finding: Finding, number: int) -> Finding:
    """A finding about a later document of a file, told apart from the same about the first."""
    if number == 1:
        return finding
    evidence = {**finding.evidence, "document": number}
    return replace(finding, evidence=evidence, subject=f"{finding.subject} (document {number})")


def _findings(item: Item, read: Understood, threshold: float) -> Iterator[Finding]:
    """Problems first, then every field that a person should look at. Values stay in the results."""
    found, fields = read.found, read.found.fields
    for problem in read.failed:
        evidence: Record = {
            name: {"page": fields[name].page, "box": fields[name].record()["box"]}
            for name in problem.fields
            if name in fields
        }
        yield _finding(item, problem.rule, problem.message, " ".join(problem.fields), evidence)
    for name, each in sorted(fields.items()):
        if each.confidence < threshold:
            record = each.record()
            evidence = {"field": name, **{key: record[key] for key in ("confidence", "page", "box")}}
            yield _finding(item, "idp-review", f"{name} is not sure enough", name, evidence)
    for name in EXPECTED.get(found.kinds.kind, ()):
        if name not in fields:
            yield _finding(item, "idp-review", f"{name} was not found", name, {"field": name, "confidence": 0.0})
    unsure = [at for at, each in enumerate(found.line_items) if each.confidence < threshold]
    if unsure:
        evidence = {"rows": unsure[:50], "confidence": round(min(found.line_items[at].confidence for at in unsure), 3)}
        yield _finding(item, "idp-review", f"{len(unsure)} positions are not sure enough", "line_items", evidence)
    pages = read.document.pages if read.document else ()
    marks = [(page.number + read.first - 1, each) for page in pages for each in page.signatures]
    if doubtful := [mark for mark in marks if mark[1].confidence < threshold]:
        number, least = min(doubtful, key=lambda mark: mark[1].confidence)
        evidence = {"field": "signatures", "page": number, **least.record()}
        yield _finding(item, "idp-review", "what may be a signature is not sure enough", "signatures", evidence)
    if found.kinds.kind == "other" or found.kinds.confidence < threshold - 0.25:
        evidence = {"kind": found.kinds.kind, "confidence": found.kinds.confidence}
        yield _finding(item, "idp-review", "what kind of document it is, is not sure", "document_type", evidence)
    if read.document and not any(page.lines for page in pages):
        evidence = {"pages": len(pages)}
        yield _finding(item, "idp-review", "no text was found on any page", "text", evidence)


def _finding(item: Item, rule: str, message: str, subject: str, evidence: Record) -> Finding:
    severity = SEVERITIES.get(rule, "medium")
    return Finding(rule, severity, message, item.key, evidence, REMEDIES[rule], subject)


def units(item: Item, params: Mapping[str, object]) -> Mapping[str, int]:
    """A document has as many pages as were counted, or else `pages_per_document`."""
    if item.key.lower().endswith(".xml"):
        return {}
    counted = item.attrs.get("pages")
    pages = counted if isinstance(counted, int) else int(str(params.get("pages_per_document") or 1))
    features = params.get("features")
    names = features if isinstance(features, tuple) else ()
    paid = [name for name in names if name != "text"] or ["text"]
    return {f"textract_{name}_pages": pages for name in paid}
