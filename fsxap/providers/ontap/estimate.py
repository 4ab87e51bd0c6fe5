"""How many calls an audit of a volume takes, from what ONTAP has counted already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS = "analytics.file_count,analytics.subdir_count,analytics.incomplete_data"


def calls(used: int | None, analytics: Mapping[str, Any], *, files: bool) -> int | None:
    """A listing and an access list for each directory, an access list for each file that is asked for.

    `analytics` is what File System Analytics says of a volume's root, empty where it is off: then the answer is the
    most it can be, every used inode a directory. None when not even those are known. Directories of more entries
    than a page holds take further listings, which is less than a thousandth of it.
    """
    folders, plain = analytics.get("subdir_count"), analytics.get("file_count")
    if isinstance(folders, int) and isinstance(plain, int) and not analytics.get("incomplete_data"):
        return 2 * (folders + 1) + (plain if files else 0)
    return None if used is None else 2 * used
