"""What states and refusals mean together: a table whose first fitting row decides why the data does not answer.

The refusals themselves are told apart by the table of AWS failures; here stands what only several pieces of evidence
show. Sources: AWS's guides for FSx, and published measurements of access points on ONTAP volumes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fsxap.doctor.check import Certainty
from fsxap.doctor.evidence import Evidence

DENIED = frozenset({"access-denied", "write-denied", "bucket-denied"})
"""Refusals that name no reason: AWS gives one for its own, the volume none."""
SILENT = frozenset({"unreachable", "timeout", "connection-lost", "dns", "cut-off", "certificate", "not-s3", "proxy"})
UNAVAILABLE = frozenset({"service-unavailable", "connection-lost", "timeout", "cut-off"})


@dataclass(frozen=True, slots=True)
class Symptom:
    """`shows` is said of it in the docs and in the check, `when` finds it in the evidence."""

    code: str
    layer: str
    shows: str
    hint: str
    when: Callable[[Evidence], bool]
    certainty: Certainty = "certain"


def refusal(evidence: Evidence) -> str:
    """The code of what refused the key, or else the listing; empty when neither was refused."""
    for answer in (evidence.aws.key, evidence.aws.listed):
        if answer is not None and not answer.ok:
            return answer.code
    return ""


def lifecycle(evidence: Evidence) -> str:
    return evidence.aws.point.lifecycle if evidence.aws.point else ""


def user(evidence: Evidence) -> str:
    return evidence.aws.point.user if evidence.aws.point else ""


def _bare(evidence: Evidence) -> bool:
    """Refused without a reason, although AWS let HeadBucket pass: it was the volume."""
    head = evidence.aws.head_bucket
    return refusal(evidence) in DENIED and head is not None and head.ok


def _of_vpc(evidence: Evidence) -> bool:
    return evidence.aws.point is not None and bool(evidence.aws.point.vpc)


def _code(*codes: str) -> Callable[[Evidence], bool]:
    return lambda evidence: refusal(evidence) in codes


def _state(name: str) -> Callable[[Evidence], bool]:
    return lambda evidence: lifecycle(evidence) == name and bool(refusal(evidence))


# fmt: off
SYMPTOMS: tuple[Symptom, ...] = (
    Symptom("attachment-creating", "access point", "the access point is still being made",
            "wait until its lifecycle is AVAILABLE", _state("CREATING")),
    Symptom("attachment-deleting", "access point", "the access point is being deleted",
            "make another one; it gets a new alias", _state("DELETING")),
    Symptom("attachment-failed", "access point", "the access point could not be made",
            "its SVM must have no S3 server of its own and its volume a junction path; delete the failed attachment, "
            "which stays otherwise, and make another", _state("FAILED")),
    Symptom("attachment-misconfigured", "access point", "the attachment is MISCONFIGURED",
            "its user cannot be resolved, or its volume is offline or not mounted; it recovers by itself once that is "
            "put right", _state("MISCONFIGURED")),
    Symptom("attachment-updating", "access point", "the access point is being changed",
            "wait until its lifecycle is AVAILABLE", _state("UPDATING")),
    Symptom("vpc-origin", "network origin",
            "an explicit deny in a resource-based policy, at an access point of VPC origin",
            "for a VPC origin these words mean that the request did not come through an endpoint in that VPC: look "
            "where DNS leads, or use an access point of Internet origin",
            lambda evidence: refusal(evidence) == "explicit-deny" and _of_vpc(evidence), "likely"),
    Symptom("policy-deny", "access point",
            "an explicit deny in a resource-based policy, at an access point of Internet origin",
            "look for a Deny in the access point's policy, and the conditions beside it",
            lambda evidence: refusal(evidence) == "explicit-deny" and evidence.aws.point is not None),
    Symptom("explicit-deny", "access point",
            "an explicit deny in a resource-based policy, at an access point that could not be described",
            "look for a Deny in the access point's policy; with a VPC origin the words mean the wrong way in",
            _code("explicit-deny"), "possible"),
    Symptom("organization-policy", "IAM", "an organization's control policy denies it",
            "its administrator has to allow it", _code("organization-policy")),
    Symptom("endpoint-policy", "network origin", "the policy of the VPC endpoint does not allow it",
            "name the access point's ARN and its objects in the endpoint's policy", _code("endpoint-policy")),
    Symptom("identity-policy", "IAM", "no policy of the identity allows it",
            "allow s3:ListBucket on arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME and s3:GetObject on .../object/*; an "
            "alias in a policy grants nothing", _code("identity-policy")),
    Symptom("domain-prefix", "file-system identity",
            "the volume refuses, and the access point's Windows user has a domain before its name",
            "an access point made with DOMAIN\\ or user@domain is accepted and never works; make another with the "
            "plain name", lambda evidence: _bare(evidence) and any(mark in user(evidence) for mark in "\\@")),
    Symptom("no-domain-controller", "Active Directory",
            "the volume refuses, and the SVM's domain has no domain controller that answers",
            "in a domain every request needs one, also for UNIX users: open 53, 88, 389, 445 and 464 to a controller, "
            "and check the SVM's DNS, which keeps old servers after a new join",
            lambda evidence: _bare(evidence) and evidence.ontap.joined is True and evidence.ontap.controllers == 0),
    Symptom("object-permission", "file-system identity",
            "the folder can be listed, and the volume refuses this file",
            "give the access point's user permission on the file and on every folder above it",
            lambda evidence: _bare(evidence) and evidence.aws.listed is not None and evidence.aws.listed.ok
            and evidence.aws.key is not None and not evidence.aws.key.ok, "likely"),
    Symptom("volume-permission", "file-system identity",
            "AWS lets HeadBucket pass and the volume refuses, with domain controllers that answer or without a domain",
            "give the access point's user permission on the folder; a UNIX volume with a storage-level guard also "
            "needs a mapping of the user to Windows",
            lambda evidence: _bare(evidence) and (evidence.ontap.joined is False or bool(evidence.ontap.controllers)),
            "likely"),
    Symptom("volume-refuses", "file-system identity",
            "AWS lets HeadBucket pass and the volume refuses; ONTAP was not asked why",
            "the access point's user lacks permission, or the SVM is in a domain without a reachable controller: name "
            "--ontap and its flags to tell which", _bare, "likely"),
    Symptom("not-allowed", "IAM", "refused without a reason, HeadBucket too",
            "allow the access point's ARN in IAM (an alias in a policy grants nothing), and look for control policies",
            lambda evidence: refusal(evidence) in DENIED and evidence.aws.head_bucket is not None
            and not evidence.aws.head_bucket.ok, "likely"),
    Symptom("vpc-origin-outside", "network origin", "no answer from an access point of VPC origin",
            "it answers only through an S3 endpoint in its own VPC: run there, or use one of Internet origin",
            lambda evidence: refusal(evidence) in SILENT and _of_vpc(evidence), "likely"),
    Symptom("not-resolved", "network origin", "the access point's host has no address",
            "check the alias and the region, and this machine's DNS; a new access point takes minutes",
            lambda evidence: bool(refusal(evidence)) and evidence.aws.resolved is not None
            and not evidence.aws.resolved.ok),
    Symptom("not-connected", "network origin", "the access point's host does not take connections",
            "a missing route gives no error, only silence: an Internet origin needs a way out (NAT; whether a gateway "
            "endpoint is enough is contradictory), and a gateway endpoint needs this subnet's route table",
            lambda evidence: bool(refusal(evidence)) and evidence.aws.connected is not None
            and not evidence.aws.connected.ok),
    Symptom("data-plane-down", "access point",
            "AWS answers and the data does not, though the access point is AVAILABLE",
            "after a change of throughput capacity or during maintenance that lasted an hour and more; try again later",
            lambda evidence: refusal(evidence) in UNAVAILABLE and lifecycle(evidence) == "AVAILABLE", "likely"),
    Symptom("key-vanished", "access point", "the folder can be listed and the key is not there",
            "it was renamed or deleted over NFS or SMB, or its name is another one: keys are exact to the byte",
            lambda evidence: refusal(evidence) == "not-found" and evidence.aws.listed is not None
            and evidence.aws.listed.ok, "likely"),
)
# fmt: on


def decide(evidence: Evidence) -> Symptom | None:
    """The first row that fits; None where the data answered, or where the refusal alone says it all."""
    return next((symptom for symptom in SYMPTOMS if symptom.when(evidence)), None)
