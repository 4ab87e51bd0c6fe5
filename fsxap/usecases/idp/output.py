"""What is written about one document: the JSON beside its result, by docs/schemas/idp-document-1.json."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from fsxap.documents import CheckBox, Document, Page, Pair
from fsxap.model import Record, dumps
from fsxap.usecases.idp import checkboxes, forms
from fsxap.usecases.idp.extract import Extraction
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import fold
from fsxap.usecases.idp.validate import Problem

SCHEMA = "https://fsxap.github.io/schemas/idp-document-1.json"
OF_FILES = ("pages", "turned", "notes", "text_engine", "engine")
"""What is said once of a file, however many documents are in it."""
LONGEST = 500
"""Characters of a label or value among the pairs."""


def output_key(key: str) -> str:
    return f"{key}.json"


def searchable_key(key: str) -> str:
    return f"{key}.searchable.pdf"


def data_of(
    found: Extraction,
    fields: Mapping[str, Field],
    document: Document | None,
    failed: Iterable[Problem],
    first: int = 1,
) -> Record:
    """The result's `data`: everything but the pages' own words. `first` is the document's first page in its file."""
    pages = document.pages if document else ()
    pairs, boxes = _marks(document)
    engines = {each.engine for each in fields.values() if each.engine}
    if document and document.engine:
        engines.add(document.engine)
    return {
        "document_type": found.kinds.kind,
        "type_confidence": found.kinds.confidence,
        "type_reasons": list(found.kinds.reasons),
        "language": document.language if document else "",
        "pages": len(pages),
        "fields": {name: fields[name].record() for name in sorted(fields)},
        "line_items": [item.record() for item in found.line_items],
        "pairs": {pair.label[:LONGEST]: pair.value[:LONGEST] for pair in pairs},
        "checkboxes": {box.label[:LONGEST]: box.checked for box in boxes if box.label},
        "turned": _turned(pages),
        "signatures": sum(each.kind != "empty" for page in pages for each in page.signatures),
        "signature_marks": [
            {"page": page.number + first - 1} | each.record() for page in pages for each in page.signatures
        ],
        "text_engine": document.engine if document else "none",
        "engine": ", ".join(sorted(engines)),
        "checks": [{"rule": each.rule, "message": each.message, "fields": list(each.fields)} for each in failed],
        "notes": list(document.notes) if document else [],
        "text_hash": text_hash(document.text) if document else "",
    }


def stacked(whole: Document, firsts: Sequence[int], datas: Sequence[Record]) -> Record:
    """The `data` of a file of several documents: that of the first, what is the whole file's, and each by itself."""
    count = len(whole.pages)
    lasts = [*(first - 1 for first in firsts[1:]), count]
    documents = [
        {"page_range": [first, last], **{name: each for name, each in data.items() if name not in OF_FILES}}
        for first, last, data in zip(firsts, lasts, datas, strict=True)
    ]
    note = f"{len(documents)} documents in one file; what is beside `documents` is the first of them"
    notes = [*datas[0]["notes"], note]
    return datas[0] | {"pages": count, "turned": _turned(whole.pages), "notes": notes, "documents": documents}


def _turned(pages: Iterable[Page]) -> list[Record]:
    return [
        {"page": page.number, "rotation": page.rotation, "skew": round(page.skew, 2)}
        for page in pages
        if page.rotation or page.skew
    ]


def _marks(document: Document | None) -> tuple[list[Pair], list[CheckBox]]:
    """What an engine paid for says, else what the lines and boxes of the page say."""
    pairs: list[Pair] = []
    boxes: list[CheckBox] = []
    for page in document.pages if document else ():
        pairs += page.pairs or forms.pairs_of(page)
        boxes += checkboxes.labelled(page)
    return pairs, boxes


def body_of(key: str, data: Record, document: Document | None) -> bytes:
    """The document's JSON: the data, and every page with its text and words."""
    record = {
        **data,
        "schema": SCHEMA,
        "version": 1,
        "key": key,
        "pages": [page.record() for page in document.pages] if document else [],
    }
    return dumps(record).encode("utf-8") + b"\n"


def text_hash(text: str) -> str:
    """64 bits that differ little where texts differ little (a similarity hash over pairs of words); empty when there
    is too little text to compare."""
    said = re.findall(r"\w+", fold(text))
    if len(said) < 20:
        return ""
    counts = [0] * 64
    for first, second in pairwise(said):
        bits = int.from_bytes(hashlib.blake2b(f"{first} {second}".encode(), digest_size=8).digest(), "big")
        for at in range(64):
            counts[at] += 1 if bits >> at & 1 else -1
    return format(sum(1 << at for at in range(64) if counts[at] > 0), "016x")


def shown(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
