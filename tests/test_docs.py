"""Docs cannot drift: pages made from the program are fresh, and everything public is told of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate import pages
from fsxap import model
from fsxap.deploy import targets
from fsxap.engine import catalog

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_made_pages_are_fresh(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_every_record_field_is_told_of() -> None:
    text = (DOCS / "records.md").read_text(encoding="utf-8")
    for kind in (model.Item, model.Finding, model.Result, model.Summary):
        for name in kind.__dataclass_fields__:
            assert f"`{name}`" in text, f"{kind.__name__}.{name}"


def test_every_use_case_has_a_page() -> None:
    for name in catalog.names():
        assert (DOCS / "use-cases" / f"{name}.md").is_file()


def test_every_pattern_has_a_page() -> None:
    for name in targets.pattern_names():
        assert (DOCS / "patterns" / f"{name}.md").is_file()


@pytest.mark.parametrize("page", sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")]), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_tests_that_pages_name_are_there() -> None:
    named = re.findall(r"`([\w/]+[.]py)::(\w+)`", "".join(page.read_text("utf-8") for page in DOCS.rglob("*.md")))
    assert len(named) > 80
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8"), (file, name)


def test_the_changelog_speaks_of_this_version() -> None:
    from fsxap import __version__

    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_decision_tree_leads_to_every_verdict_once_in_the_order_of_the_table() -> None:
    from docs.troubles import QUESTIONS
    from fsxap.doctor.symptoms import SYMPTOMS

    order = [symptom.code for symptom in SYMPTOMS]
    leaves = [code for _, codes in QUESTIONS for code in codes]
    assert sorted(leaves) == sorted(order)
    for _, codes in QUESTIONS:
        places = [order.index(code) for code in codes]
        assert places == sorted(places)
