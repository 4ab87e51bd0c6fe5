"""What surrounds each place of a picture, as inner layers of the text detector in rapidocr's wheel see it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from fsxap.errors import ConfigurationError, MissingExtra
from fsxap.providers.local.models import MODELS
from fsxap.providers.local.onnx import field

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

SIDE = 256
"""Pixels a picture is brought to."""
GRID = 32
LAYERS = ("Add.33", "Add.65", "Add.121")
"""The ends of the backbone's stages at a quarter, an eighth and a sixteenth of the size, by PP-OCRv6's names."""


class DetectorFeatures:
    """One session; calls from several threads are safe."""

    def __init__(self, threads: int = 1) -> None:
        try:
            import onnxruntime
            import rapidocr
            from onnxruntime.capi import onnxruntime_pybind11_state as errors
        except ImportError as error:
            raise MissingExtra("ocr", "judging textures") from error
        model = (Path(rapidocr.__file__).parent / "models" / MODELS["Det"]).read_bytes()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
        try:
            self._session = onnxruntime.InferenceSession(
                model + more_outputs(LAYERS), options, providers=["CPUExecutionProvider"]
            )
        except (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf) as error:
            raise ConfigurationError(
                f"rapidocr {version('rapidocr')} has another detector than the one whose layers are known here",
                hint="pip install 'rapidocr>=3.10,<3.11'",
            ) from error
        self.engine = f"PP-OCRv6 backbone (rapidocr {version('rapidocr')})"

    def layers(self, picture: NDArray[numpy.uint8]) -> tuple[NDArray[numpy.float32], ...]:
        """Of a grey picture of SIDE x SIDE pixels: an array (GRID, GRID, channels) for each layer."""
        import numpy

        scaled = picture.astype(numpy.float32) / 127.5 - 1
        given = {self._session.get_inputs()[0].name: numpy.repeat(scaled[None, None], 3, axis=1)}
        return tuple(_gridded(found[0].transpose(1, 2, 0)) for found in self._session.run(list(LAYERS), given))


def more_outputs(names: tuple[str, ...]) -> bytes:
    """Appended to a model, they make inner values outputs: a protobuf message that comes twice is merged.

    ModelProto.graph is field 7, GraphProto.output 12, ValueInfoProto.name 1.
    """
    return field(7, b"".join(field(12, field(1, name.encode())) for name in names))


def _gridded(layer: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
    """Averaged or repeated to the grid, then over each place's neighbours, which makes it less strict about where."""
    import numpy

    side = layer.shape[0]
    if side > GRID:
        cells = layer.reshape(GRID, side // GRID, GRID, side // GRID, -1).mean(axis=(1, 3))
    else:
        cells = layer.repeat(GRID // side, axis=0).repeat(GRID // side, axis=1)
    padded = numpy.pad(cells, ((1, 1), (1, 1), (0, 0)), mode="edge")
    near: NDArray[numpy.float32] = numpy.zeros_like(cells)
    for y in range(3):
        for x in range(3):
            near += padded[y : y + GRID, x : x + GRID]
    near /= 9
    return near
