"""What surrounds the places of a picture: arrays on one grid, the same each time."""

import threading

import pytest

from fsxap.errors import ConfigurationError
from fsxap.ports import Features
from fsxap.providers.local import features
from fsxap.providers.local.features import DetectorFeatures

np = pytest.importorskip("numpy")
pytest.importorskip("onnxruntime")
pytest.importorskip("rapidocr")


@pytest.fixture(scope="module")
def detector() -> Features:
    return DetectorFeatures()


def test_layers_lie_on_the_grid(detector: Features) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (256, 256)).astype(np.uint8)
    once, twice = detector.layers(picture), detector.layers(picture)
    assert [layer.shape for layer in once] == [(32, 32, 48), (32, 32, 96), (32, 32, 192)]
    assert all(layer.dtype == np.float32 and np.isfinite(layer).all() for layer in once)
    assert all((one == other).all() for one, other in zip(once, twice, strict=True))


def test_a_change_shows_where_it_is(detector: Features) -> None:
    plain = np.full((256, 256), 120, np.uint8)
    spotted = plain.copy()
    spotted[40:60, 200:220] = 20
    off = np.abs(detector.layers(spotted)[0] - detector.layers(plain)[0]).sum(axis=2)
    y, x = np.unravel_index(off.argmax(), off.shape)
    assert abs(y - 6) <= 2
    assert abs(x - 26) <= 2


def test_threads_do_not_mix_pictures(detector: Features) -> None:
    pictures = [np.full((256, 256), level, np.uint8) for level in (0, 80, 160, 240)]
    want = [detector.layers(picture)[0] for picture in pictures]
    got: dict[int, object] = {}

    def ask(at: int) -> None:
        got[at] = detector.layers(pictures[at])[0]

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(got[at], want[at]) for at in range(4))


def test_another_model_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "LAYERS", ("no such value",))
    with pytest.raises(ConfigurationError, match="another detector"):
        DetectorFeatures()
