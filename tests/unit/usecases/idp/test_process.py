"""One document through `process`, read by a stub of Textract: fields, positions, findings and what is billed."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

import pytest

from fsxap.documents import Reading
from fsxap.engine.types import Kit
from fsxap.errors import ItemError, MissingExtra
from fsxap.model import Item
from fsxap.providers.aws.documents import TextractDocuments
from fsxap.providers.local.documents.reader import LocalDocuments
from fsxap.usecases.idp import USE_CASE
from fsxap.usecases.idp.process import process
from tests.unit.providers.aws.test_aws_documents import picture
from tests.unit.providers.aws.test_textract import reader
from tests.unit.providers.aws.textract_service import Sheet, TextractService, geometry
from tests.unit.usecases.idp.pdf import pdf


@dataclass
class Disk:
    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, key: str) -> bytes:
        return self.files[key]

    def put(self, key: str, body: Any) -> str:
        self.files[key] = body if isinstance(body, bytes) else cast(io.BytesIO, body).read()
        return f"out/{key}"


@dataclass
class Desk:
    """What a kit has that one document needs."""

    documents: Any
    source: Disk
    sink: Disk = field(default_factory=Disk)
    entities: None = None
    params: dict[str, Any] = field(default_factory=lambda: {each.name: each.default for each in USE_CASE.params})


def desk(body: bytes, service: TextractService, **params: Any) -> tuple[Item, Desk]:
    made = Desk(TextractDocuments(LocalDocuments(), reader(service)), Disk({"a.png": body}))
    made.params |= params
    return Item("a.png", len(body), "", "1"), made


def said(kind: str, text: str, sure: float = 97.0) -> dict[str, Any]:
    place = geometry(0.1, 0.1)
    return {
        "Type": {"Text": kind},
        "ValueDetection": {"Text": text, "Geometry": place, "Confidence": sure},
        "PageNumber": 1,
    }


def sheet(_body: bytes, _asked: tuple[str, ...]) -> list[Sheet]:
    made = Sheet()
    for at, text in enumerate(("INVOICE", "Invoice number: BW-0417", "Subtotal 10.00", "VAT 2.00", "Total 12.50")):
        made.line(text, top=0.1 + 0.05 * at)
    return [made]


def test_what_textract_says_becomes_fields_and_is_billed() -> None:
    items = [{"LineItemExpenseFields": [said("ITEM", "Brush"), said("QUANTITY", "2"), said("PRICE", "10.00", 60.0)]}]
    expense = {"SummaryFields": [said("VENDOR_NAME", "Acme Ltd")], "LineItemGroups": [{"LineItems": items}]}
    item, kit = desk(picture("PNG"), TextractService(sheet, expense=[expense]), features=("text", "expense"))
    result = process(item, cast(Kit, kit))
    assert result.data["fields"]["vendor"]["value"] == "Acme Ltd"
    assert result.data["fields"]["number"]["value"] == "BW-0417"
    assert [(row["description"], row["quantity"], row["total"]) for row in result.data["line_items"]] == [
        ("Brush", "2", "10.00")
    ]
    assert result.usage == {"documents": 1, "pages": 1, "textract_expense_pages": 1}
    assert result.data["text_engine"].startswith("textract")
    assert json.loads(kit.sink.files["a.png.json"])["fields"] == result.data["fields"]


def test_a_searchable_copy_is_written_where_it_is_asked_for_and_of_use() -> None:
    item, kit = desk(picture("PNG"), TextractService(sheet), features=("text",), searchable_pdf=True)
    result = process(item, cast(Kit, kit))
    assert result.outputs == ("out/a.png.json", "out/a.png.searchable.pdf")
    copy = LocalDocuments().read(kit.sink.files["a.png.searchable.pdf"], "copy.pdf", Reading())
    assert (copy.pages[0].width, copy.pages[0].height) == (108, 72)
    kit.source.files["a.png"] = pdf([[(60, 20, "This page says enough in its own text layer")]])
    assert process(item, cast(Kit, kit)).outputs == ("out/a.png.json",)


def test_a_copy_that_cannot_be_made_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise ItemError("a.png takes no text over its pages", code="unsupported")

    monkeypatch.setattr(LocalDocuments, "searchable", refuse)
    item, kit = desk(picture("PNG"), TextractService(sheet), features=("text",), searchable_pdf=True)
    result = process(item, cast(Kit, kit))
    assert result.outputs == ("out/a.png.json",)
    assert result.data["notes"] == ["there is no searchable copy: a.png takes no text over its pages"]


def test_a_sum_that_is_wrong_is_found_and_its_fields_go_to_review() -> None:
    item, kit = desk(picture("PNG"), TextractService(sheet), features=("text",))
    result = process(item, cast(Kit, kit))
    assert "idp-arithmetic" in {finding.rule for finding in result.findings}
    assert {"subtotal", "tax", "total"} <= set(result.data["review"])
    assert {"issue_date", "vendor"} <= set(result.data["review"]), "what an invoice must have and was not found"
    assert "12.50" not in json.dumps([finding.record() for finding in result.findings])


def test_a_file_that_is_too_large_is_not_read() -> None:
    item, kit = desk(b"12345", TextractService(sheet), max_size=4)
    with pytest.raises(ItemError, match="larger than max_size") as caught:
        process(item, cast(Kit, kit))
    assert caught.value.code == "too-large"


def test_without_its_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        import_module("fsxap.usecases.idp.process"), "find_spec", lambda name: None if name == "stdnum" else name
    )
    item, kit = desk(b"", TextractService(sheet))
    with pytest.raises(MissingExtra) as caught:
        process(item, cast(Kit, kit))
    assert caught.value.hint == "pip install 'fsxap[text]'"


@pytest.mark.parametrize(
    ("key", "params", "wanted"),
    [
        ("a.pdf", {}, {"textract_forms_pages": 1, "textract_tables_pages": 1}),
        ("a.PDF", {"features": ("text",), "pages_per_document": 3}, {"textract_text_pages": 3}),
        ("a.xml", {}, {}),
    ],
)
def test_an_estimate_counts_what_is_asked_for(key: str, params: dict[str, Any], wanted: dict[str, int]) -> None:
    chosen = {each.name: each.default for each in USE_CASE.params} | params
    assert USE_CASE.units(Item(key, 1), chosen) == wanted
