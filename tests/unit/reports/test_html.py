import base64
import hashlib
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsxap.model import Finding, Section, Waiver
from fsxap.reports import Report, write_html
from fsxap.reports.html import page
from tests.unit.reports.samples import HOSTILE, Structure, coverage, finding, report, text

ELEMENTS = (
    "html head meta title style script body a main header div p button h1 h2 h3 dl dt dd section svg path ul ol li "
    "rect desc table caption thead tbody tr th td span strong em code polyline form fieldset legend label input select "
    "option footer ul details summary"
)
ATTRIBUTES = (
    "lang charset http-equiv content name href class type id hidden aria-labelledby aria-label aria-hidden "
    "aria-pressed aria-sort viewbox d role preserveaspectratio x y width height points scope colspan "
    "data-all data-severity data-rank data-sort value autocomplete spellcheck open title tabindex"
)

words = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), min_size=1, max_size=20))


def rich(say: Iterator[str]) -> Report:
    """Every place that can hold a string holds the next one."""

    def one(**changes: object) -> Finding:
        given_ = {"message": next(say), "where": next(say), "remediation": next(say), "subject": next(say)}
        return finding(rule=next(say), evidence={next(say): next(say)}, controls=(next(say),), **given_, **changes)

    sections = (
        Section(next(say), "table", (next(say), next(say)), ((next(say), [next(say)]),), note=next(say)),
        Section(next(say), "bars", (next(say), next(say)), ((next(say), 3, next(say)), (next(say), next(say), "x"))),
        Section(next(say), "facts", rows=((next(say), next(say)),)),
        Section(next(say), "tree", (next(say),), ((0, next(say), next(say), 1), (1, next(say), "", 0, 2, 0, 0, 1))),
        Section(next(say), "matrix", (next(say), next(say), next(say)), ((next(say), "full", next(say)),)),
    )
    return report(
        [one(), one(waived=Waiver(next(say), next(say)))],
        *sections,
        use_case=next(say),
        run=next(say),
        source=next(say),
        started=next(say),
        coverage=coverage(failed=1),
        failures={next(say): 1},
        usage={next(say): 3},
        cost={"usd": next(say), next(say): next(say)},
        data={"plain": next(say), "deep": {"x": next(say)}, "not_checked": [next(say)]},
    )


class Words(Iterator[str]):
    """Hostile words told apart by a number, so that mappings keep their size and ids stay unique."""

    def __init__(self, word: str) -> None:
        self.word, self.at = word, 0

    def __next__(self) -> str:
        self.at += 1
        return f"{self.word}#{self.at}"


HARMLESS = Structure(text("html", rich(Words("plain word")))).shape


@settings(max_examples=40, deadline=None)
@given(words)
def test_no_text_makes_an_element_or_an_attribute(word: str) -> None:
    # A slash makes a folder, a folder a bar: the shape is compared for words without one.
    written = text("html", rich(Words(word)))
    read = Structure(written)
    if "/" not in word:
        assert read.shape == HARMLESS
    assert {name for name, _ in read.elements} <= set(ELEMENTS.split())
    assert {name for _, attributes in read.elements for name in attributes} <= set(ATTRIBUTES.split())
    assert [name for name, _ in read.elements].count("script") == 1
    assert read.comments == 0
    assert all(attributes["href"].startswith("#") for _, attributes in read.elements if attributes.get("href"))
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", written
    )


@pytest.mark.parametrize("word", HOSTILE)
def test_prose_is_inert_too(word: str) -> None:
    read = Structure(text("html", report([], Section("Told", "text", text=f"{word}\n\n- {word}\n\n# {word}"))))
    assert {name for name, _ in read.elements} <= set(ELEMENTS.split())
    assert [name for name, _ in read.elements].count("script") == 1


def test_the_policy_names_the_assets_it_holds() -> None:
    read = Structure(text("html", report()))
    policy = next(a["content"] for name, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in (policy or "").split(";"))
    for element in ("style", "script"):
        hashed = base64.b64encode(hashlib.sha256(read.inline[element].encode()).digest()).decode()
        assert rules[f"{element}-src"] == f"'sha256-{hashed}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    meta = [attributes for name, attributes in read.elements if name in ("meta", "style", "script")]
    assert meta[0] == {"charset": "utf-8"}
    assert "http-equiv" in meta[1]


@pytest.mark.parametrize("sign", ["http://", "https://", "@import", "url(", "eval(", "innerHTML", "insertAdjacentHTML"])
def test_the_assets_load_and_interpret_nothing(sign: str) -> None:
    assert sign not in "".join(Structure(text("html", report())).inline.values())


def test_coverage_comes_first_and_everything_has_its_place() -> None:
    made = report([finding()], Section("Own", "text", text="x"), failures={"io": 1}, data={"volumes": 1})
    order = ["verdict", "coverage", "failures", "glance", "section-1", "facts", "findings", "usage", "not-checked"]
    assert [name for name in Structure(text("html", made)).ids if name in order] == order


def test_a_finding_shows_all_it_has() -> None:
    made = finding(
        evidence={"trustee": "Everyone", "scores": [1, 2]},
        remediation="Restrict it.",
        subject="S-1-1-0",
        controls=("CIS 3.3",),
        waived=Waiver("kiosk", "2030-01-01"),
    )
    shown = " ".join(Structure(text("html", report([made]))).words)
    for word in (
        made.id,
        made.rule,
        made.where,
        "trustee Everyone",
        "scores [1,2]",
        "Restrict it.",
        "S-1-1-0",
        "CIS 3.3",
    ):
        assert word in shown
    assert "Waived because kiosk" in shown
    assert "Waived until 2030-01-01" in shown


def test_without_the_script_all_rows_show_and_no_control() -> None:
    read = Structure(text("html", report([finding(), finding(where="/b")])))
    bodies = [attributes for name, attributes in read.elements if name == "tbody" and "data-severity" in attributes]
    assert len(bodies) == 2
    assert not any("hidden" in attributes for attributes in bodies)
    assert next(attributes for name, attributes in read.elements if name == "form").get("hidden", "shown") is None


def test_what_is_not_shown_is_counted_and_said() -> None:
    made = [finding(where=f"/corp/{at:05}", severity="critical" if at == 4999 else "low") for at in range(5003)]
    read = Structure(text("html", report(made)))
    assert sum("data-severity" in attributes for name, attributes in read.elements if name == "tbody") == 5000
    shown = " ".join(read.words)
    assert "5,000 of 5,003 findings are shown, the most severe first; 3 are not." in shown
    assert "findings.jsonl of run run-1" in shown
    assert shown.index("/corp/04999") < shown.index("/corp/00000")


def test_sections_of_every_kind() -> None:
    made = report(
        [],
        Section("Told", "text", text="**Nine** folders\n\n- one\n- `two`", note="Generator: template"),
        Section("Rows", "table", ("Name", "Number", "Day"), (("a", 1, (1, 2, 3)), ("b", 2.5))),
        Section("Bars", "bars", ("Group", "Items"), (("a", 4), ("b", "2.00"), ("c", "none"), ("d", 1, "x"))),
        Section("Facts", "facts", rows=(("volume", "corp"), ("price", Decimal("1.50")))),
        Section("Empty", "table", ("Name",)),
        Section("Long", "table", ("n",), tuple((at,) for at in range(1005))),
    )
    written = text("html", made)
    for part in (
        "<p><strong>Nine</strong> folders</p><ul><li>one</li><li><code>two</code></li></ul>",
        '<td>b</td><td class="num">2.5</td><td></td>',
        "<desc>3 values, lowest 1, highest 3, last 3</desc>",
        '<td class="num">4</td>',
        '<td class="num">2.00</td>',
        "<title>b: 2</title>",
        '<td class="num">none</td>',
        '<td class="num">1 · x</td>',
        "<dt>price</dt><dd>1.50</dd>",
        "No rows.",
        "5 more rows are in the JSON report.",
    ):
        assert part in written


def test_amounts_stand_right_and_codes_do_not() -> None:
    rows = (("Quay", "0042", "1200.50", 3), ("Dock", "0043", "-7.00", 12))
    written = text("html", report([], Section("Totals", "table", ("vendor", "code", "total", "documents"), rows)))
    assert '<td>0042</td><td class="num">1200.50</td><td class="num">3</td>' in written
    assert '<th class="num" scope="col">total</th>' in written


def test_facts_are_told_once() -> None:
    section = Section("Facts", "facts", ("fact", "value"), (("seen", 10), ("engine", "x"), ("boxes", [1])))
    data = {"facts": {"seen": 10, "audited": 9}, "engine": "x", "boxes": [1], "sql": "duckdb"}
    written = text("html", report([], section, data=data))
    told = [word for word in ("facts.seen", "facts.audited", "engine", "boxes", "sql") if f"<dt>{word}</dt>" in written]
    assert told == ["facts.audited", "engine", "boxes", "sql"]
    assert written.count("<dt>engine</dt>") == written.count("<dt>boxes</dt>") == 1
    assert 'id="facts"' not in text("html", report([], section, data={"facts": {"seen": 10}}))


def test_what_was_not_checked_stands_at_the_end() -> None:
    said = ["Members of domain groups."]
    written = text("html", report(coverage=coverage(skipped=4, failed=1), data={"not_checked": said}))
    last = written[written.index("<footer>") :]
    for line in ("1 item could not be processed.", "4 items left out on purpose (skipped).", said[0]):
        assert f"<li>{line}</li>" in last


def test_a_failure_without_a_code_is_still_counted() -> None:
    assert "no code recorded" in text("html", report(coverage=coverage(failed=3), failures={"io": 1}))


def test_memory_does_not_grow_with_the_findings() -> None:
    def many(number: int) -> Iterator[Finding]:
        return (Finding("r", "low", "m", f"/corp/{at % 50_000}/x/{at}") for at in range(number))

    def peak(number: int) -> int:
        tracemalloc.start()
        try:
            for piece in page(report(many(number), findings={"low": number}), 1000):
                assert piece
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(10_000), peak(200_000)
    assert large < small * 1.5
    assert large < 8_000_000


def test_the_stream_gets_pieces() -> None:
    pieces: list[str] = []

    class Sink:
        def write(self, piece: str) -> int:
            pieces.append(piece)
            return len(piece)

    write_html(report([finding(where=f"/corp/{at}") for at in range(300)]), Sink())  # type: ignore[arg-type]
    assert max(map(len, pieces[3:])) < 20_000


def test_nothing_heavy_is_imported() -> None:
    heavy = "jinja2 yaml typer rich boto3 botocore urllib3 duckdb pydicom markupsafe"
    code = f"import sys, fsxap.reports; sys.exit(' '.join(sorted(set({heavy.split()!r}) & set(sys.modules))) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
