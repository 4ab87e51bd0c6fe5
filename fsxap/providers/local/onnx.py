"""Writes ONNX graphs, so that known weights run without the packages they were trained with.

The numbers are those of onnx.proto; what is not needed here is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

FLOAT, INT64 = 1, 7
IR, OPSET = 9, 20
"""Format and operators; the first with an exact GELU."""

Shape = Sequence[int | str]
Value = float | int | Sequence[int]


def field(number: int, body: bytes) -> bytes:
    """A protobuf field that holds bytes, text or a message."""
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value & (1 << 64) - 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def tensor(name: str, kind: int, shape: Iterable[int], raw: bytes) -> bytes:
    """Little-endian numbers in row order."""
    return b"".join(_number(1, size) for size in shape) + _number(2, kind) + field(8, name.encode()) + field(9, raw)


def node(kind: str, given: Sequence[str], made: str, **attributes: Value) -> bytes:
    parts = [field(1, name.encode()) for name in given]
    parts += [field(2, made.encode()), field(3, made.encode()), field(4, kind.encode())]
    return b"".join((*parts, *(field(5, _attribute(name, value)) for name, value in attributes.items())))


def _attribute(name: str, value: Value) -> bytes:
    if isinstance(value, float):
        return field(1, name.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return field(1, name.encode()) + _number(3, value) + _number(20, 2)
    return field(1, name.encode()) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def model(
    nodes: Iterable[bytes], tensors: Iterable[bytes], inputs: Mapping[str, tuple[int, Shape]], output: str, shape: Shape
) -> bytes:
    """`inputs` by name: kind and shape, where a text is a size that differs from call to call. The output is FLOAT."""
    graph = [field(1, each) for each in nodes] + [field(2, b"graph")] + [field(5, each) for each in tensors]
    graph += [field(11, _value(name, kind, sizes)) for name, (kind, sizes) in inputs.items()]
    graph.append(field(12, _value(output, FLOAT, shape)))
    return _number(1, IR) + field(8, field(1, b"") + _number(2, OPSET)) + field(7, b"".join(graph))


def _value(name: str, kind: int, shape: Shape) -> bytes:
    sizes = (_number(1, size) if isinstance(size, int) else field(2, size.encode()) for size in shape)
    about = _number(1, kind) + field(2, b"".join(field(1, size) for size in sizes))
    return field(1, name.encode()) + field(2, field(1, about))
