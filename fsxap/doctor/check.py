"""One judgement of doctor, and the layers in the order a request passes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fsxap.model import Record

LAYERS = (
    "environment",
    "credentials",
    "IAM",
    "access point",
    "network origin",
    "file-system identity",
    "Active Directory",
    "ONTAP",
    "services",
    "quotas",
)
Status = Literal["pass", "warn", "fail", "skip"]
Certainty = Literal["certain", "likely", "possible"]

# Words of the table of AWS failures, where they are not a layer's own name.
_WORDS = {
    "access point policy": "access point",
    "access point policy or network origin": "access point",
    "IAM or file-system identity": "file-system identity",
    "AI services": "services",
    "network": "network origin",
    "network or data plane": "network origin",
    "throughput": "quotas",
    "data plane": "access point",
    "feature": "access point",
    "size": "access point",
    "data": "access point",
}


def layer_of(word: str) -> str:
    """The layer of doctor that a row of a failure table speaks of; "access point" where it names none."""
    return word if word in LAYERS else _WORDS.get(word, "access point")


@dataclass(frozen=True, slots=True)
class Check:
    layer: str
    check: str
    status: Status
    detail: str
    hint: str = ""
    code: str = ""
    certainty: Certainty = "certain"

    def record(self) -> Record:
        return {
            "type": "check",
            "layer": self.layer,
            "check": self.check,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
            "code": self.code,
            "certainty": self.certainty,
        }
