"""The report in a real browser. FSXAP_SCREENSHOTS=docs/images makes the README's pictures anew."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fsxap.model import Finding, Section, Waiver
from fsxap.reports import Report, write_html
from tests.e2e import chromium, report_example

pytestmark = pytest.mark.browser

VISIBLE = "Array.from(document.querySelectorAll('#list tbody')).filter(body => body.offsetParent !== null)"
CHROMIUM = chromium.find()
PICTURES = os.environ.get("FSXAP_SCREENSHOTS")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH")
    with chromium.browser(CHROMIUM, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(tab: chromium.Page) -> chromium.Page:
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
    tab.resize(1280, 900)
    tab.media("light")
    return tab


def written(report: Report, path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_html(report, stream)
    return path


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(report_example.report(), tmp_path_factory.mktemp("report") / "report.html")


ALL = report_example.findings()
FOUND = [one for one in ALL if not one.waived]


def shown(page: chromium.Page) -> str:
    return page.eval("document.getElementById('shown').textContent")


def cells(page: chromium.Page, name: str) -> list[str]:
    return page.eval(f"{VISIBLE}.map(body => body.querySelector('.{name}').textContent.trim())")


def test_it_loads_alone_and_without_complaint(page: chromium.Page, example: Path) -> None:
    page.open(example)
    assert page.requests() == [example.as_uri()]
    assert page.complaints() == []
    assert shown(page) == f"Showing {len(FOUND)} of {len(FOUND)}"


def test_the_policy_stops_what_is_not_ours(page: chromium.Page, example: Path) -> None:
    page.open(example)
    page.eval(
        "document.body.insertAdjacentHTML('beforeend', '<img src=https://x.invalid/p.png onerror=window.bad=1>"
        "<p style=color:red id=p>x</p>'); document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.bad = 1'})); 1"
    )
    page.settle()
    assert page.eval(
        "window.bad === undefined && getComputedStyle(document.getElementById('p')).color !== 'rgb(255, 0, 0)'"
    )
    assert sum("Content Security Policy" in line for line in page.complaints()) >= 3


def test_the_address_sets_the_filter(page: chromium.Page, example: Path) -> None:
    page.open(example, "#severity=critical,high&folder=/corp/finance")
    wanted = [
        one for one in FOUND if one.severity in ("critical", "high") and f"{one.where}/".startswith("/corp/finance/")
    ]
    assert 0 < len(wanted) < len(FOUND)
    assert shown(page) == f"Showing {len(wanted)} of {len(FOUND)}"
    assert sorted(cells(page, "where")) == sorted(one.where for one in wanted)
    pressed = (
        "Array.from(document.querySelectorAll('.toggle[aria-pressed=true]')).map(toggle => toggle.dataset.severity)"
    )
    assert page.eval(pressed) == ["critical", "high"]


def test_an_address_nobody_offers_shows_nothing_rather_than_all(page: chromium.Page, example: Path) -> None:
    page.open(example, "#rule=no-such-rule")
    assert shown(page) == f"Showing 0 of {len(FOUND)}"
    assert page.eval("document.getElementById('none').offsetParent !== null")


def test_every_filter_by_hand(page: chromium.Page, example: Path) -> None:
    page.open(example)
    page.click(".toggle[data-severity=low]")
    assert set(cells(page, "severity")) == {"low"}
    page.type("input[name=text]", "okafor")
    wanted = [one for one in FOUND if one.severity == "low" and "okafor" in f"{one.message}{one.subject}"]
    assert shown(page) == f"Showing {len(wanted)} of {len(FOUND)}"
    page.type("input[name=path]", "FINANCE")
    wanted = [one for one in wanted if "finance" in one.where]
    assert sorted(cells(page, "where")) == sorted(one.where for one in wanted)
    assert page.eval("location.hash") == "#severity=low&path=FINANCE&text=okafor"
    page.click(".reset")
    assert shown(page) == f"Showing {len(FOUND)} of {len(FOUND)}"
    assert page.eval("location.hash") == ""
    page.eval("rule = document.querySelector('[name=rule]'); rule.value = 'unresolved-sid'")
    page.eval("rule.dispatchEvent(new Event('input', {bubbles: true}))")
    page.settle()
    assert set(cells(page, "rule")) == {"unresolved-sid"}


def test_a_bar_filters_the_table(page: chromium.Page, example: Path) -> None:
    page.open(example)
    page.click('#glance a[href="#rule=unix-world-writable"]')
    assert set(cells(page, "rule")) == {"unix-world-writable"}
    assert page.eval("document.querySelector('[name=rule]').value") == "unix-world-writable"


def test_waived_findings_stand_apart(page: chromium.Page, example: Path) -> None:
    page.open(example)
    ids = page.eval("Array.from(document.querySelectorAll('#waivers tbody tr'), row => row.id)")
    assert sorted(ids) == sorted(f"f-{one.id}" for one in ALL if one.waived)
    assert page.eval("document.querySelector('#waivers tbody .until').innerText").endswith("expired")
    evidence = "document.querySelector('#waivers .evidence').checkVisibility()"
    assert not page.eval(evidence)
    page.click("#waivers summary")
    assert page.eval(evidence)


def test_the_tree_folds_without_script(page: chromium.Page, example: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(example)
    below = "document.querySelector('.tree details li').checkVisibility()"
    assert page.eval(below)
    # The page's own clock stands still with its scripts, so the mouse is moved by hand.
    place = "(line => { line.scrollIntoView({block: 'center'}); const at = line.getBoundingClientRect();"
    x, y = page.eval(f"{place} return [at.right - 40, at.y + 9] }})(document.querySelector('.tree summary'))")
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert not page.eval(below)


def test_a_folder_of_the_tree_filters_the_table(page: chromium.Page, example: Path) -> None:
    page.open(example)
    page.click('.tree a[href="#folder=%2Fcorp%2Flegal"]')
    wanted = [one for one in FOUND if f"{one.where}/".startswith("/corp/legal/")]
    assert wanted
    assert sorted(cells(page, "where")) == sorted(one.where for one in wanted)
    assert page.eval("document.querySelector('.tree details').open")


@pytest.mark.parametrize("width", [400, 1280])
def test_the_heads_of_the_matrix_stay_in_sight(page: chromium.Page, example: Path, width: int) -> None:
    page.resize(width, 800)
    page.open(example)
    page.eval("(box => { box.scrollTop = 300; box.scrollLeft = 200; })(document.querySelector('.matrix'))")
    page.settle()
    edges = (
        "(box => ['thead th:last-child', 'tbody tr:last-child th', '.corner'].map(name => {"
        " const at = box.querySelector(name).getBoundingClientRect(), on = box.getBoundingClientRect();"
        " return [Math.round(at.left - on.left), Math.round(at.top - on.top)] }))(document.querySelector('.matrix'))"
    )
    head, row, corner = page.eval(edges)
    assert page.eval("document.querySelector('.matrix').scrollTop") > 0
    assert head[1] <= 2
    assert row[0] <= 2
    assert max(corner) <= 2


def test_columns_sort_both_ways(page: chromium.Page, example: Path) -> None:
    page.open(example)
    assert cells(page, "severity")[0] == "critical"
    page.click("th.rule button")
    rules = cells(page, "rule")
    assert rules == sorted(rules)
    page.click("th.rule button")
    assert cells(page, "rule") == sorted(rules, reverse=True)
    assert page.eval("document.querySelector('th.rule').getAttribute('aria-sort')") == "descending"
    assert page.eval("location.hash") == "#sort=-rule"
    order = cells(page, "where")
    page.open(example, "#sort=-rule")
    assert cells(page, "where") == order


def test_a_row_opens_by_mouse_and_by_keyboard(page: chromium.Page, example: Path) -> None:
    page.open(example)
    details = "document.querySelector('#list tbody .more').offsetParent !== null"
    expanded = "document.querySelector('#list .fold').getAttribute('aria-expanded')"
    assert not page.eval(details)
    page.click("#list .line .message")
    assert page.eval(details)
    assert page.eval(expanded) == "true"
    assert "Replace the entry" in page.eval("document.querySelector('#list .more').innerText")
    page.eval("document.querySelector('th.message button').focus()")
    page.press("Tab", 9)
    page.press("Enter", 13, "\r")
    assert not page.eval(details)
    assert page.eval(expanded) == "false"


def test_a_finding_has_an_address(page: chromium.Page, example: Path) -> None:
    page.open(example, f"#f-{FOUND[50].id}")
    opened = page.eval("Array.from(document.querySelectorAll('#list .unfolded'), body => body.id)")
    assert opened == [f"f-{FOUND[50].id}"]


def test_without_script_everything_is_there(page: chromium.Page, example: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(example)
    assert page.eval(f"{VISIBLE}.length") == len(FOUND)
    assert page.eval("Array.from(document.querySelectorAll('#list .more')).every(row => row.offsetParent !== null)")
    assert page.eval("document.getElementById('filter').offsetParent === null")


def test_dark_and_light(page: chromium.Page, example: Path) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    page.open(example)
    light = page.eval(paper)
    page.click("#theme")
    dark = page.eval(paper)
    assert light != dark
    page.media("dark")
    page.open(example)
    assert page.eval(paper) == dark
    page.click("#theme")
    assert page.eval(paper) == light


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names without a place to break, longer than any page is wide."""
    long = "n" * 250
    sections = [Section(long, kind, (long, long), ((long, long),), long, long) for kind in ("table", "bars", "facts")]
    sections.append(Section(long, "tree", rows=tuple((at, long, f"/{long}", 123_456, 9, 9, 9, 9) for at in range(20))))
    sections.append(Section(long, "matrix", (long, *[long] * 30), ((long, *["full"] * 29, long),)))
    findings = [Finding(long, "high", long, f"/{long}/{long}", {long: long}, long, long, (long,))]
    findings += [replace(findings[0], where=f"/{long}", waived=Waiver(long, long))]
    summary = replace(report_example.summary([]), source=long, run=long, failures={long: 1}, usage={long: 1})
    made = replace(report_example.report(), findings=findings, sections=sections, summary=summary, title=long)
    return written(made, tmp_path_factory.mktemp("endless") / "report.html")


@pytest.mark.parametrize("width", [400, 720, 1280])
@pytest.mark.parametrize("which", ["example", "endless"])
def test_no_width_scrolls_sideways(page: chromium.Page, width: int, which: str, request: pytest.FixtureRequest) -> None:
    page.resize(width, 800)
    page.open(request.getfixturevalue(which))
    page.eval("document.querySelector('#list .fold').click()")
    assert page.eval("document.documentElement.scrollWidth") <= width
    overflowing = (
        "Array.from(document.querySelectorAll('section')).filter(s => s.scrollWidth > s.clientWidth + 1).map(s => s.id)"
    )
    assert page.eval(overflowing) == []
    # A message squeezed into a narrow column is not readable.
    assert page.eval("document.querySelector('#list td.message').getBoundingClientRect().width") > 200


def test_print_leaves_the_controls_out(page: chromium.Page, example: Path) -> None:
    page.media("dark", "print")
    page.open(example)
    hidden = "['#filter', '#theme', '.fold'].every(one => document.querySelector(one).offsetParent === null)"
    assert page.eval(hidden)
    assert page.eval("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_hostile_names_do_nothing(page: chromium.Page, tmp_path: Path) -> None:
    words = (
        "<img src=x onerror='window.bad=1'>",
        '"><script>window.bad=1</script>',
        "</title><svg onload=window.bad=1>",
        "evil\u202egpj.exe\ud800\x1b[2J",
        "javascript:window.bad=1",
    )
    findings = [Finding(word, "high", word, f"/corp/{word}", {word: word}, word, word, (word,)) for word in words]
    sections = [Section(word, "table", (word,), ((word,),), word, word) for word in words]
    made = replace(report_example.report(), findings=findings, sections=sections, title=words[2])
    path = written(made, tmp_path / "hostile.html")
    page.open(path)
    page.settle()
    assert page.eval("window.bad === undefined")
    assert page.complaints() == []
    assert page.requests() == [path.as_uri()]
    assert page.eval("document.title").startswith(words[2])
    for word in words[:3]:
        page.type("input[name=path]", word)
        assert cells(page, "rule") == [word]
        page.click(".reset")


def test_five_thousand_rows_filter(page: chromium.Page, tmp_path: Path) -> None:
    findings = (Finding("r", "low", "m", f"/corp/{at % 40:02}/{at}", {"trustee": f"S-{at}"}) for at in range(5200))
    page.open(written(replace(report_example.report(), findings=findings), tmp_path / "large.html"))
    assert shown(page) == "Showing 5,000 of 5,000 on this page, 5,200 in all"
    page.type("input[name=text]", "s-4000")
    assert cells(page, "where") == ["/corp/00/4000"]


def test_pictures(page: chromium.Page, example: Path, tmp_path: Path) -> None:
    folder = Path(PICTURES or tmp_path)
    pictures = (
        ("report.png", "light", "", "header"),
        ("report-findings-dark.png", "dark", "#severity=critical", "#findings"),
        ("report-tree.png", "light", "", "#section-4"),
        ("report-matrix-dark.png", "dark", "", "#section-5"),
    )
    for name, scheme, fragment, start in pictures:
        page.media(scheme)
        height = 1560 if name == "report.png" else 760
        page.resize(1200, height, scale=1.5)
        page.open(example, fragment)
        if start == "#findings":
            page.click("#list .fold")
        page.eval(f"document.querySelector('{start}').scrollIntoView({{behavior: 'instant'}})")
        page.settle()
        picture = page.picture()
        (folder / name).write_bytes(picture)
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">II", picture[16:24]) == (1800, height * 3 // 2)
        # A blank page packs into a fraction of this.
        assert len(picture) > 60_000
