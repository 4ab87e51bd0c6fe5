"""A folder with little room: a file system of its own, in memory, which only processes that enter can see."""

from __future__ import annotations

import ctypes
import os
import subprocess
from functools import cache
from pathlib import Path

NAMESPACES = (("user", 0x10000000), ("mnt", 0x00020000))
"""And their flags, of setns(2); the first gives the right to enter the second."""


@cache
def possible() -> bool:
    """Whether this machine lets anyone mount something for himself."""
    try:
        made = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return False
    return made.returncode == 0


class SmallDisk:
    """Owns the process that keeps the mount."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._shell = subprocess.Popen(
            ["unshare", "-rm", "sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._do(f'mount -t tmpfs -o size={size},mode=700 none "{folder}"')

    @property
    def pid(self) -> int:
        return self._shell.pid

    def seen(self, path: Path) -> Path:
        """The same path as seen from outside."""
        return Path(f"/proc/{self.pid}/root") / path.relative_to("/")

    def room(self) -> None:
        """From now on it is large enough for anything."""
        self._do(f'mount -o remount,size=256m "{self.folder}"')

    def close(self) -> None:
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.close()
        self._shell.stdout.close()
        self._shell.wait(10)

    def _do(self, command: str) -> None:
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{command} && echo done || echo failed\n")
        if self._shell.stdout.readline() != "done\n":
            raise RuntimeError(f"this machine lets nobody mount a file system of his own: {command}")


def enter(pid: int) -> None:
    """See the file systems that this process sees; for a process of one thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    handles = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), flag) for name, flag in NAMESPACES]
    for handle, flag in handles:
        if libc.setns(handle, flag):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(handle)
