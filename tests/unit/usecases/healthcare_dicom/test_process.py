from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fsxap.errors import MissingExtra, ServiceError
from fsxap.model import Item, Result
from fsxap.ports import Span
from fsxap.usecases.healthcare_dicom import PARAMS
from fsxap.usecases.healthcare_dicom.pixels import burned_in
from fsxap.usecases.healthcare_dicom.process import process
from tests.unit.usecases.healthcare_dicom.made import PLANTS, dataset, stored
from tests.unit.usecases.healthcare_dicom.pictures import ROOT, Finder, compressed, encapsulated, noise, picture, told

FRAMES = noise(2, 60, 80)
CAPTURE = stored(picture(FRAMES))
SLICE = stored(dataset())


class Kit:
    """One file in, whatever comes out; `finder` stands for what is installed."""

    phi_text: Any = None

    def __init__(self, body: bytes, finder: Callable[[], Any], **params: Any) -> None:
        self.finder = finder
        self.written: dict[str, bytes] = {}
        self.params = {param.name: param.default for param in PARAMS} | params
        self.reads: list[int] = []
        self.source = SimpleNamespace(read=self._read)
        self.body = body
        self.sink = SimpleNamespace(put=self._put)

    def _read(self, _key: str, start: int = 0, length: int | None = None) -> bytes:
        part = self.body[start : None if length is None else start + length]
        self.reads.append(len(part))
        return part

    def _put(self, key: str, body: bytes) -> str:
        self.written[key] = body
        return key

    def memo(self, _name: str, make: Callable[[], Any]) -> Any:
        return make()

    def secret(self, *_: str) -> bytes:
        return b"a key that is long enough for a test"

    @property
    def text_in_image(self) -> Any:
        return self.finder()


def missing() -> Any:
    raise MissingExtra("ocr", "reading text in pictures")


def done(kit: Kit, size: int) -> Result:
    return process(Item("one.dcm", size), kit)  # type: ignore[arg-type]


@pytest.fixture
def one_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burned_in, "find_regions", told((10, 20, 40, 30)))


def test_a_risky_picture_is_examined_without_being_asked_for(one_box: None) -> None:
    kit = Kit(CAPTURE, Finder)
    result = done(kit, len(CAPTURE))
    assert result.status == "ok"
    assert result.data["masked_regions"] == 1
    assert result.data["masked_frames"] == 2
    assert result.data["pixels_examined"]
    assert Finder.engine in result.data["engine"]
    (picture_key, thumbnail) = sorted(kit.written)
    assert thumbnail == f"thumbnails/{picture_key.removesuffix('.dcm')}.png"
    assert set(result.outputs) == set(kit.written)


def test_without_an_engine_it_is_held_back_and_the_extra_is_named() -> None:
    kit = Kit(CAPTURE, missing)
    result = done(kit, len(CAPTURE))
    assert (result.status, result.data["quarantine_code"]) == ("skipped", "burned-in")
    assert "fsxap[ocr]" in result.data["quarantine_reason"]
    assert not kit.written


def test_a_quiet_picture_needs_no_engine_unless_asked() -> None:
    result = done(Kit(SLICE, missing), len(SLICE))
    assert result.status == "ok"
    assert not result.data["pixels_examined"]
    asked = Kit(SLICE, missing, clean=("pixels",))
    with pytest.raises(MissingExtra):
        done(asked, len(SLICE))
    assert not asked.reads


def test_asked_for_every_picture_is_examined(one_box: None) -> None:
    body = stored(dataset(**{key: picture(FRAMES)[key].value for key in ("Rows", "Columns", "PixelData")}, **EIGHT))
    result = done(Kit(body, Finder, clean=("pixels",)), len(body))
    assert result.data["pixels_examined"]


EIGHT = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "NumberOfFrames": 2}


def failing(*_: Any) -> Any:
    raise RuntimeError("saw Quarrington")


def test_pixels_without_a_size_are_not_released() -> None:
    body = stored(dataset(Rows=None))
    assert done(Kit(body, Finder), len(body)).data["quarantine_code"] == "undecodable"


@pytest.mark.parametrize(("code", "find"), [("detector", failing), ("undecodable", lambda *_: ())])
def test_what_cannot_be_looked_at_is_held_back(code: str, find: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burned_in, "find_regions", find)
    made = picture(FRAMES)
    if code == "undecodable":
        made = encapsulated(made, [compressed(FRAMES[0], f"{ROOT}.4.90"), b"\xff\x4f\xff\x51no"], f"{ROOT}.4.90")
    body = stored(made)
    kit = Kit(body, Finder)
    result = done(kit, len(body))
    assert result.data["quarantine_code"] == code
    assert "Quarrington" not in str(result.record())
    assert not kit.written


def test_an_overlay_that_may_be_hidden_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = noise(1, 40, 48, bits=12)
    made = dataset(Rows=40, Columns=48, PixelData=b"")
    made.add_new(0x60000102, "US", 15)
    body = stored(encapsulated(made, [compressed(frame[0] | 0x8000, f"{ROOT}.4.90", bits=16)], f"{ROOT}.4.90"))
    held = done(Kit(body, missing), len(body))
    assert "overlay" in held.data["quarantine_reason"]
    monkeypatch.setattr(burned_in, "find_regions", lambda *_: ())
    assert done(Kit(body, Finder), len(body)).status == "ok"


def test_a_service_that_reads_texts_is_asked_and_named() -> None:
    body = stored(dataset(WindowCenterWidthExplanation="Chest routine"))
    kit = Kit(body, missing)
    kit.phi_text = SimpleNamespace(
        engine="a service 2.0",
        find=lambda text: [Span(0, 5, "NAME", 0.2)] if text.startswith("Chest") else [],
    )
    result = done(kit, len(body))
    (written,) = kit.written.values()
    assert b"Chest routine" not in written
    assert "a service 2.0" in result.data["engine"]
    kit = Kit(body, missing)
    assert "service" not in done(kit, len(body)).data["engine"]
    assert b"Chest routine" in next(iter(kit.written.values()))


def test_a_service_that_fails_lets_nothing_out() -> None:
    def failing(_text: str) -> Any:
        raise ServiceError("not now")

    kit = Kit(stored(dataset(WindowCenterWidthExplanation="Chest routine")), missing)
    kit.phi_text = SimpleNamespace(engine="a service", find=failing)
    with pytest.raises(ServiceError):
        done(kit, 1000)
    assert not kit.written


@pytest.mark.parametrize(
    ("rows", "mode", "reads"), [(64, "deidentify", 1), (1024, "deidentify", 2), (1024, "classify", 1)]
)
def test_a_file_is_read_once_unless_it_is_large(rows: int, mode: str, reads: int) -> None:
    body = stored(dataset(Rows=rows, Columns=1024, PixelData=bytes(rows * 1024 * 2)))
    kit = Kit(body, missing, mode=mode)
    assert done(kit, len(body)).status == "ok"
    assert len(kit.reads) == reads
    assert kit.reads[0] == (1 << 16 if mode == "classify" else min(len(body), 1 << 20))


def test_the_released_header_is_told_for_the_table_and_nothing_of_the_given_one() -> None:
    found = done(Kit(SLICE, missing), len(SLICE)).data["metadata"]
    assert found["Modality"] == "CT"
    assert found["SOPInstanceUID"].startswith("2.25.")
    assert not [plant for plant in PLANTS if plant in str(found)]
