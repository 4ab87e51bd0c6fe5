"""Textures: learnt from good pictures alone, strange places told of where they are."""

from typing import Any

import pytest

from fsxap.errors import ConfigurationError
from fsxap.usecases.manufacturing_analytics.texture import judge, learn

np = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2")


class Edges:
    """A small stand-in for a network: gradients at the places of the grid."""

    engine = "gradients"

    def layers(self, picture: Any) -> tuple[Any, ...]:
        level = picture.astype(np.float32)
        parts = [np.abs(cv2.Sobel(level, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(level, cv2.CV_32F, 0, 1))]
        return (np.stack([part.reshape(32, 8, 32, 8).mean(axis=(1, 3)) for part in parts], axis=-1),)


def cloth(seed: int, size: tuple[int, int] = (256, 256)) -> Any:
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    waves = 25 * np.sin(x * 0.8 + noise.uniform(0, 6)) * np.sin(y * 0.8 + noise.uniform(0, 6))
    return np.clip(120 + waves + noise.normal(0, 6, size), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def learnt() -> Any:
    return learn([cloth(seed) for seed in range(12)], Edges())


def test_good_pictures_pass(learnt: Any) -> None:
    scores = [judge(cloth(seed), learnt, Edges()).score for seed in range(100, 108)]
    assert max(scores) < 0.6
    assert sum(score == 0 for score in scores) >= 6


@pytest.mark.parametrize("size", [(256, 256), (300, 500)])
def test_a_hole_is_found_where_it_is(learnt: Any, size: tuple[int, int]) -> None:
    picture = cv2.resize(cloth(50), size[::-1])
    cv2.circle(picture, (size[1] // 4, size[0] // 2), size[0] // 16, 20, -1)
    found = judge(picture, learnt, Edges())
    assert found.score >= 0.6
    best = found.boxes[0]
    assert best.x <= size[1] // 4 <= best.x + best.width
    assert best.y <= size[0] // 2 <= best.y + best.height
    assert found.heat.shape == size
    assert found.framed


def test_learning_is_repeatable(learnt: Any) -> None:
    again = learn([cloth(seed) for seed in range(12)], Edges())
    assert again.usual == learnt.usual
    assert (again.bank == learnt.bank).all()


def test_few_pictures_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 8 good pictures"):
        learn([cloth(1)] * 7, Edges())


def test_equal_pictures_are_no_division_by_zero() -> None:
    learnt = learn([np.full((256, 256), 9, np.uint8)] * 8, Edges())
    assert judge(np.full((256, 256), 9, np.uint8), learnt, Edges()).score == 0
