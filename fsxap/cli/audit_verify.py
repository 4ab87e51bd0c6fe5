"""A second opinion: our answers for a sample of paths beside ONTAP's own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from fsxap.acl import rights, trustees, ways
from fsxap.acl.groups import Groups
from fsxap.acl.model import Descriptor
from fsxap.acl.records import descriptor_from_record
from fsxap.acl.rights import SYNCHRONIZE
from fsxap.cli.audit_views import Write
from fsxap.engine.types import Kit
from fsxap.errors import ServiceError
from fsxap.model import Record, Result


def sampled(results: Iterable[Result], number: int, chosen: list[Descriptor]) -> Iterator[Result]:
    """Passes results on and keeps a fair sample of their descriptors."""
    draw, seen = random.Random(0), 0  # noqa: S311 - a sample, not a secret; the same one every time
    for result in results:
        yield result
        if (acl := result.data.get("acl")) is None:
            continue
        seen += 1
        if len(chosen) < number:
            chosen.append(descriptor_from_record(acl))
        elif (place := draw.randrange(seen)) < number:
            chosen[place] = descriptor_from_record(acl)


def verified(kit: Kit, sample: Iterable[Descriptor], who: str, groups: Groups, write: Write) -> Record:
    """Our answer beside ONTAP's own for each sampled path and trustee; how many agreed."""
    counts = {"compared": 0, "agreed": 0, "not_answered": 0}
    for descriptor in sample:
        for trustee in [who] if who else accounts(descriptor):
            identity = groups.identity(trustee)
            ours = ways.file_access(descriptor, identity, None)
            row: Record = {"type": "verification", "path": descriptor.path, "trustee": trustee}
            row |= {"ours": list(rights.names(ours.mask)), "certain": ours.certain}
            try:
                theirs = kit.ontap.effective(descriptor.path, trustee)
            except ServiceError as error:
                counts["not_answered"] += 1
                write(row | {"agree": None, "reason": error.message})
                continue
            agree = theirs & ~SYNCHRONIZE == ours.mask & ~SYNCHRONIZE
            counts["compared"] += 1
            counts["agreed"] += agree
            write(row | {"ontap": list(rights.names(theirs)), "agree": agree})
    return counts


def accounts(descriptor: Descriptor) -> list[str]:
    """Trustees of a list that ONTAP can be asked about: accounts with a name, not the well-known groups."""
    named = {ace.trustee for ace in descriptor.aces if trustees.classify(ace.trustee, ace.sid) in ("domain", "local")}
    return sorted(named)
