"""GET /cluster."""

from __future__ import annotations

import re

from fsxap.emulator.pages import Request, link, one
from fsxap.emulator.query import Record
from fsxap.emulator.schema import CLUSTER
from fsxap.emulator.site import Site

UUID = "7d1f3ac2-51d4-11ee-8f6c-0a1b2c3d4e5f"


def cluster(site: Site, request: Request) -> Record:
    generation, major = site.release
    minor = re.match(r"\d+\.\d+\.(\d+)", site.version)
    record: Record = {
        "name": "FsxId0123456789abcdef0",
        "uuid": UUID,
        "version": {
            "full": f"NetApp Release {site.version}: Thu Aug 14 09:12:40 UTC 2025",
            "generation": generation,
            "major": major,
            "minor": int(minor[1]) if minor else 0,
        },
        "_links": link("cluster"),
    }
    return one(request, CLUSTER, lambda _selection: record)
