"""What looks like a company's name, an address, or neither."""

from __future__ import annotations

import re

from fsxap.usecases.idp.layout import fold

LEGAL = re.compile(
    r"(?<![a-z0-9])(?:sdn\.?\s?[bdo][hn][dl]|s/b|berhad|bhd|gmbh(?:\s?& co\.?\s?kg)?|mbh|ag|kg|ohg|ug|e\.?\s?k\.?"
    r"|e\.?\s?v\.?|ltd|limited"
    r"|llc|llp|inc|corp(?:oration)?|plc|pte\.?(?:\s?ltd)?|s\.?a\.?r\.?l|sas|s\.?a\.?|eurl|sasu|sci"
    r"|s\.?\s?l\.?(?:\s?u\.?)?"
    r"|srl|s\.?p\.?a|b\.?v|n\.?v|oy|ab|k\.?\s?k|co\.,?\s?ltd)(?![a-z])\.?"
    r"|株式会社|有限会社|合同会社|合資会社|一般社団法人|社会福祉法人|医療法人|\(株\)|㈱|\(有\)"
)
_NAMED = re.compile(
    r"(?<![a-z])(?:enterprise|trading|restaurant|restoran|store|stores|mart|market|supermarket|hypermarket|hardware"
    r"|stationery|marketing|shop|cafe|coffee|bakery|hotel|pharmacy|clinic|motor|service|services|book|gift|deco|house"
    r"|bistro|kitchen|seafood|food|foods|garden|group|holdings|industries|international|bros|brothers|handels|verlag"
    r"|boulangerie|brasserie|cafeteria|pharmacie|taller(?:es)?|ferreteria|atelier|solutions|librairie|garage|tienda|farmacia|autohaus|backerei|apotheke|商店|商事|工業|製作所|事務所|産業"
    r"|物産|屋|堂|庵|店)"
)
_TITLE = re.compile(
    r"^\W*(?:(?:simplified |full )?tax\s?invoice|invoice|receipt|cash\s?(?:bill|sale|receipt)|official receipt|bill"
    r"|copy"
    r"|original|reprint|duplicate|welcome|thank|rechnung|handelsrechnung|gutschrift|facture|avoir|recu|ticket|factura"
    r"|recibo|quittung|page|seite|date|bill to|ship to|purchase order|bestellung|lieferschein|請求書|領収書|見積書"
    r"|納品書"
    r"|注文書|御請求書|御見積書|adresse|address|beispiel|stylesheet|anschrift|rechnungs|liefer)(?![a-z])"
)
_CONTACT = re.compile(
    r"(?<![a-z])(?:(?:tel|fon|fax|phone|bic|ust|table|roc|nif|cif|abn|ein)(?![a-z])|tele(?:fon|phone|fax)|e-?mail"
    r"|www|http|gst|vat|reg(?:istration)?|co\.?\s?reg|company\s(?:reg\S*\s)?no|ust-?id|steuer|siret|iban"
    r"|gln|hrb|hra|tva|website|hotline|cashier|kunden-?\s?n|電話|登録番号|振込|銀行|支店|口座|担当|〒)|@"
    r"|\d{3}[-\s]\d{3,4}\s?\d{3,4}"
)
_ADDRESS = re.compile(
    r"^\W*[a-z]{0,2}\d+[a-z]?[-/,]\s?[a-z\d]|(?<![a-z])(?:jalan|jl|jln|lorong|lot|taman|persiaran|kampung|bandar"
    r"|seksyen|section|level|floor|block|blok|unit|no\.?\s?\d"
    r"|street|st\.|road|rd\.?|avenue|ave|drive|lane|suite|p\.?o\.?\s?box|selangor|johor|kuala|rue|avenue|chemin"
    r"|boulevard"
    r"|bd|place|calle|avda|avenida|plaza|c/|postfach|kepong|klang|petaling)(?![a-z])|stras{1,2}e|str\.|weg\s?\d"
    r"|platz\s?\d|allee"
    r"|〒|[都道府県市区町村]|丁目|番地|\d{5}\s[a-z]|\d{1,4}-\d{1,4}-\d{1,4}"
)
_LABELLED = re.compile(
    r"^\W*(?:[a-z.\- ]{0,20}(?:nummer|(?<![a-z])(?:nr|no|id)\.?|number|n°|gln)|name|anschrift|strase|strasse)(?![a-z])"
    r"\s*[:：]?\s*\W*[a-z0-9 ()]*$"
)
_TOWN = re.compile(
    r"(?<!\d)(?:[a-z]{1,2}[-\s])?\d{4,5}\s?[a-z]{2}|〒\s?\d{3}-?\d{4}|(?<![a-z])[a-z]{2}\s\d{5}(?!\d)"
    r"|(?<![a-z0-9])[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}(?![a-z0-9])|(?<![a-z0-9])[a-z]\d[a-z]\s?\d[a-z]\d(?![a-z0-9])"
)
"""Postal codes with a town, of the United States, the United Kingdom, Canada or Japan."""
_TAIL = re.compile(
    r"\s*[\[(]?\s*(?:(?:co(?:mpany)?\.?\s?(?:reg(?:istration)?\.?\s?)?no|reg(?:istration)?\.?\s?no|roc|gst)\b.*"
    r"|\d[\dOUIBS]{3,8}\s?[-‐–]?\s?[a-z]\b.*|\d{9,}.*)$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*(?:name|firma|company|vendor|seller|from|verkaufer|lieferant|kaufer|kunde|customer|会社名|社名)\s*[:：]\s*",
    re.I,
)
_SHORT = re.compile(r"(?:(?:^|[\s.])[a-z]|(?<![a-z])(?:co|inc|ltd|corp|bhd|pte|cie|bros))$")
"""Names that end in an abbreviation keep its point."""


def named(text: str) -> float:
    """How much a line looks like a company's name, -1 to 1."""
    folded = fold(_TAIL.sub("", text)).strip()
    letters = sum(character.isalpha() for character in folded)
    if letters < 3 and not (letters >= 2 and any(ord(each) > 0x3000 for each in folded)):
        return -1.0
    if _TITLE.match(folded):
        return -1.0
    legal = bool(LEGAL.search(folded))
    score = 0.7 if legal else 0.0
    if _NAMED.search(folded):
        score += 0.25
    if (_CONTACT.search(folded) and not (legal and _TAIL.search(text))) or sum(
        each.isdigit() for each in folded
    ) > letters / 2:
        score -= 0.9
    if _ADDRESS.search(folded) and not legal:
        score -= 0.5
    if folded.endswith((":", "：")) or len(folded) > 70:
        score -= 0.4
    # A handwritten note in small letters, or a salutation, is no name of a company.
    if text.islower() and not legal:
        score -= 0.3
    return max(-1.0, min(1.0, score))


def is_address(text: str) -> bool:
    folded = fold(text)
    return bool(_ADDRESS.search(folded) or _TOWN.search(folded))


def is_contact(text: str) -> bool:
    return bool(_CONTACT.search(fold(text)))


def has_town(text: str) -> bool:
    """A postal code with a town, or a Japanese one."""
    return bool(_TOWN.search(fold(text)))


def is_label(text: str) -> bool:
    """A line of a party's block that is a label, with or without a number behind it."""
    return bool(_LABELLED.match(fold(text).strip()))


def is_title(text: str) -> bool:
    return bool(_TITLE.match(fold(text).strip()))


def name_of(text: str) -> str:
    """Without a label before it and the numbers of a register behind it."""
    plain = _TAIL.sub("", text.strip())
    folded = fold(plain)
    lead = _LEAD.match(folded)
    said = plain[lead.end() if lead else 0 :].strip(" .,:;•·|-*")
    whole = plain.rstrip(" ,:;•·|-*").endswith(f"{said}.") and _SHORT.search(fold(said))
    return (f"{said}." if whole else said) or text.strip()
