"""The graph written for MiniLM's weights computes what the architecture says, and only known weights are taken."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from fsxap.errors import ConfigurationError
from fsxap.providers.local import minilm

numpy = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")
WORDS = 50


def weights(layers: int) -> dict[str, Any]:
    draw = numpy.random.default_rng(3)

    def made(*shape: int) -> Any:
        return draw.standard_normal(shape, dtype=numpy.float32) * 0.05

    found = {
        "embeddings.word_embeddings.weight": made(WORDS, minilm.SIZE),
        "embeddings.position_embeddings.weight": made(16, minilm.SIZE),
        "embeddings.token_type_embeddings.weight": made(2, minilm.SIZE),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        dense = {
            "attention.self.query": (384, 384),
            "attention.self.key": (384, 384),
            "intermediate.dense": (1536, 384),
        }
        dense |= {"attention.self.value": (384, 384), "attention.output.dense": (384, 384), "output.dense": (384, 1536)}
        for part, shape in dense.items():
            found |= {f"{name}.{part}.weight": made(*shape), f"{name}.{part}.bias": made(shape[0])}
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for norm in norms:
        found |= {f"{norm}.weight": 1 + made(minilm.SIZE), f"{norm}.bias": made(minilm.SIZE)}
    return found


def safetensors(arrays: dict[str, Any]) -> bytes:
    heading: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        raw = array.tobytes()
        offsets = [len(body), len(body) + len(raw)]
        heading[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": offsets}
        body += raw
    text = json.dumps(heading).encode()
    return struct.pack("<Q", len(text)) + text + body


def expected(arrays: dict[str, Any], ids: Any, mask: Any, layers: int) -> Any:
    """The same in NumPy, written from the architecture's description."""
    from math import erf

    def dense(x: Any, name: str) -> Any:
        return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]

    def normalised(x: Any, name: str) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / numpy.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]

    kinds = arrays["embeddings.token_type_embeddings.weight"][0]
    x = arrays["embeddings.word_embeddings.weight"][ids] + kinds
    x = normalised(x + arrays["embeddings.position_embeddings.weight"][: ids.shape[1]], "embeddings.LayerNorm")
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = [each.reshape(*each.shape[:2], 12, 32).transpose(0, 2, 1, 3) for each in (q, k, v)]
        likeness = heads[0] @ heads[1].transpose(0, 1, 3, 2) / 32**0.5
        likeness = numpy.where(mask[:, None, None, :] > 0, likeness, -numpy.inf)
        share = numpy.exp(likeness - likeness.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        seen = (share @ heads[2]).transpose(0, 2, 1, 3).reshape(x.shape)
        name_of = f"{name}.attention.output"
        x = normalised(dense(seen, f"{name_of}.dense") + x, f"{name_of}.LayerNorm")
        wide = dense(x, f"{name}.intermediate.dense")
        bent = wide * 0.5 * (1 + numpy.vectorize(erf)(wide / 2**0.5))
        x = normalised(dense(bent, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
    return x


def test_the_graph_computes_what_the_architecture_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "LAYERS", 2)
    arrays = weights(2)
    session = onnxruntime.InferenceSession(minilm.graph(safetensors(arrays)), providers=["CPUExecutionProvider"])
    ids = numpy.array([[1, 2, 3, 4, 0], [5, 6, 7, 8, 9]])
    mask = numpy.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]], numpy.float32)
    unseen = ((1 - mask)[:, None, None, :] * -1e9).astype(numpy.float32)
    (found,) = session.run(["hidden"], {"ids": ids, "places": numpy.arange(5), "unseen": unseen})
    wanted = expected(arrays, ids, mask, 2)
    assert numpy.abs((found - wanted)[mask > 0]).max() < 1e-4


@pytest.mark.parametrize("body", [b"", b"other weights"])
def test_other_weights_are_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(body)
    with pytest.raises(ConfigurationError, match="not the file that is known"):
        minilm.MiniLm(tmp_path)


def test_missing_weights_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    with pytest.raises(ConfigurationError) as caught:
        minilm.connect()
    assert "--no-deps" in caught.value.hint and "torch" not in caught.value.hint


@pytest.mark.skipif(not __import__("importlib.util").util.find_spec(minilm.PACKAGE), reason=minilm.INSTALL)
def test_known_weights_give_known_likenesses() -> None:
    """As the model's own documentation has them."""
    made = minilm.connect()
    texts = ["A man is eating pasta.", "A man is eating food.", "A man is riding a horse."]
    vectors = numpy.array(made.embed(texts))
    assert (vectors @ vectors.T)[0].round(4).tolist() == pytest.approx([1.0, 0.7035, 0.1889], abs=2e-4)
