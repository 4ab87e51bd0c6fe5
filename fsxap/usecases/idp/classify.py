"""Which kind of document this is, with the words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fsxap.documents import Document
from fsxap.usecases.idp.layout import Row
from fsxap.usecases.idp.search import Text

Kind = Literal["invoice", "receipt", "contract", "purchase-order", "form", "other"]

_TITLES: dict[Kind, re.Pattern[str]] = {
    "invoice": re.compile(
        r"(?<![a-z])(?:tax )?invoice(?![a-z])|r\s?e\s?c\s?h\s?n\s?u\s?n\s?g(?![a-z])|rechnungs-?\s?korrektur|gutschrift"
        r"|(?<![a-z])facture|(?<![a-z])avoir(?![a-z])|(?<![a-z])factura|credit note|請\s*求\s*書|beitragsrechnung"
    ),
    "receipt": re.compile(
        r"(?<![a-z])(?:official |cash )?receipt(?![a-z])|cash (?:bill|sale|memo)|kassenbon|quittung|kassenbeleg"
        r"|(?<![a-z])recu(?![a-z])"
        r"|ticket de caisse|recibo|領\s*収\s*[書証]|レシート|tique"
    ),
    "contract": re.compile(
        r"(?<![a-z])(?:agreement|contract|lease|memorandum of understanding)(?![a-z])|[a-z]*vertrag(?![a-z])"
        r"|vereinbarung"
        r"|(?<![a-z])contrat(?![a-z])|convention|contrato|契\s*約\s*書|覚書"
    ),
    "purchase-order": re.compile(
        r"purchase order|bon de commande|orden de compra|pedido|(?<![a-z])bestellung(?![a-z])|auftragsbestatigung"
        r"|注\s*文\s*書|発\s*注\s*書"
    ),
    "form": re.compile(
        r"(?<![a-z])(?:application|registration|request|claim|order|enrol\w*|consent|intake)?\s?form(?![a-z])"
        r"|questionnaire"
        r"|formular|antrag|formulaire|formulario|solicitud|申\s*[請込]\s*書|届|調査票|application for"
        r"|please (?:print|complete|tick)"
    ),
}
_OTHER = re.compile(
    r"見\s*積\s*書|納\s*品\s*書|(?<![a-z])(?:quotation|quote|delivery note|packing list|lieferschein|angebot"
    r"|devis)(?![a-z])"
)
_PAID = re.compile(
    r"(?<![a-z])(?:change|cash|tender(?:ed)?|cashier|rounding|visa|mastercard|card|wechselgeld|ruckgeld|gegeben|kassierer|rendu"
    r"|bar|ec-?karte|girocard|kasse|kassen|bediener|ihren einkauf|ihren besuch|especes|carte bancaire|votre visite"
    r"|efectivo|entregado|tarjeta|su visita|su compra|cambio|goods sold|thank you|please come again|member|table|pax"
    r"|total qty|gst summary|salesperson"
    r"|not returnable)(?![a-z])|お釣|お預|現金"
)
_LEGAL = re.compile(
    r"hereby|hereinafter|whereas|in witness whereof|governing law|governed by|the parties|terminat|confidential"
    r"|vertragspartei|gerichtsstand|kundigung|laufzeit|nachfolgend|les parties|resiliation|droit applicable|ci-apres"
    r"|las partes|en adelante|甲|乙|第\s?[一二三0-9]+条|締結"
)
_CLAUSE = re.compile(
    r"^\W*(?:\d{1,2}(?:\.\d{1,2})?\.?|§\s?\d+|article\s\d+|第\s?\d+\s?条|\([a-z]\))\s+\S", re.MULTILINE
)
_BILLED = re.compile(
    r"(?<![a-z])(?:due date|payment terms|bill to|iban|vat|ust|mwst|tva|subtotal|invoice (?:no|date|number)"
    r"|rechnungsnummer"
    r"|zahlbar|faktura)(?![a-z])|振込先|支払期限|登録番号|消費税"
)
_NUMBERED = re.compile(
    r"(?<![a-z])(?:invoice|rechnungs?|facture|factura|gutschrift|avoir)[\s-]{0,2}(?:no|nr|number|nummer|num|n[°o]|#|id)"
    r"|請求書?番号"
)
_CLOCK = re.compile(r"\d{2}\s{0,4}[0-2]?\d:[0-5]\d(?!\d)")
LEAST = 0.6
"""Points below which no kind is likely enough."""
HEADING = 1.4
"""Points of a title that no sentence gets."""
SENTENCE = 60
"""Characters of a line that is none, but may be or hold a title, at most."""
TOP = 0.35
"""How far down a page, by its rows, a title may stand."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The likeliest kind, how sure that is, and why."""

    kind: Kind
    confidence: float
    reasons: tuple[str, ...]


def classify(text: Text, document: Document) -> Kinds:
    scores: dict[Kind, float] = dict.fromkeys(("invoice", "receipt", "contract", "purchase-order", "form"), 0.0)
    reasons: dict[Kind, list[str]] = {kind: [] for kind in scores}

    def count(kind: Kind, points: float, reason: str) -> None:
        if points > 0:
            scores[kind] += points
            reasons[kind].append(reason)

    whole = text.folded
    legal = len(set(_LEGAL.findall(whole)))
    for kind, points, said in _titles(text):
        # Invoices name the contract they belong to.
        count(kind, points * (0.5 if kind == "contract" and legal < 2 else 1.0), f'title "{said}"')
    paid = len(set(_PAID.findall(whole)))
    narrow = text.aspect > 1.75 and text.pages == 1
    count("receipt", min(2.0, 0.5 * paid), f"{paid} words of paying at a till")
    count("receipt", 0.8 if narrow else 0.0, "a long and narrow page")
    clauses = len(_CLAUSE.findall(whole))
    count("contract", min(2.4, 0.4 * legal), f"{legal} terms of contracts")
    count("contract", 0.6 if clauses >= 5 and legal >= 2 else 0.0, f"{clauses} numbered clauses")
    billed = len(set(_BILLED.findall(whole)))
    count("invoice", min(1.5, 0.3 * billed), f"{billed} words of billing")
    count("invoice", 0.8 if _NUMBERED.search(whole) else 0.0, "a number of an invoice")
    count("receipt", 0.5 if _CLOCK.search(whole) and text.pages == 1 else 0.0, "a time of day beside a date")
    boxes = sum(len(page.checkboxes) for page in document.pages)
    count("form", min(1.0, 0.3 * boxes), f"{boxes} check boxes")
    pairs = sum(not pair.value for page in document.pages for pair in page.pairs)
    count("form", 0.5 if pairs > 3 else 0.0, f"{pairs} fields left blank")
    best = max(scores, key=lambda kind: scores[kind])
    if scores[best] < LEAST or (best in ("invoice", "receipt") and scores[best] < 3.2 and _is_other(text)):
        return Kinds("other", 0.6, ("no kind is likely enough",))
    rest = max(score for kind, score in scores.items() if kind != best)
    return Kinds(best, round(min(0.99, 0.5 + (scores[best] - rest) / 4), 3), tuple(reasons[best]))


def is_titled(lines: Iterable[str]) -> bool:
    """Whether folded lines have a title that is no word of a sentence, or name a number: cheaper than to classify."""
    return any(
        _NUMBERED.search(line) or (len(line) < SENTENCE and any(pattern.search(line) for pattern in _TITLES.values()))
        for line in lines
    )


def has_heading(text: Text) -> bool:
    """Whether a title stands alone on its line near the top, or is large."""
    return any(points >= HEADING for _, points, _ in _titles(text))


def _is_other(text: Text) -> bool:
    """A title of a kind that is none of ours, alone on its line: a delivery note also names its number."""
    return any(
        not re.search(r"[^\W\d_]", segment.folded.replace(match[0], "", 1))
        for row in _head(text)
        for segment in row.segments
        if (match := _OTHER.search(segment.folded))
    )


def _head(text: Text) -> tuple[Row, ...]:
    first = [row for row in text.rows if row.page == 1]
    return tuple(first[: max(6, round(len(first) * TOP))])


def _titles(text: Text) -> list[tuple[Kind, float, str]]:
    """Words of titles near the top; alone on their line and large, they say more."""
    heights = sorted(segment.height for row in text.rows for segment in row.segments)
    usual = heights[len(heights) // 2] if heights else 0.0
    found: dict[Kind, tuple[float, str]] = {}
    for at, row in enumerate(_head(text)):
        for place, segment in enumerate(row.segments):
            if any(each.folded.startswith((":", "：")) for each in row.segments[place + 1 : place + 2]):
                continue
            for kind, pattern in _TITLES.items():
                match = pattern.search(segment.folded)
                if not match:
                    continue
                alone = len(match[0]) / max(1, len(segment.folded.strip()))
                large = segment.height > 1.3 * usual
                points = 0.6 + 1.2 * alone * alone + 0.8 * large - 0.02 * at
                if points > found.get(kind, (0.0, ""))[0]:
                    found[kind] = points, segment.text[match.start() : match.end()].strip()
    return [(kind, points, said) for kind, (points, said) in found.items()]
