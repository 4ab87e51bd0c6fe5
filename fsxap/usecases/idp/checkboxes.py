"""Check boxes, drawn or printed, and the words beside them that say what they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fsxap.documents import Box, CheckBox, Line, Page, Word, around

PRINTED = {"☐": False, "□": False, "口": False, "☑": True, "☒": True, "■": True, "✓": True, "✔": True, "✗": True}
TYPED = {"[]": False, "[x]": True, "()": False, "(x)": True, "[v]": True, "[*]": True}
REACH = 2.2
"""Heights of a line between a box and the first word of its label."""
BLANK = 1.1
"""Heights of a line between two words of one label, at most."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A check box with its label and where that stands; None where it has none."""

    checkbox: CheckBox
    label: str
    label_box: Box | None


def labelled(page: Page) -> tuple[CheckBox, ...]:
    """The page's check boxes from top to bottom. Equal labels are told apart by what stands before the row of boxes."""
    found = checkboxes_of(page)
    count = Counter(each.label for each in found)
    named = []
    for each in found:
        label = each.label
        if count[label] > 1:
            caption = _caption(each, found, page)
            label = f"{caption}: {label}" if caption and label else label or caption
        named.append(replace(each.checkbox, label=each.checkbox.label or label))
    return tuple(named)


def checkboxes_of(page: Page) -> tuple[Labelled, ...]:
    """Each box with the words beside it, on the side on which most of the page's boxes have theirs; brackets are none
    without such words, since what stands in them may have faded."""
    found = sorted([*page.checkboxes, *printed(page)], key=lambda each: (each.box[1], each.box[0]))
    words = [word for line in lines_without(page, found) for word in line.words]
    after = [_beside(each, found, words, 1) for each in found]
    before = [_beside(each, found, words, -1) for each in found]
    chosen, other = (after, before) if _gain(after, found) >= _gain(before, found) else (before, after)
    used = {word.box for label in chosen for word in label}
    labels = [
        label or (spare if not used & {word.box for word in spare} else ())
        for label, spare in zip(chosen, other, strict=True)
    ]
    brackets = {word.box for word in page.words if word.text.lower() in TYPED}
    return tuple(
        Labelled(each, text, around(word.box for word in label) if label else None)
        for each, label, text in zip(found, labels, map(_text, labels), strict=True)
        if each.box not in brackets or any(map(str.isalpha, text))
    )


def printed(page: Page) -> tuple[CheckBox, ...]:
    """Check boxes that are characters, where no drawn one is."""
    found = []
    for word in page.words:
        checked = PRINTED.get(word.text[:1], TYPED.get(word.text.lower()))
        if checked is None or any(_covers(each.box, word.box) for each in page.checkboxes):
            continue
        if word.text[0] == "口" and len(word.text) > 1:
            continue
        left, top, right, bottom = word.box
        if word.text[0] in PRINTED:
            right = left + (right - left) / len(word.text)
        found.append(CheckBox(checked, (left, top, right, bottom), 0.9 * word.confidence))
    return tuple(found)


def lines_without(page: Page, boxes: Sequence[CheckBox]) -> list[Line]:
    """The page's lines without what was read of the boxes themselves, cut where a box stands in them."""
    lines = []
    for line in page.lines:
        run: list[Word] = []
        for word in line.words:
            inside = [each for each in boxes if _covers(each.box, word.box)]
            if not inside and not (run and _between(run[-1], word, boxes)):
                run.append(word)
                continue
            if run:
                lines.append(Line(tuple(run)))
            rest = _rest(word, inside[0].box) if inside else word
            run = [rest] if rest else []
        if run:
            lines.append(Line(tuple(run)))
    return lines


def _rest(word: Word, box: Box) -> Word | None:
    """What of a word is not the box: "☐Yes" is read as one."""
    text = word.text.lstrip("".join(PRINTED) + "[]()")
    if not text or text == word.text or word.box[2] - box[2] < 0.4 * (word.box[2] - word.box[0]):
        return None
    return replace(word, text=text, box=(box[2], *word.box[1:]))


def _between(one: Word, other: Word, boxes: Sequence[CheckBox]) -> bool:
    return any(
        one.box[2] - 0.003 <= each.box[0] and each.box[2] <= other.box[0] + 0.003 and _same_row(each.box, other.box)
        for each in boxes
    )


def _beside(box: CheckBox, boxes: Sequence[CheckBox], words: Sequence[Word], way: int) -> tuple[Word, ...]:
    """Words from the box outwards, up to a wide gap, another box or, to the left, a colon."""
    edge = box.box[2] if way > 0 else box.box[0]
    row = [word for word in words if _same_row(box.box, word.box) and way * (_middle(word.box) - edge) > 0]
    row.sort(key=lambda word: way * word.box[0])
    limits = [way * each.box[0] for each in boxes if _same_row(each.box, box.box) and way * (each.box[0] - edge) > 0]
    found: list[Word] = []
    for word in row:
        near, far = (word.box[0], word.box[2]) if way > 0 else (word.box[2], word.box[0])
        tall = word.box[3] - word.box[1]
        # A page is higher than wide: a gap of one height is a larger share of its width.
        gap = way * (near - edge) / 1.4
        if gap > (BLANK if found else REACH) * tall or any(way * near > limit for limit in limits):
            break
        if way < 0 and word.text.endswith((":", "：")):
            break
        found.append(word)
        edge = far
    return tuple(sorted(found, key=lambda word: word.box[0]))


def _gain(labels: Sequence[Sequence[Word]], boxes: Sequence[CheckBox]) -> tuple[int, float]:
    """How many boxes have a label on this side, and how close."""
    gaps = [
        min(abs(label[0].box[0] - each.box[2]), abs(each.box[0] - label[-1].box[2]))
        for label, each in zip(labels, boxes, strict=True)
        if label
    ]
    return len(gaps), -sum(gaps)


def _caption(each: Labelled, found: Sequence[Labelled], page: Page) -> str:
    """The words before the first box of its row, if it is no label itself."""
    row = [other for other in found if _same_row(other.checkbox.box, each.checkbox.box)]
    own = [other.label_box for other in row if other.label_box]
    left = min([other.checkbox.box[0] for other in row] + [box[0] for box in own])
    words = [word for word in page.words if _same_row(word.box, each.checkbox.box) and word.box[2] <= left]
    return _text(sorted(words, key=lambda word: word.box[0])).rstrip(":： ")


def _text(words: Sequence[Word]) -> str:
    return Line(tuple(words)).text.strip().strip(":：").strip()


def _middle(box: Box) -> float:
    return (box[0] + box[2]) / 2


def _same_row(one: Box, other: Box) -> bool:
    return abs(one[1] + one[3] - other[1] - other[3]) < 1.2 * min(one[3] - one[1], other[3] - other[1])


def _covers(box: Box, word: Box) -> bool:
    """Whether a box and a word are the same print, or the word begins with the box."""
    across = min(box[2], word[2]) - max(box[0], word[0])
    down = min(box[3], word[3]) - max(box[1], word[1])
    smaller = min(box[2] - box[0], word[2] - word[0])
    return down > 0 and across > 0.5 * smaller
