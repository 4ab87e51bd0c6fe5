"""Numbers with check digits: IBAN, VAT identification numbers and Japanese registration numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fsxap.usecases.idp.layout import Place, Segment

_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\s?[\doil]{2}(?:\s?[a-z0-9]{2,4}){3,8}(?![a-z0-9])")
_VAT = re.compile(
    r"(?<![a-z0-9])(?:(?P<de>de\s?\d{3}\s?\d{3}\s?\d{3})|(?P<fr>fr\s?[0-9a-hj-np-z]{2}\s?\d{3}\s?\d{3}\s?\d{3})"
    r"|(?P<at>atu\d{8})|(?P<es>es\s?[a-z0-9]\d{7}[a-z0-9])|(?P<nl>nl\s?\d{9}b\d{2})|(?P<it>it\s?\d{11})"
    r"|(?P<be>be\s?0?\d{3}[. ]?\d{3}[. ]?\d{3})|(?P<gb>gb\s?\d{3}\s?\d{4}\s?\d{2}(?:\s?\d{3})?)|(?P<pl>pl\s?\d{10})"
    r"|(?P<lu>lu\s?\d{8})|(?P<ie>ie\s?\d[0-9a-z]\d{5}[a-z]{1,2})|(?P<ch>che[-\s]?\d{3}\.?\d{3}\.?\d{3}))(?![a-z0-9])"
)
_JAPANESE = re.compile(r"(?<![a-z0-9])t\s?[-‐−]?\s?(\d[\d\s-]{11,18}\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Identifier:
    """`valid` says whether its check digit agrees. `kind` is iban, vat or jp."""

    kind: str
    value: str
    valid: bool
    place: Place


def ibans(segment: Segment, labelled: bool) -> Iterator[Identifier]:
    """IBANs of plausible length; beside their label also with check digits that do not agree.

    Letters are taken for digits only where the check digits then agree.
    """
    from stdnum import iban

    for match in _IBAN.finditer(segment.folded):
        text = re.sub(r"\s", "", match[0]).upper()
        for length in _lengths(text):
            value = text[:length]
            if iban.is_valid(value):
                yield Identifier("iban", value, True, segment.part(match.start(), match.end()))
                break
            repaired = value[:2] + value[2:].translate(str.maketrans("OIL", "011"))
            if repaired != value and iban.is_valid(repaired):
                yield Identifier("iban", repaired, True, segment.part(match.start(), match.end()))
                break
        else:
            if labelled and 15 <= len(text) <= 34:
                yield Identifier("iban", text, False, segment.part(match.start(), match.end()))


def _lengths(text: str) -> Iterator[int]:
    """The whole, then shorter ones: what follows an IBAN may be glued to it."""
    return iter(range(min(len(text), 34), 14, -1))


def vat_numbers(segment: Segment) -> Iterator[Identifier]:
    """VAT identification numbers by their country's rules."""
    from stdnum import get_cc_module

    for match in _VAT.finditer(segment.folded):
        country = next(name for name, text in match.groupdict().items() if text)
        value = re.sub(r"[\s.\-]", "", match[0]).upper()
        rules = get_cc_module(country, "vat")
        yield Identifier("vat", value, bool(rules and rules.is_valid(value)), segment.part(*match.span()))


def registration_numbers(segment: Segment) -> Iterator[Identifier]:
    """Qualified invoice issuers of Japan: T and thirteen digits, the first of which is the check digit."""
    from stdnum.jp import cn

    for match in _JAPANESE.finditer(segment.folded):
        digits = re.sub(r"\D", "", match[1])
        if len(digits) == 13:
            yield Identifier("jp", f"T{digits}", bool(cn.is_valid(digits)), segment.part(*match.span()))


def valid(name: str, value: str) -> bool | None:
    """Whether a field's check digit agrees; None where its kind has none that is known."""
    from stdnum import get_cc_module, iban
    from stdnum.jp import cn

    if name == "iban":
        return bool(iban.is_valid(value))
    if name == "registration_number":
        return bool(cn.is_valid(value.removeprefix("T")))
    if name == "vendor_tax_id" and (match := _VAT.fullmatch(value.lower())):
        country = next(each for each, text in match.groupdict().items() if text)
        rules = get_cc_module(country, "vat")
        return bool(rules.is_valid(value)) if rules else None
    return None
