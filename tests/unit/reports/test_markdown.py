import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.model import Section, Waiver
from fsxap.reports.markdown import code, escape
from tests.unit.reports.samples import HOSTILE, coverage, finding, report, text


@given(st.text(st.characters()))
def test_escaped_text_is_one_line_without_open_markup(value: str) -> None:
    shown = escape(value)
    assert "\n" not in shown
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]|~]", shown)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("[x](y)", r"\[x\](y)"),
        ("https://x.example", r"https\://x.example"),
        ("www.x.example", r"www\.x.example"),
        ("C:\\x", r"C:\\x"),
    ],
)
def test_escape(value: str, shown: str) -> None:
    assert escape(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("/a/b c", "`/a/b c`"), ("a`b", r"a\`b"), ("a\\|b", r"a\\\|b"), (" ", " "), ("a\nb", "`a\\nb`")],
)
def test_code(value: str, shown: str) -> None:
    assert code(value) == shown


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_change_no_table(word: str) -> None:
    made = report(
        [finding(message=word, where=word, remediation=word, waived=Waiver(word, word))],
        Section(word, "table", (word, word), ((word, word),), text=word, note=word),
        failures={word: 1},
        data={word: word},
    )
    written = text("md", made)
    written.encode("utf-8")
    prose = re.sub(r"`[^`\n]*`", "", written)
    assert "<" not in prose
    assert not re.search(r"(?<!\\)!?\[", prose)
    for block in written.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in block.splitlines()}) == 1


def test_order_and_content() -> None:
    made = report(
        [finding(remediation="Restrict it.")],
        Section("Own", "text", text="**Nine** folders\n\n# More\n\n1. *one*\n2. `two`\n\n--- end"),
        coverage=coverage(failed=1),
        failures={"io": 1},
        data={"volumes": 1, "not_checked": ["Group members."]},
        usage={"pages": 1200},
        cost={"usd": "1.20"},
    )
    written = text("md", made)
    heads = re.findall(r"^##? (.*)$", written, re.MULTILINE)
    assert heads == [
        "legal-compliance",
        "Coverage",
        "Findings at a glance",
        "Own",
        "Facts of this run",
        "Findings",
        "Usage and cost",
        "What was not checked",
    ]
    for part in (
        "> ⚠ **Incomplete: not everything was checked**\n> - 1 item could not be processed.\n",
        "11 seen = 7 ok + 2 unchanged + 1 skipped + 0 vanished + 1 failed + 0 missing",
        "| failed | 1 | 9.1 % | could not be processed |",
        "| `io` | 1 |",
        "| medium | 1 |",
        "**Nine** folders\n\n### More\n\n1. *one*\n2. `two`\n\n\\--- end\n",
        "| medium | `open-access-read` | `/corp/hr/reviews` | Everyone can read | Restrict it. |",
        "| `pages` | 1,200 |",
        "| Estimate (USD) | 1.20 |",
        "- Group members.",
    ):
        assert part in written


def test_many_findings_are_cut_and_counted() -> None:
    written = text("md", report([finding(where=f"/corp/{at}") for at in range(620)]))
    assert "500 of 620 findings, the most severe first; 120 are not listed." in written
