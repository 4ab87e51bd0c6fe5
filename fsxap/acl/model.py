"""What ONTAP says about permissions, as values: entries, descriptors, shares, volumes and directory entries.

Nothing here decides anything; `evaluate` and `rules` do. Masks are Windows access masks (MS-DTYP 2.4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Style = Literal["ntfs", "unix", "mixed", "unified", ""]
Layer = Literal["file", "slag", "share"]
Access = Literal["allow", "deny", "audit", "other"]
Kind = Literal["directory", "file", "symlink", "junction", "stream", "other"]

DACL_PRESENT = 0x4
SACL_PRESENT = 0x10
DACL_PROTECTED = 0x1000


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry of an access list.

    `mask` is None when ONTAP did not decode it: generic rights come without `advanced_rights` (recorded behaviour),
    which is not the same as no rights. `raw` keeps ONTAP's own word for `access` ("access_allowed_callback", ...).
    `this_folder` false on a folder means inherit-only.
    """

    trustee: str
    access: Access
    mask: int | None
    inherited: bool = False
    this_folder: bool = True
    sub_folders: bool = False
    files: bool = False
    layer: Layer = "file"
    sid: str = ""
    raw: str = ""

    @property
    def inherit_only(self) -> bool:
        return not self.this_folder

    @property
    def inheritable(self) -> bool:
        return self.sub_folders or self.files


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The security of one object.

    `style` is the effective one: it says whether `aces` or `mode` decides. `mode` holds permission bits as a number
    (0o1777), `control` the security descriptor's control bits, None when not reported. `aces` keeps stored order and
    holds audit entries too. `path` is the namespace path.
    """

    path: str
    kind: Kind = "file"
    style: Style = ""
    volume_style: Style = ""
    owner: str = ""
    group: str = ""
    control: int | None = None
    aces: tuple[Ace, ...] = ()
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    inode: int = 0
    dos: str = ""

    @property
    def protected(self) -> bool:
        return bool((self.control or 0) & DACL_PROTECTED)


@dataclass(frozen=True, slots=True)
class ShareAce:
    """`permission` is no_access, read, change or full_control; `kind` windows, unix_user or unix_group."""

    trustee: str
    permission: str
    kind: str = "windows"
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """`path` is the namespace path the share opens at."""

    name: str
    path: str
    svm: str = ""
    volume: str = ""
    aces: tuple[ShareAce, ...] = ()
    flags: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Volume:
    """`path` is where the volume is mounted in the SVM's namespace; empty when it is not mounted."""

    name: str
    uuid: str
    path: str
    svm: str = ""
    svm_uuid: str = ""
    style: Style = ""
    state: str = "online"
    kind: str = "rw"
    export_policy: str = ""
    files_used: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry. `path` is the namespace path; `version` is the inode's identity and change time."""

    path: str
    kind: Kind
    inode: int = 0
    generation: int = 0
    links: int = 1
    size: int = 0
    modified: str = ""
    changed: str = ""
    accessed: str = ""

    @property
    def version(self) -> str:
        return f"{self.inode}.{self.generation}@{self.changed}"
