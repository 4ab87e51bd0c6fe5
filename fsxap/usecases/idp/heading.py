"""A document's number and its dates, from labels, places and what they look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fsxap.usecases.idp.dates import Day, Order, days
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import Place
from fsxap.usecases.idp.search import Hit, Text, Zone, hits, zones

_TOKEN = re.compile(
    r"^[\s:：.#№º°=*\-–)\]]{0,6}(?:(?:no|nr|num|number|n°|nummer)[\s.:：#]{1,3})?"
    r"(?P<value>(?:[a-z]{1,6}[\s#:]{1,2})?[a-z0-9][a-z0-9\-‐–/_.#]*\d[a-z0-9\-‐–/_]*|\d)"
)
_NOT_NUMBER = re.compile(r"^(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d+[.,]\d{2})$")
_OTHER_NUMBER = re.compile(
    r"(?:tax|vat|gst|reg(?:istration)?|roc|co(?:mpany)?|tel|phone|fax|account|kunden|customer|client|cust|member|table"
    r"|iban|page|item|qty|order|auftrag|bestell|liefer(?:schein)?|steuer|hrb|lief|vertrags|approval|appr|card|pos"
    r"|cashier|staff|till|counter|serial|batch|queue|terminal|bank|konto|dossier|commande|siret|ust-?id|serie"
    r"|口座|電話|登録|郵便|郵|顧客|お客様|会員)[\s.:\-]{0,2}(?:id|idnr|code)?[\s.:\-]{0,2}$"
)
_OTHER_DATE = re.compile(
    r"(?:due|delivery|ship(?:ping)?|order|service|print(?:ed)?|expiry|exp|start|end|supply|from|until|valid|arrival"
    r"|departure|leistungs|liefer|bestell|auftrags?|vertrags|druck|falligkeits|fallig|eingangs|lieferschein|buchungs"
    r"|kauf|echeance|livraison|commande|naissance|vencimiento|entrega|pedido|birth|verkaufs|bestellung|delivered|period"
    r"|bis zum?|netto bis|bis|auftrag-|納品|納入|支払|お支払|振込|期限|有効|締|注文|発注)[\s.:\-]{0,2}$"
)
_TITLED = re.compile(r"(?:rechnung|gutschrift|invoice|facture|avoir|factura|credit note|請求書).{0,12}[a-z0-9]")
_OTHER_LINE = re.compile(
    r"due date|falligkeit|echeance|vencimiento|leistungs-?\s?datum|lieferdatum|liefer- und|delivery|bestell(?:ung"
    r"|datum)"
    r"|skonto|zahlbar|version|(?<![a-z])stand(?![a-z])|valid until|expir|gemass|支払|振込|期限|納期|納品日"
    r"|締切|有効|支払い"
    r"|date of delivery|livraison"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate: `score` 0 to 1 says how much stands for it, its reading aside."""

    value: str
    place: Place
    score: float


def best(found: list[Found], name: str) -> Field | None:
    """The candidate with most for it; confidence falls where another value comes close."""
    if not found:
        return None
    ranked = sorted(found, key=lambda each: -each.score)
    first = ranked[0]
    agreeing = sum(each.value == first.value for each in ranked)
    rival = next((each.score for each in ranked if each.value != first.value), 0.0)
    margin = 0.9 + 0.1 * min(1.0, (first.score - rival) / 0.3) if rival else 1.0
    score = min(1.0, first.score * (1.03 if agreeing > 1 else 1.0)) * margin
    return Field(
        name, first.value, first.place.text.strip(), score * first.place.confidence, first.place.page, first.place.box
    )


def number(text: Text, order: Order, ordering: bool) -> Field | None:
    """An order's number is the document's own only where the document is an order."""
    found = list(_numbers(text, order, "number"))
    return best([*found, *(_numbers(text, order, "order_number") if ordering else ())], "number")


def _numbers(text: Text, order: Order, name: str) -> Iterator[Found]:
    for hit in hits(text, name):
        if _OTHER_NUMBER.search(hit.before):
            continue
        titled = hit.weight == 0.7
        # "INV-4711" is a number that begins with a label, not a number behind one.
        inside = re.match(r"[-/]?\w*\d", hit.after) and hit.weight < 1
        near_by = [Zone(hit.segment, hit.start, 0.7, hit.row)] if inside else zones(text, hit, 0 if titled else 2)
        for zone in near_by:
            value = _token(text, zone, order)
            if value is None:
                if zone.segment is not hit.segment and zone.segment.folded.strip(" :#."):
                    break
                continue
            # A title says its number behind it: "Facture FA-2017-0010"; a sentence may say anything.
            near = zone.nearness * (0.8 if titled and hit.before.strip() else 1.0)
            depth = 1 - 0.15 * hit.row / max(1, len(text.rows))
            digits = sum(character.isdigit() for character in value.text)
            if digits == 1 and hit.weight < 1:
                break
            shape = 1.0 if digits >= 3 else 0.8 if digits == 2 else 0.6
            weight = 0.93 if titled else hit.weight
            yield Found(_clean(value.text), value, weight * near * depth * shape)
            break


def _token(text: Text, zone: Zone, order: Order) -> Place | None:
    match = _TOKEN.match(zone.segment.folded[zone.start :])
    if match is None:
        return None
    start, end = zone.start + match.start("value"), zone.start + match.end("value")
    said = zone.segment.folded[start:end]
    if _NOT_NUMBER.match(said) or re.match(
        r"(?:vom|of|de|du|le|from|dated|date|am|im|on|page|seite|phone|tel|fax|fon)[\s#:]", said
    ):
        return None
    if any(day.start <= start and end <= day.end for day in days(zone.segment, order, text.languages)):
        return None
    return zone.segment.part(start, end)


def _clean(said: str) -> str:
    return re.sub(r"^(?:no|nr)[.:#]\s?", "", said, flags=re.IGNORECASE).strip(" .:-#")


def issue_date(text: Text, order: Order, ordering: bool) -> Field | None:
    found = [*_issued(text, order), *_alone(text, order)]
    return best([*found, *(_issued(text, order, "order_date") if ordering else ())], "issue_date")


def _issued(text: Text, order: Order, name: str = "issue_date") -> Iterator[Found]:
    for hit in hits(text, name):
        if _OTHER_DATE.search(hit.before) or (hit.weight < 0.8 and _OTHER_LINE.search(hit.before)):
            continue
        for day, near in _dated(text, hit, order):
            depth = 1 - 0.1 * hit.row / max(1, len(text.rows))
            # "Rechnung Nr. 4711 vom 5. März" says all in one line.
            titled = hit.weight < 0.8 and bool(_TITLED.search(hit.before))
            depth *= 1.0 / hit.weight if titled else 1.0
            yield Found(day.value.isoformat(), day.place, hit.weight * near * depth * day.sure)


def _alone(text: Text, order: Order) -> Iterator[Found]:
    """Receipts print their date beside the time, without a label; letters behind a place's name."""
    for at, row in enumerate(text.rows):
        other = _OTHER_LINE.search(row.folded)
        for segment in row.segments:
            for day in days(segment, order, text.languages):
                if day.value.year < 1990:
                    continue
                timed = bool(re.match(r"\s*[,;T]?\s*\d{1,2}[:.]\d\d", segment.folded[day.end :]))
                timed = timed or bool(re.search(r"(?<!\d)[0-2]?\d:[0-5]\d(?!\d)", row.folded))
                alone = segment.folded.strip(" .:,()") == segment.folded[day.start : day.end].strip(" .:,()")
                score = (0.9 if timed else 0.8 if alone else 0.62) - 0.1 * at / max(1, len(text.rows))
                yield Found(day.value.isoformat(), day.place, (score - (0.3 if other else 0.0)) * day.sure)


def due_date(text: Text, order: Order, issued: str) -> Field | None:
    found = []
    for hit in hits(text, "due_date"):
        for day, near in _dated(text, hit, order):
            late = bool(issued) and day.value < date.fromisoformat(issued)
            found.append(Found(day.value.isoformat(), day.place, hit.weight * near * day.sure * (0.6 if late else 1.0)))
    return best(found, "due_date")


def _dated(text: Text, hit: Hit, order: Order) -> Iterator[tuple[Day, float]]:
    """The first date in the nearest zone that has one."""
    for zone in zones(text, hit, 2):
        for day in days(zone.segment, order, text.languages, zone.start):
            gap = zone.segment.folded[zone.start : day.start]
            if len(gap) > 24 or _OTHER_DATE.search(gap):
                return
            yield day, zone.nearness - 0.004 * len(gap.strip(" :：.-"))
            return
