"""What contracts say in sentences: parties, when they begin and end, term, renewal, notice, and which law governs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fsxap.usecases.idp.dates import Day, Order, days
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import Segment, fold
from fsxap.usecases.idp.search import Text
from fsxap.usecases.idp.signatories import signatories
from fsxap.usecases.idp.terms import period, terms

_EFFECTIVE = re.compile(
    r"effective (?:date|as of|from|on)|(?:enters?|comes?) into (?:force|effect)|commenc\w+ (?:date|on)|beginning on"
    r"|shall begin on|begins? (?:on|from)|starts? on|term is from|start date"
    r"|beginnt am|tritt (?:am|zum)|in kraft|vertragsbeginn|mit wirkung (?:vom|zum|ab)|ab dem"
    r"|gultig ab|prend effet|entre en vigueur|date d'effet|a compter du|entrara en vigor|fecha de inicio|a partir del"
    r"|契約開始日|発効日|効力発生日|から|より|開始日"
)
_SIGNED = re.compile(
    r"dated (?:as of )?|made (?:and entered into )?(?:as of|on)|entered into (?:as of|on)|vom"
    r"|fait (?:a .{2,30} )?le|締結日"
)
"""A contract that does not say when it begins, begins when it is made."""
_DEFINED = re.compile(r"\s?\((?:the )?[\"“”']{1,2}")
_EXPIRY = re.compile(
    r"expir\w+(?: date)?(?: on)?|terminat\w+ (?:date|on)|end date|ends? on|until|through|valid until"
    r"|remain in (?:force|effect) until"
    r"|endet (?:am|mit ablauf)|vertragsende|bis zum|laufzeit bis|befristet bis|expire le|prend fin le|jusqu'au"
    r"|date de fin"
    r"|vence(?:ra)? el|hasta el|finaliza(?:ra)? el|termina(?:ra)? el|concluira el|契約終了日|満了日|まで|終了日"
)
_NOTICE = (
    re.compile(
        r"(?P<n>\d{1,3}|one|two|three|six|thirty|sixty|ninety)\s?(?:\((?P<m>\d{1,3})\)\s?)?(?P<u>days?|weeks?"
        r"|months?|years?)['’]?s?\s"
        r"(?:prior |advance |written )*(?:written )?notice|notice (?:period )?of (?:at least "
        r"|not less than )?(?P<n2>\d{1,3})\s(?P<u2>day|week|month)s?"
        r"|at least (?P<n3>\d{1,3}|\w+)\s?(?:\((?P<m3>\d{1,3})\)\s?)?(?P<u3>day|week|month)s?['’]? (?:prior|before"
        r"|notice|advance)"
    ),
    re.compile(
        r"(?:kundigungsfrist|frist)(?: von| betragt|:) (?P<n>\d{1,2}|einem|einen|zwei|drei"
        r"|vier|sechs) (?P<u>tag|woche|monat|jahr)\w*"
    ),
    re.compile(r"preavis de (?P<n>\d{1,3}|un|deux|trois|six)\s?(?:\((?P<m>\d+)\)\s?)?(?P<u>jour|semaine|mois|an)s?"),
    re.compile(
        r"(?:preaviso|antelacion)[a-z ]*de (?P<n>\d{1,3}|un|dos|tres|treinta)\s?(?:\((?P<m>\d+)\)\s?)?(?P<u>dia"
        r"|semana|mes|ano)\w*"
    ),
    re.compile(r"(?P<n>\d{1,3}|[一二三六])\s?(?P<u>日|週間|か月|ヶ月|カ月|ケ月)前"),
)
_LAW = re.compile(
    r"(?:governed by|construed (?:and enforced )?in accordance with|subject to)(?: and (?:construed"
    r"|interpreted) (?:in accordance with|under))?"
    r" (?:and construed in accordance with )?(?:the )?(?:substantive )?laws? of (?:the )?"
    r"(?P<en>[a-z][a-z ,]{2,60}?)(?=[.;]|,? (?:without|excluding|and the|shall|as|regardless)|$)"
    r"|governing law\W{1,4}(?:the )?(?:laws? of (?:the )?)?(?P<en2>[a-z][a-z ]{2,50}?)(?=[.;,]|$)"
    r"|(?:es gilt(?: ausschlie[s]*lich)?|gilt|unterliegt(?: dem)?|nach) (?:das "
    r"|dem )?recht der (?P<de>[a-z ]{3,50}?)(?=[.;,]|\s(?:unter|mit|sowie)|$)"
    r"|(?:es gilt(?: ausschlie[s]*lich)?|unterliegt(?: ausschlie[s]*lich)?) (?:das |dem )?(?P<de2>deutsch"
    r"|osterreichisch|schweizer)\w*(?: recht)"
    r"|(?:regi par|soumis (?:au|a)) (?:le |la )?(?:droit|loi) (?P<fr>[a-z]{4,30})|(?:regira|regido) por (?:la ley"
    r"|las leyes|la legislacion)(?: de)? (?P<es>[a-z]{3,30})"
    r"|findet (?:ausschlie[s]*lich )?(?:das )?(?P<de3>[a-z]{4,20}(?:es|e|en) recht|recht der [a-z ]{3,50}?) anwendung"
    r"|(?P<ja2>[^\s、。は]{1,10}?)国?法に準拠|準拠法は?、?\s?(?P<ja>[^\s、。]{1,10}?)(?:国?法|とする|の法)"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines joined to one text, so that a sentence may go over lines; `at` finds the line of a character."""

    text: str
    folded: str
    segments: tuple[tuple[int, Segment], ...]

    def segment(self, start: int) -> Segment:
        return next(segment for begin, segment in reversed(self.segments) if begin <= start)


def passage(text: Text) -> Passage:
    said, places = "", []
    for row in text.rows:
        for segment in row.segments:
            places.append((len(said), segment))
            said += segment.text + " "
    return Passage(said, fold(said), tuple(places))


def contract_fields(text: Text, order: Order) -> Iterator[Field]:
    """Dates, notice, law and parties of a contract; each is a place in the text, never an inference."""
    whole = passage(text)
    if not whole.segments:
        return
    yield from _dates(text, whole, order)
    for pattern in _NOTICE:
        if match := pattern.search(whole.folded):
            if value := period(match):
                yield _at(whole, "notice_period", value, match.start(), match.end(), 0.93)
            break
    for name, value, start, end in terms(whole.folded):
        yield _at(whole, name, value, start, end, 0.9)
    if match := _LAW.search(whole.folded):
        group = next(name for name, said in match.groupdict().items() if said)
        start, end = match.span(group)
        yield _at(whole, "governing_law", whole.text[start:end].strip(" ,."), start, end, 0.93)
    if field := _parties(whole):
        yield field


def _at(whole: Passage, name: str, value: str | tuple[str, ...], start: int, end: int, sure: float) -> Field:
    segment = whole.segment(start)
    return Field(
        name, value, whole.text[start:end].strip(), sure * segment.whole().confidence, segment.page, segment.box
    )


def _dates(text: Text, whole: Passage, order: Order) -> Iterator[Field]:
    """The date that follows words of beginning or ending, or in Japanese stands before them."""
    line = Segment((), 1, whole.text, whole.folded, (0.0, 0.0, 1.0, 1.0), ())
    found = list(days(line, order, text.languages))
    for name, patterns in (("effective_date", (_EFFECTIVE, _SIGNED)), ("expiry_date", (_EXPIRY,))):
        fields = (_nearest(whole, name, pattern, found) for pattern in patterns)
        yield from [each for each in fields if each][:1]


def _nearest(whole: Passage, name: str, pattern: re.Pattern[str], found: Sequence[Day]) -> Field | None:
    best: tuple[int, Field] | None = None
    for match in pattern.finditer(whole.folded):
        behind = match[0] in ("から", "より", "まで")
        for day in found:
            gap = match.start() - day.end if behind else day.start - match.end()
            # A defined term stands behind what it names: 1 May 2024 (the "Effective Date").
            if _DEFINED.fullmatch(whole.folded[day.end : match.start()]):
                gap = 0
            if 0 <= gap <= (3 if behind else 60) and (best is None or gap < best[0]):
                sure = (0.94 - 0.002 * gap) * day.sure
                best = gap, _at(whole, name, day.value.isoformat(), day.start, day.end, sure)
    return best[1] if best else None


def _parties(whole: Passage) -> Field | None:
    found = signatories(whole.text)
    if found is None:
        return None
    return _at(whole, "parties", found.names, found.start, found.end, (0.7, 0.85, 0.93)[found.companies])
