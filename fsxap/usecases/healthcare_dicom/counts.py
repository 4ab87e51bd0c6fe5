"""How many pictures of a file are looked at for text, by its header."""

from __future__ import annotations

from fsxap.engine.types import Params
from fsxap.errors import ItemError
from fsxap.model import Item
from fsxap.ports import Store
from fsxap.usecases.healthcare_dicom.classify import HEADER, classify, is_dicom
from fsxap.usecases.healthcare_dicom.parse import File, text
from fsxap.usecases.healthcare_dicom.process import header, profile_of

FRAMES = 0x00280008


def count(item: Item, store: Store, params: Params) -> dict[str, int]:
    """`images`: frames, where the class of the file or the options ask for a look; no `characters` where nothing is
    released. ItemError for a broken header."""
    head = store.read(item.key, 0, HEADER)
    if params["mode"] == "classify" or not is_dicom(head):
        return {"images": 0, "characters": 0}
    profile = profile_of(params)
    file = header(store, item.key, head, profile)
    if file is None:
        raise ItemError("its header cannot be read", code="uncounted")
    about = classify(file)
    asked = "pixels" in profile.options
    if about.refused:
        return {"images": 0, "characters": 0}
    return {"images": _frames(file) if about.risk == "high" or (asked and about.risk == "low") else 0}


def _frames(file: File) -> int:
    said = next((text(each.value) for each in file.elements if each.tag == FRAMES), "1")
    try:
        return max(1, int(said))
    except ValueError:
        raise ItemError("the number of frames is no number", code="uncounted") from None
