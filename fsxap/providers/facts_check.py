"""The check on what a language model wrote: every number, name and link in a text that its facts do not hold.

Numbers count as known when a fact is that number; a number inside a file name is only part of the name, and names
are known as a whole and between backticks. It reads English, and it fails closed: what it cannot read is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fsxap.model import dumps, timestamp
from fsxap.providers.number_words import spoken

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_MARKUP = re.compile(
    r"\]\s*[(:\[]|!\[|<\s*[a-z/!?]|&#?\w+;|`"
    r"|\b[a-z][a-z0-9+.-]*://\S*|\bwww\.\S*|\b(?:mailto|javascript|data|file):\S+|\S+@\S+\.\w+",
    re.IGNORECASE,
)
_FILE = re.compile(r"[^\s,;:()\"*|]*[/\\][^\s,;()\"*|]*|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]\w+\b")
_PAIRS = {"and/or", "either/or", "read/write", "yes/no", "n/a", "i/o"}
_ASSURANCE = re.compile(
    r"\b(?:no|without|free (?:of|from)) (?:[\w-]+ ){0,3}?(?:issues?|problems?|findings?|risks?|violations?"
    r"|anomal(?:y|ies)|concerns?|errors?|failures?|threats?|defects?|action|exposures?)\b"
    r"|\b(?:nothing|none|all clear|(?:non-?)?compliant)\b"
    r"|\b(?:is|are|was|were|looks?|remains?|appears?|stays?|completely|fully) (?:[\w-]+ ){0,2}?"
    r"(?:safe|secure|clean|healthy|fine)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b")
_MARKER = re.compile(r"^[ \t]*(\d{1,3})[.)](?=\s)", re.MULTILINE)
_NUMBER = re.compile(
    r"(?P<before>[^\W\d_]+)?(?P<sign>(?<![\w)])[-\u2212\u2013+])?"
    r"(?P<body>\d+(?:[,.'\u2019_ ]\d+)*)(?P<after>[^\W\d_]+)?"
    r"(?P<percent>\s*(?:%|(?:percent|per\s+cent|percentage|pct|pp)\b))?"
    r"(?P<scale>[\s-]*(?:hundred|thousand|million|billion|trillion|dozen|lakh|crore|[kmgtp]i?b)\b)?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}([,'\u2019_ ])\d{3}(?:\1\d{3})*(?:\.\d+)?")
_PLAIN = re.compile(r"\d+(?:\.\d+)?")
_CLAUSE = re.compile(r"[.;!?](?=\s|$)|,\s|\n|\b(?:and|but|while|or)\b", re.IGNORECASE)
_WORDS = {"hundred": 100, "dozen": 12, "thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7}
_WORDS |= {"billion": 10**9, "trillion": 10**12}
_SHARE = re.compile(r"(percent|pct)|share|ratio|rate|fraction|utili[sz]ation", re.IGNORECASE)
_WITH_DIGITS = {"s3"}
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Cn", "Mn", "Me")
_MOST, _LONGEST = 20, 20_000


@dataclass(slots=True)
class _Known:
    names: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    numbers: set[Decimal] = field(default_factory=set)
    shares: set[Decimal] = field(default_factory=set)
    zeros: set[frozenset[str]] = field(default_factory=set)


def unsupported(text: str, facts: Mapping[str, Any], title: str = "") -> list[str]:
    """What the text says beyond its facts, as `kind: words`, at most twenty; empty when all of it is known.

    A number may have thousands separators, or fewer decimals than the fact. A percentage has to be a fact itself: a
    text like "12%", or a number under a name such as `share` or `rate`. A zero needs the name of its fact in the same
    clause, because "0 findings" is what an attacker wants to read. `title` may be repeated.
    """
    if len(text) > _LONGEST:
        return [f"length: {len(text)} characters"]
    known = _Known()
    _learn(facts, known, "", "")
    claims: dict[str, None] = {}
    shown = _without_names(text, known, claims)
    rest = unicodedata.normalize("NFKC", shown.replace(title, " ") if title else shown)
    rest = _without_dates(_without_markers(rest), known, claims)
    # Characters are judged as they stand: normalised, a Roman numeral is letters.
    for kind, words in (*_odd_characters(shown), *_links(rest, known), *_numbers(rest, known)):
        claims[f"{kind}: {words}"] = None
    for match in _ASSURANCE.finditer(rest):
        claims[f"assurance: {match[0]}"] = None
    return list(claims)[:_MOST]


def _learn(value: Any, known: _Known, name: str, share: str) -> None:
    """`share` says what the names above call the value: a `percent`, a `share` (0.5 or 50), or neither."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            known.names.add(str(key))
            called = _SHARE.search(str(key))
            kind = ("percent" if called[1] else "share") if called else share
            _learn(inner, known, str(key), kind)
            if isinstance(inner, str):
                _learn_text(inner.strip(), known, str(key), kind)
    elif isinstance(value, Collection) and not isinstance(value, str | bytes):
        for inner in value:
            _learn(inner, known, name, share)
    elif isinstance(value, str):
        known.names |= {value, dumps(value)[1:-1]}
    elif isinstance(value, datetime):
        known.dates.add(timestamp(value))
    elif isinstance(value, date):
        known.dates.add(value.isoformat())
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        _learn_number(Decimal(str(value)), known, name, share)


def _learn_text(text: str, known: _Known, name: str, share: str) -> None:
    """Money is written as text, and so are times; any other text, and any in a list, holds no numbers of its own."""
    if _DATE.fullmatch(text):
        known.dates.add(text.replace(" ", "T"))
    elif re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        _learn_number(Decimal(text), known, name, share)
    elif percent := re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*%", text):
        known.shares.add(Decimal(percent[1]))


def _learn_number(number: Decimal, known: _Known, name: str, share: str) -> None:
    if not number.is_finite():
        return
    known.numbers.add(number)
    if share:
        known.shares.add(number * 100 if share == "share" and abs(number) <= 1 else number)
    if number == 0 and (words := _name_words(name)):
        known.zeros.add(words)


def _name_words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in re.findall(r"[a-z]+", text.lower()))


def _without_names(text: str, known: _Known, claims: dict[str, None]) -> str:
    def judge(match: re.Match[str]) -> str:
        quoted = match[2]
        if quoted in known.names or quoted.strip() in known.names:
            return " "
        if not _PLAIN.fullmatch(quoted.strip().replace(",", "")):
            claims[f"name: {quoted}"] = None
        return f" {quoted} "

    return _CODE.sub(judge, text)


def _without_dates(text: str, known: _Known, claims: dict[str, None]) -> str:
    def judge(match: re.Match[str]) -> str:
        said = match[0].replace(" ", "T")
        if not any(moment.startswith(said) for moment in known.dates):
            claims[f"date: {match[0]}"] = None
        return " "

    return _DATE.sub(judge, text)


def _without_markers(text: str) -> str:
    """Numbered lists count from 1 by themselves; any other number at the start of a line is a number."""
    expected = 1

    def judge(match: re.Match[str]) -> str:
        nonlocal expected
        if int(match[1]) not in (expected, 1):
            return match[0]
        expected = int(match[1]) + 1
        return " "

    return _MARKER.sub(judge, text)


def _odd_characters(text: str) -> Iterator[tuple[str, str]]:
    """Characters nobody sees could split a number or turn it round; numerals without digits are not read."""
    for character in sorted(set(text)):
        if unicodedata.category(character) in _UNSEEN and character not in "\n\t":
            yield "hidden character", f"U+{ord(character):04X}"
        elif unicodedata.numeric(character, None) is not None and not character.isdecimal():
            yield "numeral", character


def _links(text: str, known: _Known) -> Iterator[tuple[str, str]]:
    for match in _MARKUP.finditer(text):
        yield "link or markup", match[0]
    for match in _FILE.finditer(text):
        name = match[0].strip(".'!?_")
        if name and name.lower() not in _PAIRS and name not in known.names:
            yield "name", name


def _numbers(text: str, known: _Known) -> Iterator[tuple[str, str]]:
    for start, words, value in spoken(text):
        if value is None or value not in known.numbers:
            yield "number", words
        elif value == 0 and not _is_named(text, start, known):
            yield "unnamed zero", words
    for match in _NUMBER.finditer(text):
        if not _is_known(match, known):
            yield "number", match[0].strip()
        elif not match["body"].strip("0.,") and not _is_named(text, match.start("body"), known):
            yield "unnamed zero", match[0].strip()


def _is_named(text: str, start: int, known: _Known) -> bool:
    """Whether the clause around a zero has all words of the name of a fact that is zero."""
    before, after = _CLAUSE.split(text[:start])[-1], _CLAUSE.split(text[start:])[0]
    said = _name_words(f"{before} {after}")
    return any(words <= said for words in known.zeros)


def _is_known(match: re.Match[str], known: _Known) -> bool:
    scale = (match["scale"] or "").strip(" -\t\n").lower()
    attached = (match["after"] or "").lower()
    if match["before"] or attached:
        word = f"{match['before'] or ''}{match['body']}{match['after'] or ''}"
        if word in known.names or word.lower() in _WITH_DIGITS:
            return True
        if match["before"] or (attached not in ("st", "nd", "rd", "th") and not _factors(attached)):
            return False
        scale = attached if _factors(attached) else scale
    values = _values(match["body"])
    if match["sign"] and match["sign"] != "+":
        values = [-value for value in values]
    pool = known.shares if match["percent"] else known.numbers
    factors = _factors(scale) or (1,)
    return bool(values) and all(any(_holds(pool, value, factor, match) for factor in factors) for value in values)


def _holds(pool: set[Decimal], value: Decimal, factor: int, match: re.Match[str]) -> bool:
    if value * factor in pool:
        return True
    places = -int(value.as_tuple().exponent)
    # A rounded 0 or 100 % would say something else than the fact.
    if factor != 1 or value in (0, 100) or (places < 1 and not match["percent"]):
        return False
    return any(round(number, places) == value for number in pool if number != number.to_integral_value())


def _factors(scale: str) -> tuple[int, ...]:
    """How much a following word multiplies; a byte unit may mean 1000 or 1024."""
    if scale in _WORDS:
        return (_WORDS[scale],)
    if unit := re.fullmatch(r"([kmgtp])(i?)b", scale):
        power = "kmgtp".index(unit[1]) + 1
        return (1024**power,) if unit[2] else (1000**power, 1024**power)
    return ()


def _values(body: str) -> list[Decimal]:
    """The numbers written there; none when they cannot be read with certainty, as in 1,5 or 1.2.3."""
    if _GROUPED.fullmatch(body):
        return [Decimal(re.sub(r"[^\d.]", "", body))]
    if _PLAIN.fullmatch(body):
        return [Decimal(body)]
    pieces = [_values(piece) for piece in body.split(" ")] if " " in body else [[]]
    return [value for piece in pieces for value in piece] if all(pieces) else []
