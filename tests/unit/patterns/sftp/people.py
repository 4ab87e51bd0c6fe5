"""Made-up users, their keys and their file; and somebody who swaps folders."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def line(key: Any) -> str:
    """The public half, as a .pub file has it but for the comment."""
    form = serialization.PublicFormat.OpenSSH
    found: bytes = key.public_key().public_bytes(serialization.Encoding.OpenSSH, form)
    return found.decode()


KEY = line(Ed25519PrivateKey.generate())
OTHER = line(Ed25519PrivateKey.generate())


def row(**changed: Any) -> dict[str, Any]:
    return {"name": "acme", "home": "partners/acme", "keys": [KEY], **changed}


def write(folder: Path, *rows: Any) -> str:
    """JSON is YAML."""
    path = folder / "users.yaml"
    path.write_text(json.dumps({"users": list(rows)}), encoding="utf-8")
    return str(path)


def swap(place: Path, link: Path, stop: threading.Event) -> None:
    """What somebody with the volume could do: the folder is a link, and a folder again, as fast as they can."""
    aside = place.with_name("aside")
    while not stop.is_set():
        for old, new in ((place, aside), (link, place), (place, link), (aside, place)):
            os.rename(old, new)
