"""Who buys: named by a label or a mark of honour, else the block in the window of the envelope."""

from __future__ import annotations

import re

from fsxap.usecases.idp import company
from fsxap.usecases.idp.blocks import SENDER, Party, above, below, labelled
from fsxap.usecases.idp.layout import fold
from fsxap.usecases.idp.search import Text

MARK = re.compile(r"\s*(?:御中|様|殿)\s*$|^\s*(?:m/s|messrs)\.?\s", re.IGNORECASE)
_SELLERS = re.compile(
    r"(?<![a-z])(?:vendor|supplier|seller|lieferant|verkaufer|fournisseur|vendeur|proveedor)(?![a-z])"
)


def customer(text: Text, receipt: bool) -> Party | None:
    """By label; receipts say it only where they name a person or company with a mark of honour."""
    found = [] if receipt else list(labelled(text, "customer"))
    for at, row in enumerate(text.rows):
        for segment in row.segments:
            if MARK.search(segment.text) and len(segment.text.strip()) > 3:
                name = MARK.sub("", segment.text).strip(" 　:：")
                firm = 0.05 if company.LEGAL.search(fold(name)) else 0.0
                found.append(Party(segment.whole(), name, 0.9 + firm, at, segment))
    return max((each for each in found if each.name), key=lambda each: each.score, default=None)


def addressee(text: Text, seller: Party | None) -> Party | None:
    """Without a label the block over a town in the upper half that is not the seller's."""
    best: Party | None = None
    for at, row in enumerate(text.rows[: len(text.rows) * 3 // 5]):
        for segment in row.segments:
            if not company.has_town(segment.text) or SENDER.search(segment.text) or segment.page != 1:
                continue
            lines = above(text, at, segment)
            said = " ".join(each.text for _, each in [*lines, *below(text, at, segment, 3)])
            if not lines or company.is_contact(said):
                continue
            number, head = lines[-1]
            over = " ".join(each.folded for each in text.rows[max(0, number - 1) : number])
            if _SELLERS.search(over) or (seller and _same(head.text, seller.name)):
                continue
            # Windows of envelopes show three lines or more.
            score = 0.5 + 0.06 * min(3, len(lines)) + 0.1 * (company.LEGAL.search(head.folded) is not None)
            if best is None or score > best.score:
                best = Party(head.whole(), company.name_of(head.text), score, number, head)
    return best if best and best.name else None


def _same(one: str, other: str) -> bool:
    first, second = (re.sub(r"\W", "", fold(each)) for each in (one, other))
    return first in second or second in first
