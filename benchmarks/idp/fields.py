"""How many fields are right: receipts with keys, e-invoices printed and scanned against their own XML, and any folder
of documents with what they say beside them (`NAME.EXT` and `NAME.EXT.true.json` with `fields` and `line_items`)."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.idp.reading import noisy, read, tiff
from fsxap.documents import Document, Reading
from fsxap.providers.local.documents.reader import LocalDocuments
from fsxap.usecases.idp import einvoice
from fsxap.usecases.idp.dates import Order, days
from fsxap.usecases.idp.extract import Extraction, extract
from fsxap.usecases.idp.layout import Segment, fold, segments
from fsxap.usecases.idp.validate import doubted, problems

THRESHOLD = 0.85
NAMES = ("vendor", "customer", "vendor_address")
SUMS = ("subtotal", "tax", "total")


@dataclass
class Score:
    """Counts for one set of documents."""

    name: str
    there: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    kept_right: int = 0
    documents: int = 0

    def add(self, found: Extraction, true: Mapping[str, str], items: list[tuple[Decimal, Decimal]]) -> None:
        self.documents += 1
        fields = doubted(found, tuple(problems(found)))
        for name, value in true.items():
            self.there[name] += 1
            own = fields.get(name)
            if own is None:
                continue
            right = same(name, str(own.value), value)
            self.said[name] += 1
            self.right[name] += right
            if own.confidence >= THRESHOLD:
                self.kept += 1
                self.kept_right += right
        if items:
            rows = Counter(
                (abs(Decimal(each.quantity)), abs(Decimal(each.total)))
                for each in found.line_items
                if each.quantity and each.total
            )
            self.there["rows"] += len(items)
            self.said["rows"] += rows.total()
            self.right["rows"] += (rows & Counter(items)).total()

    def rows(self) -> Iterator[Mapping[str, Any]]:
        for name, there in sorted(self.there.items()):
            right, said = self.right[name], self.said[name]
            f1 = 2 * right / max(1, there + said)
            yield {
                "set": self.name,
                "field": name,
                "documents": self.documents,
                "right": right,
                "of": there,
                "recall": round(right / there, 3),
                "f1": round(f1, 3),
            }
        fields = sum(number for name, number in self.there.items() if name != "rows")
        yield {
            "set": self.name,
            "field": f"not reviewed at {THRESHOLD}",
            "documents": self.documents,
            "right": self.kept_right,
            "of": self.kept,
            "recall": round(self.kept_right / max(1, self.kept), 4),
            "share": round(self.kept / max(1, fields), 3),
        }


def same(name: str, own: str, true: str) -> bool:
    """Names nearly (0.8 of difflib's ratio), sums without their sign, all else exactly."""
    if name in SUMS:
        return abs(Decimal(own)) == abs(Decimal(true))
    if name in NAMES:
        # Some XML has numbers of a party in lines before its name.
        return any(near(own, each) for each in (true, *true.splitlines()))
    return own == true


def near(own: str, true: str) -> bool:
    one, other = (re.sub(r"\W", "", fold(text)) for text in (own, true))
    return one == other or difflib.SequenceMatcher(None, one, other).ratio() >= 0.8


def rows(data: Path, folders: tuple[Path, ...] = ()) -> list[Mapping[str, Any]]:
    documents = LocalDocuments(os.cpu_count() or 1)
    try:
        if folders:
            return [row for folder in folders for row in _folder(documents, folder).rows()]
        scores = [_receipts(documents, data / "receipts"), _xml(documents, data / "e-invoices")]
        scores += [_scans(documents, data / "e-invoices", level) for level in (0, 1, 2)]
        return [row for score in scores for row in score.rows()]
    finally:
        documents.close()


def _receipts(documents: LocalDocuments, folder: Path) -> Score:
    score = Score("receipts")
    paths = sorted((folder / "img").glob("*.jpg"))
    for path, document in zip(paths, read(documents, [path.read_bytes() for path in paths]), strict=True):
        keys = json.loads((folder / "key" / f"{path.stem}.json").read_text(encoding="utf-8"))
        score.add(extract(document), dict(_key(keys)), [])
    return score


def _key(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "vendor", keys["company"]
    line = Segment((), 1, keys["date"], fold(keys["date"]), (0, 0, 1, 1), ())
    for day in list(days(line, Order(), ("en",)))[:1]:
        yield "issue_date", day.value.isoformat()
    amount = re.search(r"\d+(?:\.\d+)?", keys["total"].replace(",", ""))
    if amount:
        yield "total", amount[0]


def _truth(documents: LocalDocuments, folder: Path) -> Iterator[tuple[Path, Document, einvoice.EInvoice]]:
    for path in sorted(folder.glob("*.pdf")):
        document = documents.read(path.read_bytes(), path.name, Reading())
        invoice, _ = einvoice.among(document.attachments)
        if invoice and _shows(document, invoice):
            yield path, document, invoice


def _shows(document: Document, invoice: einvoice.EInvoice) -> bool:
    """Two samples of the corpus show another invoice than their XML is; some print their number in another form."""
    number, total = (re.sub(r"\W", "", str(invoice.fields[name].value)) for name in ("number", "total"))
    if number in re.sub(r"\W", "", document.text):
        return True
    found = (day for page in document.pages for segment in segments(page) for day in days(segment, Order(), ("de",)))
    dated = any(day.value.isoformat() == invoice.fields["issue_date"].value for day in found)
    return dated and total in re.sub(r"\D", "", document.text)


def _xml(documents: LocalDocuments, folder: Path) -> Score:
    """Print by its text layer, as if there were no XML."""
    score = Score("e-invoices, text layer without XML")
    for _, document, invoice in _truth(documents, folder):
        score.add(extract(document), *_said(invoice))
    return score


def _scans(documents: LocalDocuments, folder: Path, level: int) -> Score:
    """Every third invoice, printed, turned and speckled, and stored as a fax machine does."""
    import pypdfium2

    score = Score(f"e-invoices, scanned, noise {level}")
    for seed, (path, _, invoice) in enumerate(_truth(documents, folder)):
        if seed % 3 != level:
            continue
        pdf = pypdfium2.PdfDocument(path)
        bodies = [tiff(noisy(page.render(scale=200 / 72).to_pil(), level, seed)) for page in list(pdf)[:3]]
        parts = list(read(documents, bodies))
        pages = tuple(replace(part.pages[0], number=number) for number, part in enumerate(parts, 1))
        score.add(extract(replace(parts[0], pages=pages)), *_said(invoice))
    return score


def _said(invoice: einvoice.EInvoice) -> tuple[dict[str, str], list[tuple[Decimal, Decimal]]]:
    items = [(abs(Decimal(each.quantity)), abs(Decimal(each.total))) for each in invoice.line_items if each.quantity]
    said = {name: str(each.value) for name, each in invoice.fields.items()}
    if "," not in said.get("vendor_address", ","):
        del said["vendor_address"]  # a country is all that the smallest profile says
    return said, items


def _folder(documents: LocalDocuments, folder: Path) -> Score:
    score = Score(folder.name)
    for truth in sorted(folder.glob("*.true.json")):
        said = json.loads(truth.read_text(encoding="utf-8"))
        document = documents.read(
            truth.with_name(truth.name.removesuffix(".true.json")).read_bytes(), truth.name, Reading(text_layer=False)
        )
        items = [(abs(Decimal(row["quantity"])), abs(Decimal(row["total"]))) for row in said.get("line_items", ())]
        score.add(extract(document), said["fields"], items)
    return score
