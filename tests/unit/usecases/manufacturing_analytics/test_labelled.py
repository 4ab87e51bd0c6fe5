"""Pictures judged by what a model calls them."""

from __future__ import annotations

from typing import Any

import pytest

from fsxap.engine import catalog, params
from fsxap.errors import UsageError
from fsxap.ports import Label
from fsxap.usecases.manufacturing_analytics.labelled import judge, record

np = pytest.importorskip("numpy")

MODEL = "arn:aws:rekognition:us-east-1:123456789012:project/brackets/version/v3/1700000000000"


def grey() -> Any:
    return np.zeros((100, 200), np.uint8)


def test_a_label_with_a_place_is_a_box_in_pixels() -> None:
    called = judge(grey(), [Label("dent", 0.7, (0.5, 0.1, 0.25, 0.2)), Label("Good", 0.9)], ["good"], 0.6)
    assert [box.record() for box in called.compared.boxes] == [[100, 10, 50, 20, 0.7]]
    assert called.compared.score == 0.7 and not called.unmatched
    assert (called.compared.heat > 0).sum() == 50 * 20
    assert called.why == "the model calls it dent (0.7)"


def test_a_label_without_a_place_means_the_whole_picture() -> None:
    called = judge(grey(), [Label("bad", 0.4), Label("worse", 0.8)], (), 0.6)
    assert [box.score for box in called.compared.boxes] == [0.8, 0.4]
    assert called.compared.boxes[0].record()[:4] == [0, 0, 200, 100]
    assert called.compared.heat.min() == round(255 * 0.8)


@pytest.mark.parametrize(
    ("labels", "good", "unmatched"),
    [
        ([], [], False),
        ([], ["good"], True),
        ([Label("good", 0.59)], ["good"], True),
        ([Label("good", 0.6)], ["good"], False),
        ([Label("fine", 0.9)], ["good", "Fine"], False),
        ([Label("something else", 0.9)], ["good"], True),
    ],
)
def test_without_a_sure_good_label_nothing_passes(labels: list[Label], good: list[str], unmatched: bool) -> None:
    assert judge(grey(), labels, good, 0.6).unmatched is unmatched


def test_a_place_beyond_the_picture_is_cut() -> None:
    (box,) = judge(grey(), [Label("dent", 0.7, (-0.1, 0.9, 0.5, 0.5))], (), 0.6).compared.boxes
    assert box.record() == [0, 90, 100, 10, 0.7]


def test_labels_are_kept_as_they_came() -> None:
    assert record([Label("dent", 0.7, (0.1, 0.2, 0.3, 0.4)), Label("good", 0.1)]) == [
        {"name": "dent", "confidence": 0.7, "box": [0.1, 0.2, 0.3, 0.4]},
        {"name": "good", "confidence": 0.1},
    ]


@pytest.mark.parametrize("arn", [MODEL + "/x", MODEL.replace("version", "dataset"), "brackets", MODEL + "\n"])
def test_only_the_arn_of_a_model_is_taken(arn: str) -> None:
    case = catalog.load("manufacturing-analytics")
    assert params.parse(case, [f"model={MODEL}"], {})["model"] == MODEL
    with pytest.raises(UsageError, match="ARN of a Custom Labels model"):
        params.parse(case, [f"model={arn}"], {})
