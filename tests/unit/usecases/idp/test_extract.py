"""Fields of whole documents, each made here in another layout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fsxap.documents import Answer, CheckBox
from fsxap.usecases.idp import einvoice
from fsxap.usecases.idp.classify import classify
from fsxap.usecases.idp.extract import Extraction, extract, extract_einvoice
from fsxap.usecases.idp.search import text_of
from tests.unit.usecases.idp.pages import At, document
from tests.unit.usecases.idp.test_einvoice import CII

GERMAN: list[At] = [
    (20, 20, "Eisen Handel GmbH • Hofweg 3 • 89073 Ulm"),
    (20, 45, "Kaufrausch AG"),
    (20, 51, "Ringstraße 15"),
    (20, 57, "69876 Frankfurt"),
    (20, 90, "Rechnung Nr. 471102 vom 05.03.2018"),
    (120, 45, "Rechnungsdatum"),
    (165, 45, "05.03.2018"),
    (120, 51, "Lieferdatum"),
    (165, 51, "01.03.2018"),
    (20, 110, "Pos"),
    (35, 110, "Bezeichnung"),
    (100, 110, "Menge"),
    (130, 110, "Preis"),
    (165, 110, "Betrag"),
    (20, 118, "1"),
    (35, 118, "Trennblätter A4"),
    (100, 118, "20 Stk"),
    (130, 118, "9,90"),
    (165, 118, "198,00"),
    (20, 126, "2"),
    (35, 126, "Joghurt Banane"),
    (100, 126, "50 Stk"),
    (130, 126, "5,50"),
    (165, 126, "275,00"),
    (100, 140, "Rechnungssumme netto"),
    (165, 140, "473,00"),
    (100, 148, "USt. 7 % auf 275,00"),
    (165, 148, "19,25"),
    (100, 156, "USt. 19 % auf 198,00"),
    (165, 156, "37,62"),
    (100, 164, "Rechnungsbetrag"),
    (165, 164, "529,87 €"),
    (20, 180, "Zahlbar bis 04.04.2018 auf IBAN DE89 3704 0044 0532 0130 00"),
    (20, 190, "USt-IdNr. DE136695976"),
]

RECEIPT: list[At] = [
    (70, 10, "tan woon yann"),
    (60, 20, "LIAN CHI PU TIAN VEGETARIAN"),
    (70, 26, "RESTAURANT SDN BHD"),
    (70, 32, "(1095514-X)"),
    (60, 38, "54, JALAN SS23/11"),
    (60, 44, "47400 PETALING JAYA"),
    (70, 52, "TAX INVOICE"),
    (20, 60, "28-04-201820:10:51"),
    (20, 70, "Fried rice"),
    (150, 70, "62.00"),
    (20, 80, "Total (Excluding GST)"),
    (150, 80, "62.00"),
    (20, 88, "GST 6%"),
    (150, 88, "3.72"),
    (20, 96, "Total (Inclusive of GST)"),
    (150, 96, "65.72"),
    (20, 104, "Rounding Adj"),
    (150, 104, "-0.02"),
    (20, 112, "TOTAL"),
    (150, 112, "RM 65.70"),
    (20, 120, "CASH"),
    (150, 120, "100.00"),
    (20, 128, "CHANGE"),
    (150, 128, "34.30"),
    (40, 140, "Thank you, please come again"),
]

JAPANESE: list[At] = [
    (90, 15, "御请求書"),
    (130, 30, "請求番号"),
    (165, 30, "A-2024-0137"),
    (130, 38, "発行日"),
    (165, 38, "令和6年3月15日"),
    (20, 40, "株式会社青空フーズ御中"),
    (130, 52, "株式会社山田製作所"),
    (130, 60, "〒100-0005 東京都千代田区丸の内1-2-3"),
    (130, 68, "登録番号 T7000012050002"),
    (20, 80, "ご請求金額"),
    (70, 80, "¥128,700-"),
    (20, 88, "お支払期限:2024年4月30日"),
    (20, 100, "品名"),
    (100, 100, "数量"),
    (130, 100, "単価"),
    (165, 100, "金額"),
    (20, 108, "ノートパソコン"),
    (100, 108, "2"),
    (130, 108, "48,000"),
    (165, 108, "96,000"),
    (20, 116, "事務用椅子"),
    (100, 116, "3"),
    (130, 116, "7,000"),
    (165, 116, "21,000"),
    (130, 128, "小計"),
    (165, 128, "117,000"),
    (130, 136, "消费税(10%)"),
    (165, 136, "11,700"),
    (130, 144, "合計"),
    (165, 144, "128,700"),
]

FRENCH: list[At] = [
    (20, 20, "Au bon moulin SARL - 12 chemin de l'olive - 84340 Malaucène - France"),
    (20, 40, "Facture FA-2017-0010"),
    (20, 60, "Date de facture"),
    (70, 60, "13/11/2017"),
    (20, 68, "Date d'échéance"),
    (70, 68, "13/12/2017"),
    (20, 90, "Description"),
    (90, 90, "Quantité"),
    (120, 90, "Prix unitaire"),
    (155, 90, "Rem."),
    (175, 90, "Prix HT"),
    (20, 98, "Nougat de l'Abbaye 250g"),
    (90, 98, "20 Unit(s)"),
    (120, 98, "4,55 €"),
    (155, 98, "10%"),
    (175, 98, "81,90 €"),
    (130, 120, "Total HT"),
    (175, 120, "81,90 €"),
    (130, 128, "Total taxes"),
    (175, 128, "16,38 €"),
    (130, 136, "Total TTC"),
    (175, 136, "98,28 €"),
]


def values(found: Extraction) -> dict[str, object]:
    return {name: each.value for name, each in found.fields.items()}


def test_a_german_invoice() -> None:
    found = extract(document(GERMAN, language="de"))
    assert found.kinds.kind == "invoice"
    assert values(found) == {
        "number": "471102",
        "issue_date": "2018-03-05",
        "due_date": "2018-04-04",
        "vendor": "Eisen Handel GmbH",
        "vendor_address": "Hofweg 3, 89073 Ulm",
        "vendor_tax_id": "DE136695976",
        "customer": "Kaufrausch AG",
        "iban": "DE89370400440532013000",
        "subtotal": "473.00",
        "tax": "56.87",
        "total": "529.87",
        "currency": "EUR",
    }
    assert [(each.quantity, each.unit_price, each.total) for each in found.line_items] == [
        ("20", "9.90", "198.00"),
        ("50", "5.50", "275.00"),
    ]
    assert found.line_items[0].description == "Trennblätter A4"
    total = found.fields["total"]
    assert total.page == 1
    assert total.box is not None
    assert total.box[1] == pytest.approx(164 / 297, abs=0.001)


def test_a_receipt_with_rounding() -> None:
    found = extract(document(RECEIPT))
    assert found.kinds.kind == "receipt"
    said = values(found)
    assert said["vendor"] == "LIAN CHI PU TIAN VEGETARIAN RESTAURANT SDN BHD"
    assert said["total"] == "65.70"
    assert said["issue_date"] == "2018-04-28"
    assert said["currency"] == "MYR"


def test_a_japanese_invoice_read_with_chinese_characters() -> None:
    found = extract(document(JAPANESE, language="ja"))
    assert found.kinds.kind == "invoice"
    said = values(found)
    assert said["number"] == "A-2024-0137"
    assert said["issue_date"] == "2024-03-15"
    assert said["due_date"] == "2024-04-30"
    assert said["registration_number"] == "T7000012050002"
    assert (said["subtotal"], said["tax"], said["total"]) == ("117000", "11700", "128700")
    assert said["currency"] == "JPY"
    assert said["customer"] == "株式会社青空フーズ"
    assert said["vendor"] == "株式会社山田製作所"
    assert [each.quantity for each in found.line_items] == ["2", "3"]


def test_a_french_invoice_with_a_discount() -> None:
    found = extract(document(FRENCH, language="fr"))
    said = values(found)
    assert (said["number"], said["issue_date"], said["total"]) == ("FA-2017-0010", "2017-11-13", "98.28")
    assert said["vendor"] == "Au bon moulin SARL"
    assert [(each.quantity, each.total) for each in found.line_items] == [("20", "81.90")]


def test_a_worse_reading_is_less_sure() -> None:
    clear, faint = (extract(document(GERMAN, language="de", confidence=sure)) for sure in (0.99, 0.7))
    for name in ("number", "total", "issue_date"):
        assert faint.fields[name].confidence < clear.fields[name].confidence


def test_an_empty_document_says_nothing() -> None:
    found = extract(document([]))
    assert found.kinds.kind == "other"
    assert not found.fields
    assert not found.line_items


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["PURCHASE ORDER", "PO number: 4711", "Ship to"], "purchase-order"),
        (
            ["SERVICE AGREEMENT", "This Agreement is governed by the laws of Ohio", "The parties hereby agree"],
            "contract",
        ),
        (["見積書", "御見積金額 ¥1,000"], "other"),
        (["Minutes of a meeting", "We talked."], "other"),
        (["Registration form", "Name: ______"], "form"),
    ],
)
def test_kinds(lines: list[str], kind: str) -> None:
    made = document([(20, 20 + 8 * at, said) for at, said in enumerate(lines)])
    assert classify(text_of(made), made).kind == kind


def test_check_boxes_make_a_form() -> None:
    made = document([(20, 20, "Application"), (20, 40, "Yes"), (60, 40, "No")])
    boxes = tuple(CheckBox(True, (0.1 * at, 0.5, 0.1 * at + 0.01, 0.51)) for at in range(4))
    made = replace(made, pages=(replace(made.pages[0], checkboxes=boxes),))
    assert extract(made).kinds.kind == "form"


def test_an_engines_own_answer_supports_or_contradicts() -> None:
    made = document(GERMAN, language="de")
    plain = extract(made).fields["total"]
    box = (0.0, 0.0, 0.1, 0.1)
    agrees = extract(replace(made, answers=(Answer("total", "529,87 €", 1, box, 0.9),))).fields["total"]
    assert agrees.value == "529.87"
    assert agrees.confidence >= plain.confidence
    other = extract(replace(made, answers=(Answer("total", "592,87", 1, box, 0.9),))).fields["total"]
    assert other.confidence < 0.85


def test_xml_is_believed_and_finds_its_place_on_the_page() -> None:
    invoice = einvoice.read(CII.encode())
    lines: list[At] = [(20, 20, "Rechnung Nr. R-1 vom 29.02.2024"), (20, 60, "Rechnungsbetrag"), (160, 60, "999,99 €")]
    found = extract_einvoice(invoice, document(lines, language="de"))
    assert found.fields["number"].page == 1
    assert found.fields["total"].value == "121.38"
    assert found.fields["total"].page is None
    assert found.printed["total"].value == "999.99"
