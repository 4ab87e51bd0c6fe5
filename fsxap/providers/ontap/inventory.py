"""Which volumes an audit is pointed at: exact names of one SVM, or every mounted one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fsxap.acl.model import Volume
from fsxap.errors import NotFound, UsageError
from fsxap.model import Record
from fsxap.providers.ontap import decode

EVERY = "*"
FIELDS = (
    "name,uuid,state,type,style,is_svm_root,svm.name,svm.uuid,"
    "nas.path,nas.security_style,nas.export_policy.name,files.used"
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """`chosen` are the volumes to audit; `mounted` every mounted volume of their SVM, which own their paths;
    `left_out` says of each other volume of the SVM why it is not audited."""

    chosen: tuple[Volume, ...]
    mounted: tuple[Volume, ...]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def svm(self) -> str:
        return self.chosen[0].svm

    @property
    def svm_uuid(self) -> str:
        return self.chosen[0].svm_uuid


def choose(records: Iterable[Record], svm: str, names: Sequence[str]) -> Inventory:
    """UsageError, naming what there is, when a name is unknown or the choice is not unique."""
    found: list[tuple[Volume, str]] = []
    for record in records:
        with decode.readable("a volume"):
            found.append((decode.volume(record), _unfit(record)))
    found = _of_one_svm(found, svm, names)
    fit = {volume.name: volume for volume, why in found if not why}
    left_out = {volume.name: why for volume, why in found if why}
    if EVERY in names:
        chosen = tuple(fit.values())
    else:
        chosen = tuple(_named(name, fit, left_out) for name in dict.fromkeys(names)) or _only(fit)
    if not chosen:
        raise NotFound(
            f"SVM {found[0][0].svm} has no mounted read-write volume" if found else "ONTAP shows no volume",
            code="no-volume",
            hint="mount a volume at a junction path, or use an account that may see it",
        )
    return Inventory(chosen, tuple(volume for volume, _ in found if volume.path), left_out)


def _unfit(record: Record) -> str:
    """Why a volume cannot be audited by path; empty when it can."""
    nas: Any = record.get("nas")
    if record.get("style") == "flexgroup_constituent":
        return "part of a FlexGroup volume"
    if record.get("type", "rw") != "rw":
        return f"of type {record['type']}: audit its source"
    if record.get("state", "online") != "online":
        return f"{record['state']}"
    if not isinstance(nas, dict) or not nas.get("path"):
        return "not mounted: without a junction path its permissions cannot be asked for"
    if record.get("is_svm_root"):
        return "the SVM's root volume"
    return ""


def _of_one_svm(found: list[tuple[Volume, str]], svm: str, names: Sequence[str]) -> list[tuple[Volume, str]]:
    known = sorted({volume.svm for volume, _ in found})
    if svm:
        if found and svm not in known:
            raise UsageError(
                f"no SVM {svm} with volumes is visible", code="unknown-svm", hint=_there_are("SVMs", known)
            )
        return [pair for pair in found if pair[0].svm == svm]
    wanted = {volume.svm for volume, why in found if not why and (not names or EVERY in names or volume.name in names)}
    if len(wanted) > 1:
        raise UsageError("several SVMs have such volumes", code="svm-required", hint=_there_are("--svm", wanted))
    if wanted:
        return [pair for pair in found if pair[0].svm in wanted]
    return found


def _named(name: str, fit: dict[str, Volume], left_out: dict[str, str]) -> Volume:
    if name in fit:
        return fit[name]
    if name in left_out:
        raise UsageError(
            f"volume {name} cannot be audited: it is {left_out[name]}",
            code="volume-unfit",
            hint=_there_are("volumes", fit),
        )
    raise UsageError(f"no volume {name}", code="unknown-volume", hint=_there_are("volumes", fit))


def _only(fit: dict[str, Volume]) -> tuple[Volume, ...]:
    if len(fit) > 1:
        raise UsageError(
            "several volumes exist", code="volume-required", hint=_there_are("--volume", fit, f", or {EVERY}")
        )
    return tuple(fit.values())


def _there_are(what: str, names: Iterable[str], more: str = "") -> str:
    listed = sorted(names)
    shown = ", ".join(listed[:20]) + (f" and {len(listed) - 20} more" if len(listed) > 20 else "")
    return f"{what}: {shown or 'none'}{more}"
