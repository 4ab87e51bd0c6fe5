"""Owns the written forms of identifiers: dates, telephone and other numbers, addresses, titles and cues before names.

A form is known by its letters and digits alone. Forms that measurements share (`4x5 mm`, `1.5T`, `120-140 kV`) are kept
out; what may be either counts as an identifier.
"""

from __future__ import annotations

import re

_MONTH = (
    r"(?:jan(?:uar[yi]?|vier|\.)?|enero|gennaio|feb(?:ruar[yi]?|rero|braio|\.)?|f[ée]v(?:rier)?|m[äa]r(?:z|s|ch|zo|\.)?|"
    r"apr(?:il|ile|\.)?|avril|abril|may|mai|mayo|maggio|jun[ei]?|juin|junio|giugno|jul[yi]?|juillet|julio|luglio|"
    r"aug(?:ust|\.)?|ao[uû]t|agosto|sep(?:t|tember|tembre|\.)?|septiembre|settembre|o[ck]t(?:ober|obre|ubre|\.)?|ottobre|"
    r"nov(?:ember|embre|iembre|\.)?|de[cz](?:ember|\.)?|d[ée]cembre|diciembre|dicembre)(?![a-z])"
)
_YEAR = r"(?:18|19|20)\d{2}"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ROAD = (
    r"(?-i:Street|STREET|Avenue|AVENUE|Road|ROAD|Lane|LANE|Drive|DRIVE|Court|COURT|Boulevard|BOULEVARD|Terrace|TERRACE|"
    r"Square|SQUARE|Crescent|CRESCENT|Parkway|PARKWAY|Highway|HIGHWAY|Way|Place|Close|Circle|Trail|St|Ave|AVE|Rd|RD|Ln|"
    r"Dr|Ct|Blvd|BLVD|Pkwy|Hwy|Sq|Ter)"
)
DATES = (
    rf"(?<![\d.]){_YEAR}(?:[-/. ]?(?:0[1-9]|1[0-2])[-/. ]?(?:0[1-9]|[12]\d|3[01]))(?!\d)",
    rf"(?<![\d.]){_YEAR}[-/]\d{{1,2}}[-/]\d{{1,2}}(?!\d)",
    r"(?<![\d.])\d{1,2}[-/.]\d{1,2}[-/.](?:18|19|20)?\d{2}(?![\d.])",
    rf"\b{_DAY}(?:st|nd|rd|th)?(?:[-./, ]|of\b){{0,5}}{_MONTH}(?:[-./,' ]{{0,4}}(?:{_YEAR}|\d{{2}}\b))?",
    rf"\b{_MONTH}[-./, ]{{0,4}}{_DAY}(?:st|nd|rd|th)?(?:[-./,' ]{{1,4}}(?:{_YEAR}|\d{{2}})\b|(?!\d))",
    rf"\b{_MONTH}[-./, ]{{0,4}}{_YEAR}\b",
    r"(?:明治|大正|昭和|平成|令和|西暦)?\s?[\d０-９元]{1,4}\s?[年년]\s?[\d０-９]{1,2}\s?[月월](?:\s?[\d０-９]{1,2}\s?[日일])?",
    rf"\b{_YEAR}\d{{4}}T?\d{{0,6}}",
    r"\b(?:9\d|1[01]\d)[- ]?(?:year|yr|y/?o\b|jahr|ans\b)\w*",
)
NUMBERS = (
    r"(?<![\d.])\d{3}-\d{2}-\d{4}(?!\d)",
    r"(?<![\w.])\+?\(?\d{2,4}\)?(?:[- /]|\) ?)(?:\(0\) ?)?\d{2,4}[- /]?\d{3,4}(?:[- ]?\d{2,4})?(?![\w.])",
    r"(?<![\w.])\(?\d{3}\)?[-. ]\d{3}[-.]\d{4}(?!\d)",
    r"(?<![\w.])\+\d{1,3}[-. ]?\(?\d",
    r"(?<![\w.,-])\d{3}-\d{4}(?![\w.-])",
    r"(?<![\w.])0\d{1,4}/\d{3,}",
    r"(?<![\w.])[1-9]\d{1,2}(?:\.(?:0|[1-9]\d{0,2})){3}(?![\d.])",
    r"(?<![\w.])\d{1,40}(?:\.\d{1,40}){4,}",
    r"(?<![\d.])\d{6,}(?![\d.])",
    r"\b(?!b\d{2,4}\b)(?=[A-Z0-9-]{0,40}\d{4})[A-Z]{1,6}[- ]?[A-Z0-9-]{4,40}\b",
    r"(?<![\w.])(?=(?:[A-Z-]{0,5}\d){6})[A-Z]{0,4}-?\d{2,12}(?:-\d{2,12}){1,6}(?!\w)",
    r"#\s?\d{3,}",
    r"\b(?=[0-9A-F]{0,40}\d)[0-9A-F]{12,}\b|\b(?:[46][1-9A-F]|[57][0-9A]){4,}\b",
    r"(?<!\w)(?:[^\W\d_][\s._/-]{1,3}){3,}[^\W\d_](?!\w)",
    r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)",
)
PLACES = (
    r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,190}",
    r"\b(?:https?|ftp)://\S+|\bwww\.\S+|\\\\[\w.-]+\\\S+|\b[A-Za-z]:\\\S+|(?<![\w/])/(?:home|Users|data|mnt)/\S+",
    r"\b[a-z][\w-]{0,62}(?:\.[\w-]{1,63}){0,5}"
    r"\.(?:com|org|net|edu|gov|local|lan|example|health|hospital|de|fr|uk|jp|ch|nl|it|es)\b",
    rf"\b\d{{1,5}}[A-Za-z]?,? (?-i:[A-Z])[\w'.]{{0,30}}(?: (?-i:[A-Z])[\w'.]{{0,30}}){{0,2}} {_ROAD}\b\.?",
    r"(?<!\w)(?-i:(?:[A-Z][\w.'’-]{1,30} ){1,4}"
    r"(?:Hospital|HOSPITAL|Clinic|CLINIC|Infirmary|INFIRMARY|Medical Cent(?:er|re)))\b",
    r"\b(?:university|hospital|klinik\w*|krankenhaus|h[oô]pital|ospedale)\b (?-i:(?:of |de |St\.? )?[A-Z]\w{2,})",
    r"\b[^\W\d_]{3,30}(?:str\.|straße|strasse|gasse|platz|allee)\s{0,2}\d+\w?",
    r"\bP\.? ?O\.? ?Box\s{0,2}\d+|\b(?:apt|apartment|suite)\b\.? ?#?\d+\w?",
    r"\b(?-i:[A-Z]{2}) \d{5}(?:-\d{4})?\b|(?<![\w.])\d{5} (?-i:[A-Z][a-z]{3,})\b",
    r"\b(?-i:[A-Z]{1,2}\d[A-Z\d]? \d(?!MM|CM|ML|MS|KV|HZ|MG|SL|FS|AX|CO|SA|TR)[A-Z]{2})\b",
)
SHAPES = re.compile("|".join((*DATES, *PLACES, *NUMBERS)), re.IGNORECASE)
CARETS = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,64}\^[^\W\d_^]{1,64}[^\s]{0,200}")
"""The written form of PN; vendors write descriptions so too (`ABDOMEN^ROUTINE`)."""
TITLES = re.compile(
    r"\b(?:(?:Dr|Mrs|Mr|Ms|Prof|Sr|Sra|Herr|Frau|Mme|Miss|Nurse|Sister)\b\.?|(?:DR|MR|MRS|MS|PROF)\.)\s*"
    r"((?:[A-Z]\.\s*)*[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)?)"
)
"""What follows a title is a name, whatever its words mean. Capitals need a full stop: MR and DR are modalities."""
AGENTS = re.compile(
    r"(?i:\b(?:seen|read|reviewed|dictated|signed|performed|reported|requested|ordered|transcribed|referred|checked)\s+"
    r"by\s+)(?!(?:Dr|Mr|Mrs|Ms|Prof)\b)([^\W\d_][\w'’-]*(?:\s+[A-Z][\w'’-]*)*)"
)
"""Who did something is somebody, whatever the name means."""
INITIALS = re.compile(r"\b(?!G\.E\.)[A-Z]\. ?[A-Z]\.")
CUES = re.compile(
    r"(?i:\b(?:dr|mr|mrs|ms|miss|prof|herr|frau|mme|sr|sra|md|dictated|signed|seen|referred|read|reviewed|performed|"
    r"reported|requested|ordered|transcribed|operator|technologist|tech|nurse|physician|surgeon|doctor|radiologist|"
    r"attending|consultant|resident|fellow|colleague|provider|patient|pat|pt|name|mother|father|wife|husband|son|"
    r"daughter|sister|brother|relative|contact|attn|mrn|dob|born|birth(?:day|date)?|geb(?:oren)?|n[ée]e?|ssn|nhs|"
    r"tel(?:ephone)?|phone|fax|mobile|call|address|acc(?:ession)?|id)\b[.:#]*(?:\s+(?:by|is|no|nr|number|am|le)\b)?"
    r"(?:\s+dr\b\.?)?\s*[:=#.]*\s*)"
    r"([^\W\d_][\w'’-]*(?:[\s,]+[A-Z][\w'’-]*)*|[A-Z0-9-]*\d[\w-]*)"
)
COMMON = re.compile(
    r"white|black|green|gr[ae]y|hill|hall|woods?|stone|young|long|short|hunter|mason|west|fox|wolf|ray|bell|bush|field|"
    r"brook|marsh|cross|small|little|rich|strong|best|day|light|gold|dean|page|bishop|pope|ford|chase",
    re.IGNORECASE,
)
"""Family names that are words: with an initial they are names."""
BRIEF = frozenset({"ap", "cr", "ct", "dx", "mg", "mr", "nm", "pa", "pt", "rf", "us", "xa"})
"""Words of two letters that stand before a caret without being a family name."""
INITIAL = re.compile(r"\b([^\W\d_]{3,}),? [A-Z]\.|\b[A-Z]\. ?([^\W\d_]{3,})")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
PARTS = re.compile(r"[\^=\s,.;:/\\|()\[\]_&+*-]+")
CLINICAL = re.compile(
    r"[a-z]{3,}(?:(?<!a)itis|osis|ectomy|otomy|ostomy|graphy|graphic|ogram|scopy|plasty|emia|aemia|pathy|ogenic|"
    r"lateral|ology|ological|trophy|trophic|plasia|metry|metric|algia|cytic|uria|chemic|kemic|glycemic|(?:sten|necr|"
    r"fibr|cirrh|scler|thromb|cyan)otic|edema|oedema|sarcoma|carcinoma|"
    r"adenoma|lymphoma|myeloma|melanoma|cardial|pulmonary|hepatic|gastric|vascular|axial|coronal|sagittal|oblique)s?"
)
"""Endings of medical terms that names do not have: Lithuanian ones end with `aitis`, South Slavic ones with `ic`."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
