from __future__ import annotations

import pytest

from fsxap.providers.local.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This agreement is made between the parties on the date below", "en"),
        ("TAX INVOICE\nTOTAL AMOUNT RM 9.00\nCASH 10.00 CHANGE 1.00", "en"),
        ("Rechnung Nr. 4711 vom 1. März, Gesamtbetrag 119,00 zahlbar bis zum 14. April", "de"),
        ("Facture n° 12, montant total à payer pour le client", "fr"),
        ("Factura número 12, importe total con fecha de vencimiento", "es"),
        ("Fattura numero 12, importo totale, data di scadenza del pagamento", "it"),
        ("請求書 お支払い期限 合計金額 12,800円", "ja"),
        ("合計金額 12,800円 消費税", "ja"),
        ("发票号码 总金额 付款日期 收款人", "zh"),
        ("4711 0815", ""),
        ("Xyzzy Plugh Frobozz Quux Blorb", ""),
    ],
)
def test_the_language_is_told(text: str, language: str) -> None:
    assert language_of(text) == language


def test_only_what_may_occur_is_told() -> None:
    assert language_of("Rechnung Nr. 4711, Betrag zahlbar bis zum 14. April", ("fr", "en")) != "de"
    assert language_of("合計金額と消費税のお支払い", ("en",)) != "ja"
