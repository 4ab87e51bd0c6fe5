"""The models inside rapidocr's wheel: one home for where they are and how they are loaded, without the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsxap.errors import MissingExtra

if TYPE_CHECKING:
    from rapidocr.ch_ppocr_det import TextDetector
    from rapidocr.ch_ppocr_rec import TextRecognizer

MODELS = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}

COMMON: Mapping[str, Any] = {
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    # Scaling is the caller's: the detector's own blows every picture up to 736 pixels.
    "Det.limit_type": "max",
    # One crop at a time at its own width: a batch is padded to its longest, and costs as much a pixel.
    "Rec.rec_batch_num": 1,
    "Rec.rec_img_shape": [3, 48, 48],
}


def load(what: str, threads: int, detector: Mapping[str, Any]) -> tuple[TextDetector, TextRecognizer]:
    """A detector and a recognizer that use `threads` each; `detector` are its own options, by rapidocr's names.

    `MissingExtra` where the wheel is not installed; `what` is what it was wanted for.
    """
    try:
        import cv2
        import rapidocr
        from rapidocr.ch_ppocr_det import TextDetector
        from rapidocr.ch_ppocr_rec import TextRecognizer
    except ImportError as error:
        raise MissingExtra("ocr", what) from error
    # One a core by default, in each of the processes and beside the threads that call it.
    cv2.setNumThreads(threads)
    folder = Path(rapidocr.__file__).parent / "models"
    # Named by path: any other way of choosing a model downloads one.
    chosen: dict[str, Any] = {f"{part}.model_path": str(folder / name) for part, name in MODELS.items()}
    chosen |= COMMON
    chosen |= {"EngineConfig.onnxruntime.intra_op_num_threads": threads}
    chosen |= {f"Det.{name}": value for name, value in detector.items()}
    # Its parts, not the whole: that drops lines it reads badly, and answers a failed detection with "no text".
    settings = rapidocr.RapidOCR(params=chosen).cfg
    for part in (settings.Det, settings.Rec):
        part.engine_cfg = settings.EngineConfig.onnxruntime
        part.font_path = None
    return TextDetector(settings.Det), TextRecognizer(settings.Rec)
