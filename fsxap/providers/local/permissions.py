"""Permissions of a plain folder: those its sidecar describes, or else the modes and owners of its files."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsxap.acl.description import Description, plain
from fsxap.acl.model import Descriptor, Entry, Kind, Share, Volume
from fsxap.acl.site import Site, described_site
from fsxap.errors import AccessDenied, ConfigurationError, FsxapError, NotFound, ServiceError
from fsxap.model import Failure, Unlisted
from fsxap.providers.local.files import reason, translated
from fsxap.providers.local.sidecar import SIDECAR, describe, read_sidecar

SKIPPED = frozenset({".fsxap", "_fsxap", ".snapshot", "~snapshot"})
"""Names never reported, besides the sidecar: what fsxap keeps and writes, and ONTAP's snapshots."""

_ABSENT = frozenset({"4", "655865", "6684674"})
_REFUSED = frozenset({"6", "6691623"})


class FolderPermissions:
    """The `Ontap` port over a folder: one volume, mounted at `/`.

    A path is `/` and the path in the folder. Links are never followed, wherever they stand in a path.
    """

    def __init__(self, root: Path) -> None:
        try:
            self._root = root.resolve(strict=True)
        except OSError as error:
            hint = "check the path of the source folder"
            raise ConfigurationError(f"cannot read {root}: {reason(error)[1]}", hint=hint) from error
        if not self._root.is_dir():
            raise ConfigurationError(f"{root} is not a folder", hint="name the folder that holds the files")
        text = read_sidecar(self._root)
        self._described = plain(self._root.name or "volume") if text is None else describe(text, self._root)
        self._proof = "" if text is None else hashlib.sha256(text).hexdigest()[:16]
        self._posix = text is None
        self._names: dict[tuple[str, int], str] = {}

    @property
    def engine(self) -> str:
        return "posix" if self._posix else "described"

    @property
    def described(self) -> Description:
        return self._described

    def volumes(self) -> Sequence[Volume]:
        return (replace(self._described.volume, path="/"),)

    def shares(self) -> Sequence[Share]:
        return tuple(replace(share, path=self._local(share.path)) for share in self._described.shares)

    def walk(
        self, volume: Volume, path: str = "", *, files: bool = False, depth: int | None = None
    ) -> Iterator[Entry | Unlisted]:
        """Breadth first; only the folders still to be read are remembered, and files with several names."""
        del volume  # there is one
        relative = path.strip("/")
        start = self._entry(relative, self._lstat(relative))
        yield start
        waiting = deque([(relative, 0)] if start.kind == "directory" else [])
        linked: set[tuple[int, int]] = set()
        while waiting:
            folder, level = waiting.popleft()
            if depth is not None and level >= depth:
                continue
            for entry in self._children(folder, files, linked):
                if isinstance(entry, Entry) and entry.kind == "directory":
                    waiting.append((entry.path[1:], level + 1))
                yield entry

    def stat(self, path: str) -> Entry:
        relative = path.strip("/")
        return self._entry(relative, self._lstat(relative))

    def security(self, path: str) -> Descriptor:
        relative = path.strip("/")
        if code := self._described.error(relative):
            raise _planted(path, code)
        found = self._lstat(relative)
        descriptor = self._described.descriptor(
            relative,
            self._kind(relative, found),
            mode=stat.S_IMODE(found.st_mode),
            uid=found.st_uid,
            gid=found.st_gid,
            inode=found.st_ino,
            dos="10" if stat.S_ISDIR(found.st_mode) else "20",
        )
        descriptor = replace(descriptor, path=f"/{relative}")
        if not self._posix:
            return descriptor
        return replace(descriptor, owner=self._user(found.st_uid), group=self._group(found.st_gid))

    def effective(self, path: str, trustee: str) -> int:
        """A folder has no file server to ask."""
        raise ServiceError(
            f"nobody computes what {trustee} may do at {path}",
            code="not-supported",
            hint="--verify needs ONTAP's own answers: use it with --ontap",
        )

    def estimate_calls(self, volumes: Sequence[Volume], files: bool) -> int | None:
        """Only a walk tells how much a folder holds."""
        del volumes, files
        return None

    def fingerprint(self) -> str:
        """The sidecar's contents. Modes and owners move the change time, which is in every entry's version."""
        return self._proof

    def context(self) -> Mapping[str, Any]:
        """`ad` (healthy, unreachable or none), `ad_domain`, and `nfs4_acl`: whether ACLs may exist that are not shown.

        A folder without a sidecar does not tell whether its files have POSIX or NFSv4 ACLs beside their modes.
        """
        svm = self._described.svm
        return {
            "ad": svm.ad if svm.cifs else "none",
            "ad_domain": svm.domain if svm.cifs else "",
            "nfs4_acl": None if self._posix else self._described.services.nfsv4_acls,
            "servers": (svm.server,) if svm.cifs else (),
            "unknown": ("ACLs beside the modes of the files",) if self._posix else (),
        }

    def site(self) -> Site:
        """What the sidecar says of the SVM; a plain folder has none, so nothing there applies."""
        return Site() if self._posix else described_site(self._described)

    def _children(self, folder: str, files: bool, linked: set[tuple[int, int]]) -> Iterator[Entry | Unlisted]:
        try:
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    if entry.name in SKIPPED or (not files and entry.is_file(follow_symlinks=False)):
                        continue
                    relative = f"{folder}/{entry.name}" if folder else entry.name
                    if relative == SIDECAR:
                        continue
                    yield from self._child(relative, files, linked)
        except OSError as error:
            yield _unlisted(folder, error)

    def _child(self, relative: str, files: bool, linked: set[tuple[int, int]]) -> Iterator[Entry | Unlisted]:
        try:
            found = os.lstat(self._root / relative)
        except OSError as error:
            yield _unlisted(relative, error)
            return
        kind = self._kind(relative, found)
        if kind == "other" and not files:
            return
        if kind != "directory" and found.st_nlink > 1:
            # One inode has one descriptor, whatever its names.
            identity = (found.st_dev, found.st_ino)
            if identity in linked:
                return
            linked.add(identity)
        yield self._entry(relative, found)

    def _lstat(self, relative: str) -> os.stat_result:
        """The object's own status; NotFound also where the path leads through a link or out of the folder."""
        parts = relative.split("/") if relative else []
        what = f"/{relative}"
        if relative == SIDECAR or any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise NotFound(f"cannot read {what}: it is not a path of this volume")
        here = self._root
        with translated("read", what):
            for part in parts[:-1]:
                here = here / part
                if stat.S_ISLNK(os.lstat(here).st_mode):
                    raise NotFound(f"cannot read {what}: /{here.relative_to(self._root)} is a symbolic link")
            return os.lstat(here / parts[-1] if parts else here)

    def _kind(self, relative: str, found: os.stat_result) -> Kind:
        if stat.S_ISDIR(found.st_mode):
            return "junction" if self._described.is_junction(relative) else "directory"
        if stat.S_ISLNK(found.st_mode):
            return "symlink"
        return "file" if stat.S_ISREG(found.st_mode) else "other"

    def _entry(self, relative: str, found: os.stat_result) -> Entry:
        return Entry(
            f"/{relative}",
            self._kind(relative, found),
            inode=found.st_ino,
            links=found.st_nlink,
            size=found.st_size,
            modified=_moment(found.st_mtime_ns),
            changed=_moment(found.st_ctime_ns, exact=True),
            # Listing a folder moves its access time, so this very walk would be what it shows.
            accessed="" if stat.S_ISDIR(found.st_mode) else _moment(found.st_atime_ns),
        )

    def _local(self, path: str) -> str:
        """A namespace path of the described volume as one of this folder; a share above it opens at its root."""
        mounted = self._described.volume.path.rstrip("/")
        if not path.startswith(f"{mounted}/"):
            return "/" if path == mounted or f"{mounted}/".startswith(f"{path.rstrip('/')}/") else path
        return path[len(mounted) :]

    def _user(self, uid: int) -> str:
        return self._name("user", uid)

    def _group(self, gid: int) -> str:
        return self._name("group", gid)

    def _name(self, kind: str, number: int) -> str:
        """The account's name where this machine knows one; remembered, as a directory service may be asked."""
        import grp
        import pwd

        known = self._names.get((kind, number))
        if known is None:
            try:
                known = pwd.getpwuid(number).pw_name if kind == "user" else grp.getgrgid(number).gr_name
            except KeyError:
                known = ""
            self._names[kind, number] = known
        return known


def _moment(nanoseconds: int, *, exact: bool = False) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{rest:09d}Z" if exact else f"{text}Z"


def _unlisted(relative: str, error: OSError) -> Unlisted:
    code, words = ("vanished", "it was removed meanwhile") if isinstance(error, FileNotFoundError) else reason(error)
    return Unlisted(f"/{relative}", Failure(code, f"cannot list /{relative}: {words}"))


def _planted(path: str, code: str) -> FsxapError:
    """The error the description says ONTAP answers with here."""
    message = f"the description of {path} stands for an answer with error {code}"
    if code in _ABSENT:
        return NotFound(message)
    if code in _REFUSED:
        return AccessDenied(message)
    return ServiceError(message, code=f"ontap-{code}")
