"""Text in pictures by the models inside rapidocr's wheel: found, turned upright and read, without the network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsxap.errors import MissingExtra
from fsxap.ports import Quad, TextLine

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Picture = NDArray[numpy.uint8]

MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}


class RapidOcr:
    """One set of models. Calls from several threads are safe; `threads` is what one call may use."""

    def __init__(self, threads: int = 1) -> None:
        try:
            import rapidocr
        except ImportError as error:
            raise MissingExtra("ocr", "reading text in pictures") from error
        folder = Path(rapidocr.__file__).parent / "models"
        # Named by path: any other way of choosing a model downloads one.
        chosen: dict[str, Any] = {f"{part}.model_path": str(folder / name) for part, name in MODELS.items()}
        chosen |= {
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
        self._ocr = rapidocr.RapidOCR(params=chosen)

    @property
    def engine(self) -> str:
        return f"rapidocr {version('rapidocr')} (PP-OCRv6 small)"

    def find(self, picture: Picture, *, read: bool = True) -> Sequence[TextLine]:
        """Lines of text in a grey (H, W) or RGB (H, W, 3) picture of uint8, from top to bottom."""
        import numpy

        shaped = numpy.repeat(picture[:, :, None], 3, axis=2) if picture.ndim == 2 else picture[:, :, ::-1]
        found: Any = self._ocr(numpy.ascontiguousarray(shaped), use_det=True, use_cls=read, use_rec=read)
        if found.boxes is None:
            return []
        texts = found.txts if read else [""] * len(found.boxes)
        return [
            TextLine(_quad(box), text, float(score))
            for box, text, score in zip(found.boxes, texts, found.scores, strict=True)
        ]


def _quad(box: Any) -> Quad:
    return tuple((float(x), float(y)) for x, y in box)
