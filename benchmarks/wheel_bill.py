"""Writes the bill of materials of a wheel: fsxap and what its embedded engines need, as it is installed here.

python -m benchmarks.wheel_bill dist
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from fsxap.deploy.bill import materials


def installed(wanted: Requirement, seen: set[tuple[str, str]]) -> Iterator[tuple[str, Path]]:
    """Metadata of a package and of all it needs: name as in an archive → file here."""
    found = metadata.distribution(wanted.name)
    if wanted.name != "fsxap":
        yield f"{found.name}-{found.version}.dist-info/METADATA", Path(str(found.locate_file(""))) / _metadata(found)
    for extra in ("", *sorted(wanted.extras)):
        if (found.name, extra) in seen:
            continue
        seen.add((found.name, extra))
        for needed in map(Requirement, found.requires or ()):
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                yield from installed(needed, seen)


def _metadata(found: metadata.Distribution) -> Path:
    return next(Path(str(file)) for file in found.files or () if file.name == "METADATA")


def main(folder: Path) -> int:
    for wheel in sorted(folder.glob("*.whl")):
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        content = dict(installed(Requirement("fsxap[local]"), set()))
        wheel.with_suffix(".cdx.json").write_text(materials(wheel.name, digest, content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
