"""Between whom a contract is made: two names around "and", without what describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fsxap.usecases.idp import company
from fsxap.usecases.idp.layout import fold

REACH = 700
"""Characters behind "between" in which both names stand."""
LONGEST = 90

_BETWEEN = re.compile(
    r"(?<![a-z])(?:by and between|between|zwischen|entre les soussignes?(?: suivants)?|entre|de una parte"
    r"|d'une part|reunidos)(?![a-z])\s*[:,]?"
)
_AND = re.compile(
    r"(?<![a-z])(?:y,? de (?:la )?otra(?: parte)?,?|et,? d'autre part,?|and|und|et|y)(?![a-z])\s*:?\s*(?:\(?\d\)\s*)?"
)
_LEAD = re.compile(
    r"(?:\W*\(?\d\s?[).]\s*|[^\w\"“„«]+|(?:the|der|die|das|dem|den|le|la|el|los|las)\s|(?:la\s)?societe\s|la empresa\s"
    r"|(?:der\s)?firma\s|entre\s|company\s|d[e.'] (?:la )?(?:una|otra) parte,?\s)*"
)
_END = re.compile(r"[(\[\"“”„«;:]|\s[-–—]\s|(?<=[a-z]{3})\.\s|,\s*(?=\S)|$")
_JAPANESE = re.compile(
    r"(?P<a>[^\s、。]{2,40})\s?[(（]\s?以下.{0,4}甲.{0,10}[)）]\s?と?、?\s?(?:[^\s、。(（]{1,6}\s)?"
    r"(?P<b>[^\s、。(（]{2,40})\s?[(（]\s?以下.{0,4}乙"
    r"|甲\s?[:：]\s?(?P<a2>\S{2,40})\s.{0,200}?乙\s?[:：]\s?(?P<b2>\S{2,40})"
)


@dataclass(frozen=True, slots=True)
class Signatories:
    """Two names, where in the text they stand, and how many of them are companies by their legal form."""

    names: tuple[str, str]
    start: int
    end: int
    companies: int


def signatories(text: str) -> Signatories | None:
    """`text` is the contract's, its lines joined by blanks."""
    if match := _JAPANESE.search(text):
        first, second = ("a", "b") if match["a"] else ("a2", "b2")
        names = (_spoken(match[first]), _spoken(match[second]))
        return Signatories(names, match.start(first), match.end(second), _companies(names))
    folded = fold(text)
    best: Signatories | None = None
    for between in _BETWEEN.finditer(folded[:6_000]):
        window = between.end() + REACH
        for joint in _AND.finditer(folded, between.end(), window):
            one = _name(text, folded, between.end(), joint.start())
            other = _name(text, folded, joint.end(), window)
            if one is None or other is None:
                continue
            names = (text[slice(*one)].strip(), text[slice(*other)].strip())
            found = Signatories(names, one[0], other[1], _companies(names))
            if best is None or found.companies > best.companies:
                best = found
    return best


def _name(text: str, folded: str, start: int, stop: int) -> tuple[int, int] | None:
    """Where the name at the beginning of a stretch stands: it ends where a description begins, but not before its
    legal form."""
    lead = _LEAD.match(folded, start, stop)
    start = lead.end() if lead else start
    for end in _END.finditer(folded, start, min(stop, start + LONGEST)):
        if end[0].startswith((",", ".")) and company.LEGAL.match(folded, end.end(), stop):
            continue
        said = text[start : end.start()].strip()
        if end[0] == "" and start + LONGEST < stop and end.end() == start + LONGEST:
            return None
        likely = len(said) > 2 and (said[0].isupper() or said[0].isdigit())
        return (start, end.start()) if likely else None
    return None


def _companies(names: tuple[str, str]) -> int:
    return sum(bool(company.LEGAL.search(fold(name))) for name in names)


def _spoken(name: str) -> str:
    """Without the quotation marks and the role before it."""
    return re.sub(r"^(?:賃貸人|賃借人|委託者|受託者|売主|買主|発注者|受注者)", "", name.strip('「」『』"')).strip()
