"""Made-up documents for the demo: a PDF with a text layer, a receipt as a picture, and an e-invoice as XML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

INVOICE: Sequence[tuple[int, int, int, str]] = (
    (50, 780, 16, "Brightwater Tools Ltd"),
    (50, 762, 10, "14 Harbour Road"),
    (50, 748, 10, "Bristol BS1 4QA"),
    (50, 734, 10, "VAT No: GB 980 7806 84"),
    (340, 690, 22, "INVOICE"),
    (340, 660, 10, "Invoice number: BW-2026-0417"),
    (340, 644, 10, "Invoice date: 12 March 2026"),
    (340, 628, 10, "Due date: 11 April 2026"),
    (50, 660, 10, "Bill to:"),
    (50, 646, 10, "Northgate Engineering Ltd"),
    (50, 632, 10, "3 Mill Lane"),
    (50, 618, 10, "Leeds LS1 5AB"),
    (50, 540, 10, "Description"),
    (330, 540, 10, "Quantity"),
    (410, 540, 10, "Unit price"),
    (500, 540, 10, "Amount"),
    (50, 520, 10, "Torque wrench 40-200 Nm"),
    (330, 520, 10, "2"),
    (410, 520, 10, "£89.50"),
    (500, 520, 10, "£179.00"),
    (50, 502, 10, "Socket set, 94 pieces"),
    (330, 502, 10, "1"),
    (410, 502, 10, "£64.00"),
    (500, 502, 10, "£64.00"),
    (410, 460, 10, "Subtotal"),
    (500, 460, 10, "£243.00"),
    (410, 442, 10, "VAT 20%"),
    (500, 442, 10, "£48.60"),
    (410, 424, 10, "Total"),
    (500, 424, 10, "£291.60"),
    (50, 60, 9, "IBAN GB33 BUKB 2020 1555 5555 55"),
)
"""Points from the lower left corner of an A4 page, size, and what is printed there."""

RECEIPT: Sequence[tuple[int, int, int, str]] = (
    (150, 60, 34, "CORNER BAKERY LTD"),
    (170, 115, 22, "2 Station Street, York YO1 6AA"),
    (230, 170, 26, "RECEIPT"),
    (40, 230, 22, "Date: 03/02/2026 08:41"),
    (40, 300, 22, "Sourdough loaf"),
    (480, 300, 22, "£4.20"),
    (40, 335, 22, "Coffee"),
    (480, 335, 22, "£2.80"),
    (40, 400, 24, "TOTAL"),
    (480, 400, 24, "£7.00"),
    (40, 440, 22, "CASH"),
    (480, 440, 22, "£10.00"),
    (40, 475, 22, "CHANGE"),
    (480, 475, 22, "£3.00"),
)

E_INVOICE = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
 <cbc:ID>R-2026-118</cbc:ID>
 <cbc:IssueDate>2026-02-10</cbc:IssueDate>
 <cbc:DueDate>2026-03-12</cbc:DueDate>
 <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
 <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 <cac:AccountingSupplierParty><cac:Party>
  <cac:PartyLegalEntity><cbc:RegistrationName>Muster Druck GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
 </cac:Party></cac:AccountingSupplierParty>
 <cac:AccountingCustomerParty><cac:Party>
  <cac:PartyLegalEntity><cbc:RegistrationName>Beispiel Handel AG</cbc:RegistrationName></cac:PartyLegalEntity>
 </cac:Party></cac:AccountingCustomerParty>
 <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>DE89370400440532013000</cbc:ID></cac:PayeeFinancialAccount>
 </cac:PaymentMeans>
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount></cac:TaxTotal>
 <cac:LegalMonetaryTotal>
  <cbc:TaxExclusiveAmount currencyID="EUR">100.00</cbc:TaxExclusiveAmount>
  <cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount>
 </cac:LegalMonetaryTotal>
 <cac:InvoiceLine>
  <cbc:ID>1</cbc:ID>
  <cbc:InvoicedQuantity unitCode="H87">500</cbc:InvoicedQuantity>
  <cbc:LineExtensionAmount currencyID="EUR">100.00</cbc:LineExtensionAmount>
  <cac:Item><cbc:Name>Flyer A5</cbc:Name></cac:Item>
  <cac:Price><cbc:PriceAmount currencyID="EUR">0.20</cbc:PriceAmount></cac:Price>
 </cac:InvoiceLine>
</Invoice>
"""


def write_sample(folder: Path) -> None:
    """An invoice, the same again under another name, a receipt, and an e-invoice."""
    files = {
        "invoices/brightwater-0417.pdf": _pdf(INVOICE),
        "inbox/scan-0001.pdf": _pdf(INVOICE),
        "invoices/R-2026-118.xml": E_INVOICE.encode("utf-8"),
    }
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    _draw(folder / "receipts" / "bakery.png", RECEIPT, (640, 1200))


def _pdf(lines: Sequence[tuple[int, int, int, str]]) -> bytes:
    """One page in Helvetica; readers rebuild the table of objects that it leaves out."""
    shown = b"".join(
        b"/F %d Tf 1 0 0 1 %d %d Tm (%s) Tj\n" % (size, left, bottom, text.encode("cp1252"))
        for left, bottom, size, text in lines
    )
    return (
        b"%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F 4 0 R >> >> >>\nendobj\n"
        b"4 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>\nendobj\n"
        b"5 0 obj\n<< /Length %d >>\nstream\nBT\n%sET\nendstream\nendobj\n"
        b"trailer\n<< /Size 6 /Root 1 0 R >>\n%%%%EOF\n" % (len(shown) + 6, shown)
    )


def _draw(path: Path, lines: Sequence[tuple[int, int, int, str]], size: tuple[int, int]) -> None:
    from PIL import Image, ImageDraw, ImageFont

    path.parent.mkdir(parents=True, exist_ok=True)
    page = Image.new("L", size, 255)
    pen = ImageDraw.Draw(page)
    for left, top, height, text in lines:
        # Pillow's own typeface: a system's fonts are not the same everywhere.
        pen.text((left, top), text, fill=0, font=ImageFont.load_default(height))
    page.save(path)
