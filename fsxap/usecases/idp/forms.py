"""Filled forms: labels and what is written for them, by colons, lines to write on, ruled cells and columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from fsxap.documents import Box, Line, Page, Pair, Table, Word, around
from fsxap.usecases.idp.checkboxes import checkboxes_of, lines_without, printed

COLONS = (":", "：")
LONGEST_LABEL = 60
"""Characters; what stands before a colon and is longer is a sentence."""
FARTHEST = 0.45
"""Of the page's width between a label and its value."""
LINES = 4
"""Most lines of one value, such as an address."""
GLUED = re.compile(r"^([^\d:：/]{2,})[:：]([^/\s].*)$")
FILLER = re.compile(r"^[_.…·\-–—]{3,}$")
"""Dots and dashes printed to write on."""
TALL = 0.012
"""Height of print as a share of a page's where there is none to measure."""


def pairs_of(page: Page) -> tuple[Pair, ...]:
    """Labels with their values from top to bottom; a value that was left blank is empty."""
    boxes = checkboxes_of(page)
    marks = [*page.checkboxes, *printed(page)]
    beside = [each.label_box for each in boxes if each.label_box]
    lines = [_split(line) for line in lines_without(page, marks)]
    in_tables = [table.box for table in page.tables]
    free = [line for line in lines if not any(_holds(box, line.box) for box in in_tables)]
    options = [each.box for each in marks] + beside
    found = [pair for table in page.tables for pair in _in_cells(table)]
    found += _with_colons(free, options)
    found += _on_rules(free, page.rules, in_tables)
    rest = [line for line in free if line.words and not any(_uses(pair, line) for pair in found)]
    found += _in_columns(rest)
    kept: list[Pair] = []
    for pair in found:
        if any(_overlap(pair.value_box, box) for box in beside):
            continue
        if pair.label and not any(_overlap(pair.label_box, other.label_box) for other in kept):
            kept.append(pair)
    return tuple(sorted(kept, key=lambda pair: (round(pair.label_box[1], 2), pair.label_box[0])))


def _uses(pair: Pair, line: Line) -> bool:
    return _overlap(pair.label_box, line.box) or bool(pair.value and _overlap(pair.value_box, line.box))


def _split(line: Line) -> Line:
    """The same line with "Date:2024-01-31" as two words, and without dots and dashes to write on."""
    words: list[Word] = []
    for word in line.words:
        match = GLUED.match(word.text)
        if match:
            left, top, right, bottom = word.box
            cut = left + (right - left) * (len(match[1]) + 1) / len(word.text)
            words.append(Word(f"{match[1]}:", (left, top, cut, bottom), word.confidence, word.space))
            words.append(Word(match[2], (cut, top, right, bottom), word.confidence, True))
        elif not FILLER.match(word.text):
            words.append(word)
    return Line(tuple(words))


def _ends_label(word: Word) -> bool:
    return word.text.endswith(COLONS)


def _parts(words: Sequence[Word]) -> Iterator[tuple[tuple[Word, ...], tuple[Word, ...]]]:
    """Of one line each label, colon included, and the words behind it."""
    colons = [index for index, word in enumerate(words) if _ends_label(word)]
    start = 0
    for place, colon in enumerate(colons):
        end = len(words)
        if place + 1 < len(colons):
            end = _next_label(words, colon + 1, colons[place + 1])
        yield tuple(words[start : colon + 1]), tuple(words[colon + 1 : end])
        start = end


def _next_label(words: Sequence[Word], first: int, colon: int) -> int:
    """Where, between a colon and the next one, the next label begins: behind the widest gap."""
    gaps = {index: words[index].box[0] - words[index - 1].box[2] for index in range(first + 1, colon + 1)}
    if not gaps:
        return colon
    widest = max(gaps, key=lambda index: gaps[index])
    return widest if gaps[widest] > 1.5 * max(median(gaps.values()), 0.002) else colon


def _with_colons(lines: Sequence[Line], options: Sequence[Box]) -> list[Pair]:
    parts = [(line, label, value) for line in lines for label, value in _parts(line.words)]
    labels = [around(word.box for word in label) for _, label, _ in parts]
    taken = {id(line) for line, _, _ in parts}
    plain = [line for line in lines if line.words and id(line) not in taken]
    pairs = []
    for (_line, label, value), box in zip(parts, labels, strict=True):
        if len(_joined(label)) > LONGEST_LABEL:
            continue
        if not value and any(_is_right(box, option, labels) for option in options):
            continue
        if value:
            more = _below(around(word.box for word in value), plain, labels) if len(_row(box, lines)) == 1 else []
            pairs.append(_pair(label, [Line(value), *more], 1.0))
            continue
        first = _value(box, plain, labels)
        pairs.append(_pair(label, [first, *_below(first.box, plain, labels)] if first else [], 1.0))
    return pairs


def _value(label: Box, lines: Sequence[Line], labels: Sequence[Box]) -> Line | None:
    """What stands to the right of a label with no other label between, else right below it."""
    right = [line for line in lines if _is_right(label, line.box, labels)]
    if right:
        return min(right, key=lambda line: line.box[0])
    tall = label[3] - label[1]
    below = [
        line
        for line in lines
        if label[0] - tall <= line.box[0] <= max(label[2], label[0] + 0.1)
        and 0 <= line.box[1] - label[3] + 0.4 * tall < 1.8 * tall
        and not any(_is_right(other, line.box, ()) for other in labels if other != label)
    ]
    return min(below, key=lambda line: line.box[1]) if below else None


def _is_right(label: Box, box: Box, labels: Sequence[Box]) -> bool:
    if not _same_row(label, box) or not label[2] - 0.01 <= box[0] <= label[2] + FARTHEST:
        return False
    return not any(_same_row(label, other) and label[2] <= other[0] <= box[0] for other in labels)


def _below(value: Box, lines: Sequence[Line], labels: Sequence[Box]) -> list[Line]:
    """Further lines of the same value: flush with it, close below, with nothing to their left."""
    found: list[Line] = []
    last = value
    for line in sorted(lines, key=lambda each: each.box[1]):
        tall = last[3] - last[1]
        close = 0 <= line.box[1] - last[3] + 0.4 * tall < 0.9 * tall
        if not close or abs(line.box[0] - value[0]) > 0.6 * tall or len(found) + 1 >= LINES:
            continue
        if any(_same_row(line.box, other.box) and other.box[2] <= line.box[0] for other in lines):
            continue
        if any(_same_row(line.box, label) for label in labels):
            continue
        found.append(line)
        last = line.box
    return found


def _on_rules(lines: Sequence[Line], rules: Sequence[Box], tables: Sequence[Box]) -> list[Pair]:
    """Labels without a colon before a line to write on, below it or above it: the first two as most on the page are."""
    words = [word for line in lines for word in line.words]
    tall = median(word.box[3] - word.box[1] for word in words) if words else TALL
    across = [rule for rule in rules if rule[2] - rule[0] > 3 * (rule[3] - rule[1]) and rule[2] - rule[0] < 0.8]
    across = [rule for rule in across if not any(_holds(table, rule) for table in tables)]
    bands = [(rule[0], rule[1] - 1.6 * tall, rule[2], rule[3] + 0.4 * tall) for rule in across]
    written = [[word for word in words if _holds(band, word.box)] for band in bands]
    values = {id(word) for band in written for word in band}
    spare = [word for word in words if id(word) not in values]
    before = [_before(band, spare, tall) for band in bands]
    unwritten = [line for line in lines if not any(id(word) in values for word in line.words)]
    below = [_caption(unwritten, rule, tall, 1) for rule in across]
    above = [_caption(unwritten, band, tall, -1) for band in bands]
    first, second = (before, below) if sum(map(bool, before)) >= sum(map(bool, below)) else (below, before)
    pairs = []
    for band, value, *labels in zip(bands, written, first, second, above, strict=True):
        label = next((each for each in labels if each), ())
        if label and not any(_ends_label(word) for word in label) and len(_joined(label)) <= LONGEST_LABEL:
            pairs.append(_pair(label, [Line(tuple(value))] if value else [], 0.9, band))
    return pairs


def _before(band: Box, words: Sequence[Word], tall: float) -> tuple[Word, ...]:
    row = [word for word in words if band[1] <= _middle(word.box)[1] <= band[3] and word.box[2] <= band[0] + tall]
    run = _last_run(sorted(row, key=lambda word: word.box[0]), tall)
    return run if run and band[0] - run[-1].box[2] < 4 * tall else ()


def _caption(lines: Sequence[Line], box: Box, tall: float, way: int) -> tuple[Word, ...]:
    """The line close below a box, or above it, that begins and ends within it."""
    for line in lines:
        if line.words and box[0] - tall <= line.box[0] and line.box[2] <= box[2] + tall:
            gap = line.box[1] - box[3] if way > 0 else box[1] - line.box[3]
            if -0.3 * tall <= gap < tall:
                return line.words
    return ()


def _last_run(words: Sequence[Word], tall: float) -> tuple[Word, ...]:
    """The words up to the rule that no wide gap parts."""
    start = 0
    for index, (one, other) in enumerate(pairwise(words), 1):
        if other.box[0] - one.box[2] > 1.5 * tall:
            start = index
    return tuple(words[start:])


def _in_cells(table: Table) -> Iterator[Pair]:
    """A label above its value in one cell, if most are so, or a label in the cell before its value."""
    filled = [cell for row in table.rows for cell in row if cell.text]
    if 2 * sum(_is_stacked(cell.text) for cell in filled) >= len(filled):
        for cell in filled:
            label, _, value = cell.text.partition("\n")
            if not value and ":" in label:
                label, _, value = cell.text.partition(":")
            if len(label) <= LONGEST_LABEL:
                yield Pair(_plain(label), value.replace("\n", " ").strip(), cell.box, cell.box, cell.confidence)
        return
    for row in table.rows:
        if len(row) not in (2, 4):
            continue
        for name, value_cell in zip(row[::2], row[1::2], strict=True):
            if name.text and "\n" not in name.text and not re.search(r"\d", name.text):
                confidence = 0.9 * min(name.confidence, value_cell.confidence)
                yield Pair(_plain(name.text), value_cell.text.replace("\n", " "), name.box, value_cell.box, confidence)


def _is_stacked(text: str) -> bool:
    """Whether a cell holds a label and its value."""
    label, mark, value = text.partition("\n")
    if not mark:
        label, mark, value = text.partition(":")
    return bool(value.strip()) and not re.search(r"\d", label)


def _in_columns(lines: Sequence[Line]) -> list[Pair]:
    """Rows of two pieces each, of which at least three begin at the same two places."""
    rows = [_row(line.box, lines) for line in lines if line.words]
    couples = [row for row in rows if len(row) == 2]
    pairs = []
    for first, second in couples:
        alike = [
            row
            for row in couples
            if abs(row[0].box[0] - first.box[0]) < 0.008 and abs(row[1].box[0] - second.box[0]) < 0.008
        ]
        if len({row[0].box for row in alike}) >= 3 and not re.search(r"\d", first.text):
            pairs.append(_pair(first.words, [second], 0.7))
    return pairs


def _row(box: Box, lines: Iterable[Line]) -> list[Line]:
    return sorted((line for line in lines if line.words and _same_row(box, line.box)), key=lambda line: line.box[0])


def _pair(label: Sequence[Word], value: Sequence[Line], sure: float, blank: Box | None = None) -> Pair:
    box = around(word.box for word in label)
    place = around(line.box for line in value) if value else blank or (box[2], box[1], min(1.0, box[2] + 0.2), box[3])
    confidence = min([*(word.confidence for word in label), *(line.confidence for line in value)])
    return Pair(_plain(_joined(label)), " ".join(line.text for line in value), box, place, sure * confidence)


def _joined(words: Sequence[Word]) -> str:
    return Line(tuple(words)).text


def _plain(label: str) -> str:
    return label.strip().rstrip("".join(COLONS) + " *.").strip()


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _same_row(one: Box, other: Box) -> bool:
    return abs(_middle(one)[1] - _middle(other)[1]) < 0.55 * min(one[3] - one[1], other[3] - other[1])


def _holds(outer: Box, inner: Box) -> bool:
    x, y = _middle(inner)
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _overlap(one: Box, other: Box) -> bool:
    return _holds(one, other) or _holds(other, one)
