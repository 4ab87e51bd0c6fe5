from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fsxap.errors import ItemError
from fsxap.usecases.idp import einvoice, markup
from fsxap.usecases.idp.sample import E_INVOICE

CII = """<?xml version='1.0' encoding='UTF-8'?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:a" xmlns:udt="urn:b">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID> R-1 </ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20240229</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Schraube</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>0.50</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="H87">200</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>100.00
</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Eisen GmbH</ram:Name>
<ram:PostalTradeAddress><ram:PostcodeCode>80333</ram:PostcodeCode><ram:LineOne>Hof 1</ram:LineOne>
<ram:CityName>Ulm</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">201/113</ram:ID></ram:SpecifiedTaxRegistration>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE136695976</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Kauf AG</ram:Name></ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20240330</udt:DateTimeString>
</ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>100.00</ram:LineTotalAmount>
<ram:ChargeTotalAmount>5.00</ram:ChargeTotalAmount><ram:AllowanceTotalAmount>3.00</ram:AllowanceTotalAmount>
<ram:TaxBasisTotalAmount>102.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="USD">22.00</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">19.38</ram:TaxTotalAmount>
<ram:GrandTotalAmount>121.38</ram:GrandTotalAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


def test_cii_says_every_field() -> None:
    read = einvoice.read(CII.encode())
    assert {name: each.value for name, each in read.fields.items()} == {
        "vendor": "Eisen GmbH",
        "vendor_address": "Hof 1, 80333 Ulm, DE",
        "vendor_tax_id": "DE136695976",
        "customer": "Kauf AG",
        "number": "R-1",
        "issue_date": "2024-02-29",
        "due_date": "2024-03-30",
        "subtotal": "102.00",
        "tax": "19.38",
        "total": "121.38",
        "currency": "EUR",
    }
    (line,) = read.line_items
    assert (line.description, line.quantity, line.unit_price, line.total) == ("Schraube", "200", "0.50", "100.00")
    assert read.adjustments == Decimal("2.00")
    assert read.syntax == "CII urn:cen.eu:en16931:2017"


def test_ubl_says_every_field() -> None:
    read = einvoice.read(E_INVOICE.encode())
    said = {name: each.value for name, each in read.fields.items()}
    assert said["iban"] == "DE89370400440532013000"
    assert (said["subtotal"], said["tax"], said["total"]) == ("100.00", "19.00", "119.00")
    assert (said["issue_date"], said["due_date"]) == ("2026-02-10", "2026-03-12")
    assert [each.quantity for each in read.line_items] == ["500"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Invoice>&b;</Invoice>', "unsupported"),
        (b'<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>', "unsupported"),
        (b"<Invoice><AccountingSupplierParty>", "damaged"),
        (b"<html/>", "unsupported"),
        (b"<a>" * 200 + b"</a>" * 200, "damaged"),
        (b'<?xml version="1.0" encoding="no-such"?><a>\xff</a>', "damaged"),
        (b"<a>" + b" " * markup.LARGEST + b"</a>", "too-large"),
    ],
)
def test_what_is_no_invoice_or_hostile_is_an_error(body: bytes, code: str) -> None:
    with pytest.raises(ItemError) as caught:
        einvoice.read(body)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [('"102">20240229', '"102">20240230', "issue_date"), ('format="102">20240330', 'format="616">202413', "due_date")],
)
def test_an_impossible_date_is_left_out(before: str, after: str, name: str) -> None:
    assert name not in einvoice.read(CII.replace(before, after).encode()).fields


@pytest.mark.parametrize("declared", ["UTF-8-W/O-BOM", "iso-8859-1", ""])
def test_a_wrong_declaration_does_not_hide_utf_8(declared: str) -> None:
    body = CII.replace("encoding='UTF-8'", f"encoding='{declared}'").replace("Schraube", "Dübel").encode()
    assert einvoice.read(body).line_items[0].description == "Dübel"


def test_an_amount_that_is_no_number_is_left_out() -> None:
    assert "total" not in einvoice.read(CII.replace(">121.38<", ">NaN<").encode()).fields


def test_the_newer_of_two_generations_is_read_and_others_are_noted() -> None:
    found, notes = einvoice.among({"ZUGFeRD-invoice.xml": b"<old/>", "factur-x.xml": CII.encode(), "a.txt": b"text"})
    assert found is not None
    assert notes == ()
    found, notes = einvoice.among({"order.xml": b"<Order/>"})
    assert found is None
    assert len(notes) == 1


def test_the_corpus_is_read(shared_data: Path) -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    paths = sorted((shared_data / "idp" / "e-invoices").glob("*.pdf"))
    read = 0
    for path in paths:
        pdf = pypdfium2.PdfDocument(path)
        attached = [pdf.get_attachment(index) for index in range(pdf.count_attachments())]
        found, _ = einvoice.among({each.get_name(): bytes(each.get_data()) for each in attached})
        read += found is not None and {"number", "issue_date", "total", "vendor"} <= set(found.fields)
        pdf.close()
    assert read >= len(paths) - 1, "one of them has no XML"
