"""Remembers what rules said of a descriptor, so that folders with the same permissions are judged once.

Rules know the place of what they judge only by the shares that lead there and by its depth, which are part of what is
compared; everything else compared is the descriptors themselves, entry by entry, without path and inode.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, replace
from operator import attrgetter
from typing import NamedTuple

from fsxap.acl.changes import change
from fsxap.acl.model import Descriptor
from fsxap.acl.rules import Context, Subject, audit
from fsxap.acl.rules.rule import contains
from fsxap.model import Finding

KEPT = 4096
"""Verdicts in memory; volumes have far fewer distinct access lists than folders."""


class Verdict(NamedTuple):
    """What the rules say of an object, and why its access is not what its folder gives (nothing: it is the same)."""

    findings: tuple[Finding, ...]
    changes: tuple[str, ...]


_placeless = attrgetter(*(field.name for field in fields(Descriptor) if field.name not in ("path", "inode")))
_surroundings = attrgetter(*(field.name for field in fields(Context) if field.name != "shares"))
Judge = Callable[[Subject], Verdict]


def judge_once(only: Callable[[str], bool] | None = None, *, kept: int = KEPT) -> Judge:
    """`audit` with a memory, for one run and any thread. Findings name the path they are asked for."""
    lock = threading.Lock()
    known: OrderedDict[Hashable, Verdict] = OrderedDict()

    def judge(subject: Subject) -> Verdict:
        alike = likeness(subject)
        with lock:
            found = known.get(alike)
            if found is not None:
                known.move_to_end(alike)
        if found is None:
            found = Verdict(tuple(audit(subject, only)), change(subject.descriptor, subject.parent).reasons)
            with lock:
                known[alike] = found
                if len(known) > kept:
                    known.popitem(last=False)
        return found._replace(findings=tuple(replace(finding, where=subject.where) for finding in found.findings))

    return judge


def likeness(subject: Subject) -> Hashable:
    """Equal for two subjects that every rule judges alike."""
    leading = tuple(index for index, share in enumerate(subject.context.shares) if contains(share.path, subject.where))
    parent = None if subject.parent is None else _placeless(subject.parent)
    return _placeless(subject.descriptor), parent, _surroundings(subject.context), leading
