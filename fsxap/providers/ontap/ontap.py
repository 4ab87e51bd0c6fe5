"""The `Ontap` port over ONTAP's REST API: volumes, shares, entries and descriptors of one SVM."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from fsxap.acl.model import Descriptor, Entry, Share, Volume
from fsxap.acl.site import AccessPoints, Site, with_access_points
from fsxap.errors import AccessDenied, NotFound, ServiceError, Unauthenticated
from fsxap.model import Unlisted
from fsxap.ports import Cancellation
from fsxap.providers.gate import DEFAULT
from fsxap.providers.ontap import decode, estimate, oracle, paths, walker
from fsxap.providers.ontap.client import PAGING, OntapClient, Page, Query, target
from fsxap.providers.ontap.inventory import EVERY, Inventory, choose
from fsxap.providers.ontap.inventory import FIELDS as VOLUME_FIELDS
from fsxap.providers.ontap.services import read_site
from fsxap.providers.ontap.surroundings import surroundings
from fsxap.retry import Retry

T = TypeVar("T")

REQUIRED: tuple[str, ...] = ("name", "type")
OPTIONAL: tuple[str, ...] = (
    "inode_number",
    "inode_generation",
    "hard_links_count",
    "size",
    "modified_time",
    "changed_time",
    "accessed_time",
    "is_junction",
)
"""What an entry is better with; a release that does not know one of them refuses the whole request."""
KEPT = 4096
"""Directory descriptors kept in memory: every child asks for its parent's."""

_NOT_ASKED = "S3 access points of the volumes: AWS was not asked"
_RELEASE = re.compile(r"Release (\d[\w.]*)")


def connect(
    url: str,
    user: str,
    password: str,
    *,
    ca_file: str | Path = "",
    insecure: bool = False,
    svm: str = "",
    volumes: Sequence[str] = (),
    workers: int = DEFAULT,
    retry: Retry | None = None,
    cancel: Cancellation | None = None,
    access_points: Callable[[], AccessPoints] | None = None,
) -> RestOntap:
    """Sends nothing yet. `volumes` are names, or `*`; none is right where only one exists.

    `access_points` asks AWS for the S3 access points, which ONTAP does not know.
    """
    client = OntapClient(
        url, user, password, ca_file=ca_file, insecure=insecure, workers=workers, retry=retry, cancel=cancel
    )
    return RestOntap(client, svm=svm, volumes=volumes, cancel=cancel, access_points=access_points)


class RestOntap:
    """Owns the client, and remembers what does not change within a run. Safe for any thread."""

    def __init__(
        self,
        client: OntapClient,
        *,
        svm: str = "",
        volumes: Sequence[str] = (),
        cancel: Cancellation | None = None,
        access_points: Callable[[], AccessPoints] | None = None,
    ) -> None:
        self._client = client
        self._svm = svm
        self._names = tuple(volumes)
        self._cancel = cancel
        self._access_points = access_points or (lambda: AccessPoints(None, (_NOT_ASKED,)))
        self._lock = threading.RLock()
        self._inventory: Inventory | None = None
        self._release: str | None = None
        self._fields = REQUIRED + OPTIONAL
        self._directories: OrderedDict[str, Descriptor] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    @property
    def engine(self) -> str:
        return f"ontap-rest {self.release}".rstrip()

    @property
    def release(self) -> str:
        """ONTAP's release, such as 9.17.1P7; empty where the account may not see the cluster."""
        with self._lock:
            if self._release is None:
                self._release = self._ask_release()
            return self._release

    def _ask_release(self) -> str:
        try:
            version = self._client.get("/cluster", {"fields": "version"}).get("version")
        except (AccessDenied, NotFound):
            return ""
        full = str(version.get("full", "")) if isinstance(version, dict) else ""
        match = _RELEASE.search(full)
        return match[1].rstrip(".") if match else ""

    @property
    def inventory(self) -> Inventory:
        # Under the lock, so that a wrong password is tried by one thread and not by all.
        with self._lock:
            if self._inventory is None:
                records = self._client.records("/storage/volumes", {"fields": VOLUME_FIELDS})
                self._inventory = choose(records, self._svm, self._names)
            return self._inventory

    def volumes(self) -> Sequence[Volume]:
        return self.inventory.chosen

    def shares(self) -> Sequence[Share]:
        query: Query = {"svm.uuid": self.inventory.svm_uuid, "fields": "*,acls"}
        records = list(self._client.records("/protocols/cifs/shares", query))
        with decode.readable("a share"):
            return tuple(decode.share(record) for record in records)

    def walk(
        self, volume: Volume, path: str = "", *, files: bool = False, depth: int | None = None
    ) -> Iterator[Entry | Unlisted]:
        """See `walker.walk`. A start that is no directory is reported alone."""
        start = self._entry(volume, paths.namespace(volume.path, paths.clean(path)))
        junctions = frozenset(other.path for other in self.inventory.mounted if other.uuid != volume.uuid)
        scope = walker.Scope(volume.path, files, depth, junctions)
        query: Query = PAGING if files else {**PAGING, "type": "directory|symlink"}

        def fetch(listing: walker.Listing) -> Page:
            if listing.link:
                return self._client.page(listing.link, listing.asked)
            return self._list(volume, listing.path, query, listing.asked)

        yield from walker.walk(fetch, start, scope, workers=self._client.gate.most, cancel=self._cancel)

    def stat(self, path: str) -> Entry:
        place = "/" + paths.clean(path)
        volume = paths.owner(place, self.inventory.mounted)
        if volume is None:
            raise NotFound(f"no volume of SVM {self.inventory.svm} is mounted above {place}")
        return self._entry(volume, place)

    def security(self, path: str) -> Descriptor:
        """The descriptor at a namespace path; those of directories are remembered, since every child asks for it."""
        place = "/" + paths.clean(path)
        with self._lock:
            if place in self._directories:
                self._directories.move_to_end(place)
                return self._directories[place]
        endpoint = f"/protocols/file-security/permissions/{self.inventory.svm_uuid}/{paths.segment(place)}"
        body = self._found(place, lambda: self._client.get(endpoint))
        with decode.readable(f"the permissions of {place}"):
            found = decode.descriptor(body, place)
        if found.kind == "other":
            found = replace(found, kind=self.stat(place).kind)
        if found.kind == "directory":
            self._keep(found)
        return found

    def effective(self, path: str, trustee: str) -> int:
        """ONTAP's own mask for an account at a namespace path."""
        place = "/" + paths.clean(path)
        endpoint = f"/protocols/file-security/effective-permissions/{self.inventory.svm_uuid}/{paths.segment(place)}"
        answer = self._found(place, lambda: self._client.get(endpoint, oracle.query(trustee)))
        with decode.readable(f"the effective permissions of {place}"):
            return oracle.mask(answer)

    def _keep(self, descriptor: Descriptor) -> None:
        with self._lock:
            self._directories[descriptor.path] = descriptor
            if len(self._directories) > KEPT:
                self._directories.popitem(last=False)

    def fingerprint(self) -> str | None:
        """None: that a changed permission always moves `changed_time` is documented, but not proven for all layers."""
        return None

    def context(self) -> Mapping[str, Any]:
        """`surroundings`, and `svm`, `version` and `left_out` volumes with the reason."""
        about = surroundings(self._client.get, self.inventory.svm_uuid)
        unknown = list(about["unknown"])
        if not self.release:
            unknown.append("ONTAP's release: the account may not see the cluster [access-denied]")
        left_out = dict(self.inventory.left_out)
        if EVERY in self._names:
            unknown += [f"volume {name}: {why}" for name, why in left_out.items()]
        return {
            **about,
            "svm": self.inventory.svm,
            "version": self.release,
            "left_out": left_out,
            "unknown": tuple(unknown),
        }

    def site(self) -> Site:
        """See `services.read_site`; with the S3 access points where AWS can be asked."""
        used: dict[str, tuple[str, ...]] = {}
        for volume in self.inventory.mounted:
            used[volume.export_policy] = (*used.get(volume.export_policy, ()), volume.name)
        svm, uuid = self.inventory.svm, self.inventory.svm_uuid
        site = read_site(self._client.get, self._client.records, svm, uuid, used)
        return with_access_points(site, self._access_points())

    def count_hint(self, volume: Volume) -> int | None:
        """About how many files and directories the volume holds: its used inodes."""
        return volume.files_used

    def estimate_calls(self, volumes: Sequence[Volume], files: bool) -> int | None:
        """About how many calls auditing these volumes takes: exact with File System Analytics, else the most it can be.

        None when a volume's inodes are not known. One call a volume.
        """
        total = 0
        for volume in volumes:
            number = estimate.calls(self.count_hint(volume), self._analytics(volume), files=files)
            if number is None:
                return None
            total += number
        return total

    def _analytics(self, volume: Volume) -> Mapping[str, Any]:
        endpoint = f"/storage/volumes/{volume.uuid}/files/{paths.ROOT}"
        try:
            records = self._client.get(endpoint, {"fields": f"name,{estimate.FIELDS}", "max_records": 1}).get("records")
        except Unauthenticated:
            raise
        except ServiceError:
            # Older releases refuse the fields: an estimate without them is coarser, and the scan itself says more.
            return {}
        first = records[0] if isinstance(records, list) and records and isinstance(records[0], dict) else {}
        found = first.get("analytics") if first.get("name") == "." else None
        return found if isinstance(found, dict) else {}

    def _entry(self, volume: Volume, place: str) -> Entry:
        """One entry. The root's stands in its own listing, as "."; others are asked for by name."""
        relative = paths.relative(volume.path, place)
        query: Query = {"return_metadata": True} if relative else {**PAGING, "max_records": 1}
        page = self._found(place, lambda: self._list(volume, relative, query, set()))
        record = page.records[0] if page.records else {}
        if not relative and record.get("name") != ".":
            record = {"type": "directory"}
        if not record:
            raise NotFound(f"ONTAP has no entry at {place}")
        with decode.readable(f"entry {place}"):
            return decode.entry(record, place)

    def _found(self, place: str, ask: Callable[[], T]) -> T:
        """An answer; that there is nothing at a name which JSON has altered is not evidence that it is gone."""
        try:
            return ask()
        except NotFound as error:
            if not paths.altered(place):
                raise
            raise ServiceError(
                f"{place} cannot be asked for: a name in it is not UTF-8",
                code="altered-name",
                hint="rename it through NFS; REST carries names as UTF-8 only",
            ) from error

    def _list(self, volume: Volume, path: str, query: Query, asked: set[str]) -> Page:
        """The first page at a path of the volume, without fields this release turns out not to know."""
        endpoint = f"/storage/volumes/{volume.uuid}/files/{paths.segment(path) or paths.ROOT}"
        fields = self._fields
        try:
            return self._client.page(target(endpoint, {**query, "fields": ",".join(fields)}), asked)
        except ServiceError as error:
            if error.code != "invalid-field" or fields == REQUIRED:
                raise
            known = tuple(name for name in fields if name in REQUIRED or f'"{name}"' not in error.message)
            self._fields = known if known != fields else REQUIRED
        return self._list(volume, path, query, asked)
