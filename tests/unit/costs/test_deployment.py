from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as some

from fsxap.costs.deployment import Month, Stack, added, usage
from fsxap.costs.measures import item_units, run_units, used

STACK = Stack(memory=1024)
months = some.builds(
    Month, some.fractions(Fraction(1, 30), 3000), backlog=some.integers(0, 10**5), fresh=some.integers(0, 1000)
)


def test_an_hour_of_polling_with_nothing_new() -> None:
    units = usage(STACK, Month(Fraction(730)))
    assert units["sfn_transitions"] == 7300
    assert units["lambda_requests"] == 1460
    assert "endpoint_hours" not in units


def test_items_go_in_batches_of_a_hundred() -> None:
    units = usage(STACK, Month(Fraction(1), backlog=1000))
    assert units["sfn_transitions"] == 10 + 4 * 10
    assert units["lambda_requests"] == 2 + 10
    # Each item a second at 1 GB, discovery and summary 3 s each, two pages of listing.
    assert units["lambda_gb_ms"] == 1000 * 1000 + 6000 + 1000


def test_production_pays_for_endpoints_in_each_zone() -> None:
    units = usage(replace(STACK, production=True, endpoints=4, needs_ontap=True), Month(Fraction(30)))
    assert units["endpoint_hours"] == 4 * 2 * 730
    assert units["alarm_metrics"] == 6
    assert units["secrets"] == 1


@given(months)
def test_doing_everything_again_is_never_cheaper(month: Month) -> None:
    once, again = usage(STACK, month), usage(STACK, month, again=True)
    if month.runs >= 1:
        assert all(again[unit] >= number for unit, number in once.items())


@given(months)
def test_assumptions_bound_the_usage(month: Month) -> None:
    low, middle, high = (usage(STACK, month, Fraction(*stretch)) for stretch in ((1, 2), (1, 1), (2, 1)))
    for unit, number in middle.items():
        assert low[unit] <= number <= high[unit]


def test_engines_bill_by_their_measures() -> None:
    everything = {"text_in_image": "aws", "phi_text": "aws", "entities": "aws", "sql": "aws", "narrator": "aws"}
    assert item_units(everything, {"characters": 150, "images": 2}) == {
        "rekognition_images": 2,
        "comprehend_medical_units": 2,
        "comprehend_units": 3,
    }
    assert run_units({"labels": "aws"}, {"model_hours": 5}) == {"custom_labels_hours": 5}
    assert run_units(everything, {"queries": 3, "scanned": 20_000_000}) == {
        "athena_bytes": 60_000_000,
        "bedrock_input_tokens": 2000,
        "bedrock_output_tokens": 500,
    }
    local = dict.fromkeys(everything, "local")
    assert not item_units(local, {}) and not run_units(local, {}) and not used(local)
    assert {measure.name for measure in used({"sql": "aws"})} == {"queries", "scanned"}


def test_added() -> None:
    assert added({"a": 1}, {"a": 2, "b": 1, "c": 0}, 3) == {"a": 7, "b": 3}
