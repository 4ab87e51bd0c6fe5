"""How long a contract runs, and whether it renews itself: periods in its sentences, ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Iterator

NUMBERS = {
    "one": 1, "un": 1, "une": 1, "una": 1, "ein": 1, "einem": 1, "einen": 1, "einer": 1, "一": 1, "two": 2, "zwei": 2,
    "deux": 2, "dos": 2, "二": 2, "three": 3, "drei": 3, "trois": 3, "tres": 3, "三": 3, "four": 4, "vier": 4,
    "quatre": 4, "cuatro": 4, "five": 5, "funf": 5, "cinq": 5, "cinco": 5, "五": 5, "six": 6, "sechs": 6, "seis": 6,
    "六": 6, "ten": 10, "zehn": 10, "dix": 10, "diez": 10, "twelve": 12, "zwolf": 12, "douze": 12, "doce": 12,
    "twenty-four": 24, "thirty": 30, "treinta": 30, "thirty-six": 36, "sixty": 60, "ninety": 90,
}  # fmt: skip
UNITS = (
    ("D", ("day", "tag", "jour", "dia", "日")),
    ("W", ("week", "woche", "semaine", "semana", "週間")),
    ("M", ("month", "monat", "mois", "mes", "か月", "ヶ月", "カ月", "ケ月")),
    ("Y", ("year", "jahr", "an", "ano", "年")),
)
_PERIOD = (
    rf"(?P<n>\d{{1,3}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\s?(?:\((?P<m>[a-z\d-]{{1,12}})\)\s?)?"
    r"[ -]?(?:(?:additional|further|successive|consecutive|weiteres|weitere|weiteren|volle)\s)?"
    r"(?P<u>days?|weeks?|months?|years?|tage?n?|wochen?|monate?n?|jahre?n?|jours?|semaines?|mois|an(?:nee)?s?"
    r"|dias?|semanas?|mes(?:es)?|anos?|年|か月|ヶ月|カ月|ケ月)(?![a-z])"
)
_EACH = re.compile(_PERIOD)
BEHIND = ("更新", "延長")
"""In Japanese the verb stands behind the period."""
_TERM = re.compile(
    r"(?:(?:(?<![a-z])term(?: of (?:this|the) \w+)?(?: \([^)]{1,30}\))? (?:is|of|shall be)"
    r"|for (?:a|an|the) (?:initial |fixed )?(?:term|period) of|(?:initial|fixed|for an?)(?= \S+[ -]\S+ (?:term|period))"
    r"|remain in (?:force|effect) for|laufzeit(?: (?:von|betragt|des vertrages betragt))?"
    r"|(?:fur|auf) (?:die dauer|einen zeitraum|eine dauer) von"
    r"|(?:une|la) duree(?: du contrat est)?(?: determinee| initiale)? (?:de|fixee a)"
    r"|(?:una|la) duracion (?:inicial )?(?:del contrato es )?(?:de|sera de)|un plazo de)"
    rf"(?: a period of| a term of| mindestens| de)? ){_PERIOD}"
    r"|(?:契約期間|有効期間)[^。]{0,40}?(?P<n2>\d{1,3}|[一二三五六])\s?(?P<u2>年|か月|ヶ月|カ月|ケ月)間"
)
_RENEW = re.compile(r"renew|extend|verlanger|reconduit|reconduction|renouvel|prorrog|renovara|更新|延長")
_ITSELF = re.compile(
    r"automatic|successive|consecutive|stillschweigend|automatisch|jeweils|tacite|plein droit|tacita|自動|同一"
)
_NOT = re.compile(
    r"(?:not|no|never)(?: be)? (?:subject to )?(?:automatic|renew|extend)|keine (?:automatische|stillschweigende)"
    r"|nicht (?:automatisch|stillschweigend)|(?:ne|sans)(?: \w+){0,3} (?:tacite|renouvel|reconduit)|sin prorroga"
    r"|no se (?:prorrog|renovar)"
)
_UNLESS = re.compile(r"unless|provided|wenn (?:er |sie )?nicht|sofern|falls|sauf|salvo|ない限り|ないとき")
_OTHER = re.compile(r"surviv|confidential|renew|extend|verlanger|warrant|vertraulich|confiden|renouvel|prorrog|notice")
_SENTENCE = re.compile(r"[^.;。]+(?:\.(?=\S)[^.;。]*)*")


def terms(folded: str) -> Iterator[tuple[str, str, int, int]]:
    """Field, value, start and end. `renewal` is a period, "automatic" where none is said, or "none"."""
    found: dict[str, tuple[str, int, int]] = {}
    for sentence in _SENTENCE.finditer(folded):
        said, start = sentence[0], sentence.start()
        match = _TERM.search(said)
        if "term" not in found and match and not _OTHER.search(said[: match.start()]) and (value := period(match)):
            found["term"] = value, start + match.start(), start + match.end()
        if "renewal" not in found and (match := _RENEW.search(said)) and (value := _renewal(said, match)):
            found["renewal"] = value, start + match.start(), start + match.end()
    for name, place in found.items():
        yield name, *place


def _renewal(said: str, renew: re.Match[str]) -> str:
    """Only what happens by itself: a right to renew is no renewal."""
    if _NOT.search(said):
        return "none"
    if not _ITSELF.search(said):
        return ""
    if renew[0] in BEHIND:
        periods = [each for each in _EACH.finditer(said[: renew.start()]) if said[each.end() :].startswith("間")]
    else:
        unless = _UNLESS.search(said, renew.end())
        periods = list(_EACH.finditer(said, renew.end(), unless.start() if unless else len(said)))[:1]
    return (period(periods[-1]) if periods else "") or "automatic"


def period(match: re.Match[str]) -> str:
    """ISO 8601: P30D, P3M; nothing where the number is not known."""
    said = {name.rstrip("23"): value for name, value in match.groupdict().items() if value}
    numbers = (said[name] for name in ("m", "n") if name in said)
    count = next((int(each) if each.isdigit() else NUMBERS[each] for each in numbers if _known(each)), 0)
    unit = next((code for code, words in UNITS if any(said["u"].startswith(word) for word in words)), "")
    return f"P{count}{unit}" if count and unit else ""


def _known(number: str) -> bool:
    return number.isdigit() or number in NUMBERS
