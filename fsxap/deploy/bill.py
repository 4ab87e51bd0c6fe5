"""The bill of materials of a zip: what is in it, as CycloneDX 1.6, the same bytes for the same contents.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from fsxap import __version__

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/fsxap/fsxap")


def materials(name: str, digest: str, content: Mapping[str, Path]) -> str:
    """`content` is name in the zip → file here; `digest` the SHA-256 of it all, in hexadecimal."""
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # Without a time, and numbered by the contents: a bill is as reproducible as its zip.
        "serialNumber": f"urn:uuid:{uuid.uuid5(_OURS, digest)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": name,
                "version": __version__,
                "properties": [{"name": "fsxap:contents:sha256", "value": digest}],
            }
        },
        "components": sorted(_components(content), key=lambda component: str(component["bom-ref"])),
    }
    return json.dumps(bill, indent=1, sort_keys=True) + "\n"


def _components(content: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    yield _component("fsxap", __version__, "Apache-2.0")
    for name, path in content.items():
        folder, _, file = name.partition("/")
        if folder.endswith(".dist-info") and file == "METADATA":
            said = BytesHeaderParser().parsebytes(path.read_bytes())
            yield _component(said["Name"].lower(), said["Version"], _licence(said))


def _licence(said: Message) -> str:
    """An SPDX expression, where the package gives one. Older ones give prose, which is not claimed to be more."""
    return str(said["License-Expression"] or "")


def _component(name: str, version: str, licence: str) -> dict[str, Any]:
    link = f"pkg:pypi/{name}@{version}"
    made: dict[str, Any] = {"type": "library", "bom-ref": link, "name": name, "version": version, "purl": link}
    if licence:
        made["licenses"] = [{"expression": licence}]
    return made
