"""Owns what may stay burned into a picture: the labels of acquisition, display and position, and nothing else.

A line is a label when every part of it is one; a name and its value may stand apart. Words that could as well be
somebody's name are not here.
"""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"[+-]?\d{1,4}(?:[.,]\d{1,3})?"
_UNIT = (
    r"(?:kvp?|ma(?:s|\.s)?|[uµμ]as|cm/s(?:ec)?|m/s|[cmuµμn]?m|mm/s|[mk]?hz|db|fps|%|ms(?:ec)?|s(?:ec)?|bpm|[mcuµμ]?gy|"
    r"[mdcuµμ]?gy[*.x·]?[cm]?m[2²]?|msv|t|m?l|cc|cm[23²³]|deg|°|hu|px|mmhg|m?w/cm[2²]|ml/s|x|dpi|lp/mm)"
)
_NAME = (
    r"kvp?|mas?|mi|ti|tis|tib|tic|w[lwc]?|l|c|level|window|width|cent(?:er|re)|zoom|mag|gain|gn|g|d|depth|dp|freq|frq|"
    r"frequency|fr|fps|frate|frame rate|hr|dr|dyn(?:\.|amic)? ?r(?:ange|ng|g)?\.?|comp|thk|thick(?:ness)?|slice|"
    r"slice thickness|st|sl|loc|pos|te|tr|ti|fa|flip|nex|nsa|avg|etl|[sd]?fov|matrix|mx|bw|prf|wf|map|per|persist|"
    r"pwr|power|ao|rej|reject|edge|im|img|image|se|series|ser|acq|frame|scan|ec|echo|tilt|gantry|pitch|rt|exp|dap|ei|di|"
    r"s|sid|sod|area|mean|min|max|dist|angle|v|vel|pg|ef|vol|dose|ctdi(?:vol)?|dlp|tgc|ratio|focus|foc|b|m|cf|pw|cw|"
    r"res|p|sp|gap|int|scale|force|comp\. force|cbt|time const|smooth|dens|line dens|sharp|2d|3d|cd|thi|gen|pen"
)
_WORDS = (
    r"l|r|a|p|h|f|s|i|lt|rt|al|ar|pl|pr|la|ra|lp|rp|hl|hr|fl|fr|ah|ph|af|pf|hf|lh|rh|"
    r"ap|pa|lat|ll|rl|lao|rao|lpo|rpo|obl|cc|mlo|ml|lm|x?ccl|xcc|at|[lr]cc|[lr]mlo|[lr]ml|[lr]lm|[lr]xccl|[lr] ?cc|"
    r"supine|prone|erect|upright|standing|sitting|semi-?erect|decub(?:itus)?|portable|mobile|bedside|axial|ax|cor|sag|"
    r"coronal|sagittal|transverse|trans|trv|long|oblique|left|right|anterior|posterior|ant|post|head|feet|foot|inferior|"
    r"superior|medial|lateral|inf|sup|med|chest|thorax|abdomen|abd|pelvis|skull|spine|c-?spine|t-?spine|l-?spine|knee|"
    r"hip|ankle|wrist|elbow|shoulder|hand|finger|toe|breast|brain|neck|liver|kidney|spleen|pancreas|gb|gallbladder|"
    r"bladder|uterus|ovary|aorta|ivc|thyroid|carotid|heart|lungs?|renal|hepatic|fetus|fetal|cardiac|vascular|obstetric|"
    r"obs?|ob/gyn|gyn|msk|small parts|2d|3d|4d|m-?mode|b-?mode|color|colour|doppler|cfm|pw|cw|thi|harm(?:onic)?|"
    r"inspiration|expiration|insp|exp|flair|stir|t1w?|t2w?|pd|dwi|adc|gre|tse|fse|contrast|post contrast|pre contrast|"
    r"with contrast|without contrast|non contrast|iv|oral|localizer|scout|topogram|kernel|bone|soft tissue|wl|ww|lossy|"
    r"lossless|jpeg|compressed|inverted|magnified|original|derived|mip|mpr|vrt|res|gen|pen|high|low|on|off|auto|sys|dia|"
    r"freeze|live|cine|loop|zoom|gain|depth|series|image|frame|slice|cm|mm|not for diagnos(?:is|tic use)|arm|leg|"
    r"measurement|distance|area|volume|dist|vol|patient left|patient right|mi|tis|tib|tic|"
    r"kvp?|mas|[mk]hz|hz|db|bpm|fps|[sd]?fov|thk|ww|mgy"
)
_VALUE = rf"{_NUMBER}(?: ?[x×/*:-] ?{_NUMBER})?"
_LABELLED = rf"(?:{_NAME})\.?\s?[:=#]?\s?{_VALUE}\s?{_UNIT}?"
_MEASURED = rf"{_NUMBER}(?:\s?[x×*/-]\s?{_NUMBER})?\s?{_UNIT}"
_PART = rf"(?:{_LABELLED}|{_MEASURED}|{_WORDS})(?![^\W_])"
_LINE = re.compile(rf"(?:[\s,;|/()\[\]<>+*·•-]*(?<![^\W_]){_PART}[:.]?)+[\s,;|/()\[\]<>+*·•-]*")
_TICK = re.compile(r"[+-]?(\d{1,3})([.,]\d)?")
_MARK = re.compile(r"[-+*=_.:|/\\<>()\[\]~^'\"°·•→←↑↓▲▼◄►]{1,4}")
_LETTER_IN_NUMBER = re.compile(r"(?<=[\d.,])[oO](?=[\d.,\s]|$)|(?<=[\d.,])[lI](?=[\d.,]|$)")
_DIGIT_IN_WORD = re.compile(r"(?<=[^\W\d_])0+(?=[^\W\d_])")
LONGEST_TICK, ODD_TICK = 300, 30


def explained(text: str) -> bool:
    """Whether a line, as read, is wholly made of known labels and their values.

    A number by itself is a scale's mark: small, or a round one.
    """
    flat = flattened(text)
    return bool(_TICK.fullmatch(flat) and _tick(flat)) or any(
        bool(_LINE.fullmatch(variant) or _MARK.fullmatch(variant)) for variant in _variants(flat)
    )


def bare(text: str) -> bool:
    """Whether a label says so little that it might as well be a scrap of the line beside it."""
    flat = flattened(text)
    return len(flat) < 2 or _TICK.fullmatch(flat) is not None or _MARK.fullmatch(flat) is not None


def flattened(text: str) -> str:
    """One width, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _tick(flat: str) -> bool:
    whole = abs(int(flat.replace(",", ".").split(".")[0]))
    return whole <= ODD_TICK or (whole <= LONGEST_TICK and whole % 5 == 0)


def _variants(flat: str) -> tuple[str, ...]:
    """The line, and as it reads with what recognition confuses put right."""
    fixed = _DIGIT_IN_WORD.sub(
        lambda found: "o" * len(found.group()),
        _LETTER_IN_NUMBER.sub(lambda found: "0" if found.group() in "oO" else "1", flat),
    )
    tall = re.sub(r"\b([tm])[l1](s|b|c)?\b", r"\1i\2", fixed)
    return tuple(dict.fromkeys((flat, fixed, tall)))
