"""Writes what would fix the findings of a scan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from fsxap.acl import remediation
from fsxap.acl.model import Volume
from fsxap.engine.types import Kit
from fsxap.model import Result, dumps


class Fixes:
    """A plan of REST calls for the findings of a scan that nobody waived; nothing is called."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def watch(self, results: Iterable[Result], kit: Kit) -> Iterator[Result]:
        sites = fix_sites(kit)
        for result in results:
            yield result
            for finding in result.findings:
                if finding.waived is None:
                    for step in remediation.steps(finding, result.data.get("acl"), sites):
                        self.stream.write(dumps(step.record()) + "\n")


def fix_sites(kit: Kit) -> remediation.Sites:
    volumes: Sequence[Volume] = kit.memo("volumes", kit.ontap.volumes)

    def of(path: str) -> Volume:
        inside = [v for v in volumes if path == v.path or path.startswith(v.path.rstrip("/") + "/")]
        return max(inside, key=lambda volume: len(volume.path)) if inside else volumes[0]

    def place(path: str) -> tuple[str, str]:
        volume = of(path)
        return volume.uuid, path[len(volume.path.rstrip("/")) :].strip("/")

    def by_name(name: str) -> str:
        return next((volume.svm_uuid for volume in volumes if volume.svm == name), volumes[0].svm_uuid)

    return remediation.Sites(lambda path: of(path).svm_uuid, by_name, place)
