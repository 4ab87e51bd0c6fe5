from __future__ import annotations

from fractions import Fraction

import pytest

from fsxap.cli.choices import Wish, alternatives, choice
from fsxap.engine.settings import resolve
from fsxap.engine.types import Footprint, Param, UseCase
from fsxap.errors import UsageError
from fsxap.model import Item, Result

SETTINGS = resolve({}, {}, [])


def documents(**more: object) -> UseCase:
    return UseCase(
        "documents",
        "Documents",
        lambda item, _kit: Result(item, "ok"),
        params=(Param("pages_per_document", "pages", 1, int), Param("features", "what is read", "text")),
        units=lambda _item, params: {f"textract_{params['features']}_pages": params["pages_per_document"]},
        engines=("documents", "entities", "narrator", "ontap"),
        **more,  # type: ignore[arg-type]
    )


def test_pages_are_the_use_cases_own_parameter() -> None:
    made = choice(documents(), Wish(("pages=3", "features=forms", "characters=900")), SETTINGS, remote=True)
    assert made.use_case.units(Item("a.pdf"), made.params) == {"textract_forms_pages": 3}
    assert made.measures == {"characters": 900, "pages": 3}
    assert (made.month, made.stack) == (None, None)


def test_engines_follow_the_source_the_flag_and_the_model() -> None:
    case = documents()
    assert set(choice(case, Wish(), SETTINGS, remote=False).engines.values()) == {"local"}
    remote = choice(case, Wish(), SETTINGS, remote=True)
    assert remote.engines == {"documents": "aws", "entities": "aws", "narrator": "local"}
    with_model = resolve({"bedrock_model": "eu.amazon.nova-lite-v1:0"}, {}, [])
    assert choice(case, Wish(), with_model, remote=True).engines["narrator"] == "aws"
    assert choice(case, Wish(("input_tokens=9",)), SETTINGS, remote=True).engines["narrator"] == "aws"
    assert set(choice(case, Wish(engines="local"), SETTINGS, remote=True).engines.values()) == {"local"}


def test_a_schedule_makes_a_stack() -> None:
    case = documents(footprint=Footprint(memory=2048, needs_ontap=True))
    made = choice(case, Wish(("seconds=2.5",), "rate(1 hour)", "production", new_per_run=7), SETTINGS, remote=False)
    assert made.month and made.stack
    assert (made.month.runs, made.month.fresh) == (Fraction(730), 7)
    assert (made.stack.memory, made.stack.item_ms, made.stack.measured, made.stack.production) == (
        2048,
        2500,
        True,
        True,
    )
    assert (made.stack.endpoints, made.stack.needs_ontap, made.stack.reads_objects) == (1, True, False)


def test_alternatives() -> None:
    wish = Wish(("features=text",))
    found = list(alternatives(wish, ["local,aws", "rate(1 day)", "features=forms", "production"]))
    assert [(each.label, each.engines, each.schedule, each.tier, each.pairs[-1]) for each in found] == [
        ("local", "local", "", "demo", "features=text"),
        ("aws", "aws", "", "demo", "features=text"),
        ("rate(1 day)", "", "rate(1 day)", "demo", "features=text"),
        ("features=forms", "", "", "demo", "features=forms"),
        ("production", "", "rate(1 day)", "production", "features=text"),
    ]
    with pytest.raises(UsageError):
        list(alternatives(wish, ["local,cheap"]))
