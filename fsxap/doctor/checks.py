"""The checks, in the order of the layers. Each says what it saw, what it means, and what it could not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fsxap.doctor.check import LAYERS, Check, layer_of
from fsxap.doctor.evidence import Answer, Evidence
from fsxap.doctor.symptoms import decide, refusal

S3_FIRST = "name an access point with -s ALIAS, ARN or s3:// URL"
PRIVILEGED = ("admin", "fsxadmin", "vsadmin")
MOST_AT_ONCE = 20
"""Requests that a management endpoint takes at a time, as NetApp's own clients limit themselves."""
ELSEWHERE = "name another region for it and accept_cross_region, or take the embedded engine"
ONTAP_FIRST = "name the management endpoint with --ontap, and --ontap-user, --ontap-secret"


def run(evidence: Evidence) -> Iterator[Check]:
    """Every check, layer by layer. The check that explains a refusal stands in the layer that decided."""
    found = [check for part in PARTS for check in part(evidence)]
    cause = why(evidence)
    if cause is not None:
        found.append(cause)
    yield from sorted(found, key=lambda check: LAYERS.index(check.layer))


def why(evidence: Evidence) -> Check | None:
    """The one layer that keeps the data (or the explained key) from answering."""
    refused = next((each for each in (evidence.aws.key, evidence.aws.listed) if each and not each.ok), None)
    if refused is None:
        return None
    symptom = decide(evidence)
    about = f"reading {evidence.explained}" if evidence.explained else "reading the source"
    if symptom is None:
        return Check(layer_of(refused.layer), about, "fail", refused.said, refused.hint, refused.code)
    detail = f"{symptom.shows}: {refused.said}"
    return Check(symptom.layer, about, "fail", detail, symptom.hint, symptom.code, symptom.certainty)


def explained(evidence: Evidence) -> Iterator[Check]:
    """The verdict on one key, or what keeps doctor from asking for it."""
    verdict = why(evidence)
    if verdict is not None:
        yield verdict
    elif evidence.aws.key is not None:
        yield Check("access point", f"reading {evidence.explained}", "pass", f"it can be read: {evidence.aws.key.said}")
    else:
        yield from (check for check in run(evidence) if check.status == "fail")


def environment(evidence: Evidence) -> Iterator[Check]:
    yield _answered("environment", "settings", evidence.settings)
    yield _answered("environment", "state folder", evidence.state)
    if evidence.missing_extras:
        names = ",".join(evidence.missing_extras)
        detail = f"not installed: {', '.join(evidence.missing_extras)}"
        yield Check("environment", "engines", "warn", detail, f"pip install 'fsxap[{names}]'", "missing-extra")
    else:
        yield Check("environment", "engines", "pass", "the embedded engines are installed")
    if evidence.proxy:
        yield Check(
            "environment", "proxy", "warn", f"{evidence.proxy} is set: requests go through a proxy",
            "an inspecting proxy needs its certificates in AWS_CA_BUNDLE; NO_PROXY leaves hosts out", "proxy",
        )  # fmt: skip
    if evidence.folder:
        yield _answered("environment", "source folder", evidence.folder_found)


def credentials(evidence: Evidence) -> Iterator[Check]:
    region = evidence.aws.region
    if region:
        yield Check("environment", "region", "pass", region)
    elif evidence.bucket:
        hint = "name one with --region, AWS_REGION or the profile"
        yield Check("environment", "region", "fail", "no AWS region", hint, "no-region")
    given = evidence.aws.credentials
    if given is not None and not given.ok and not evidence.bucket:
        # Whoever works on folders or ONTAP alone needs none.
        yield Check("credentials", "AWS credentials", "warn", given.said, given.hint, given.code)
        return
    yield _answered("credentials", "AWS credentials", given)
    yield _answered("credentials", "who AWS says it is", evidence.aws.caller, "no credentials to ask with")


def iam(evidence: Evidence) -> Iterator[Check]:
    if not evidence.bucket:
        yield Check("IAM", "reading the access point", "skip", "no access point was named", S3_FIRST)
        return
    head = evidence.aws.head_bucket
    if head is None:
        yield Check("IAM", "reading the access point", "skip", "AWS could not be asked")
    elif head.ok:
        # HeadBucket says nothing of the volume: it passes whatever the file system refuses.
        yield Check("IAM", "AWS lets requests in", "pass", "HeadBucket passes, which tells of IAM only")
    elif refusal(evidence):
        yield Check("IAM", "AWS lets requests in", "warn", head.said, head.hint, head.code, "possible")


def access_point(evidence: Evidence) -> Iterator[Check]:
    if not evidence.bucket:
        yield Check("access point", "attachment", "skip", "no access point was named", S3_FIRST)
        return
    point, listed = evidence.aws.point, evidence.aws.attachments
    if point is not None:
        words = f"{point.name} is {point.lifecycle}" + (f": {point.reason}" if point.reason else "")
        good = point.lifecycle == "AVAILABLE"
        code = "" if good else f"attachment-{point.lifecycle.lower()}"
        hint = "" if good else "aws fsx describe-s3-access-point-attachments shows when it is AVAILABLE"
        yield Check("access point", "attachment", "pass" if good else "fail", words, hint, code)
        yield _policy(point.policy)
    elif listed is not None and listed.ok:
        yield Check(
            "access point", "attachment", "warn", f"no attachment of FSx in {evidence.aws.region} is {evidence.bucket}",
            "a plain bucket has none; check the alias for typing errors, the region and the account", "no-attachment",
            "possible",
        )  # fmt: skip
    else:
        yield _answered("access point", "attachment", listed, "AWS could not be asked", softly=True)
    for line in evidence.aws.unknown:
        yield Check("access point", "not seen", "skip", line, "fsx:Describe* and s3:GetAccessPoint* show more")
    if evidence.aws.listed is not None and evidence.aws.listed.ok:
        yield Check("access point", "data answers", "pass", evidence.aws.listed.said)


def _policy(text: str | None) -> Check:
    if text is None:
        return Check("access point", "policy", "skip", "not read", "s3:GetAccessPointPolicy shows it")
    if '"Deny"' in text:
        hint = "an Allow in it restricts nobody; only a Deny does"
        return Check("access point", "policy", "warn", "it has a Deny", hint, "policy-with-deny", "possible")
    return Check("access point", "policy", "pass", "it denies nothing" if text else "there is none, which is sound")


def network(evidence: Evidence) -> Iterator[Check]:
    if not evidence.bucket:
        yield Check("network origin", "way to S3", "skip", "no access point was named", S3_FIRST)
        return
    yield _answered("network origin", "name", evidence.aws.resolved, "no region, so no host")
    yield _answered("network origin", "connection", evidence.aws.connected, "its host has no address")
    point = evidence.aws.point
    if point is not None and point.vpc:
        detail = f"the access point answers only in {point.vpc}"
        # AWS's own services come from no VPC of ours, and the origin of an access point cannot be changed.
        if evidence.by_services:
            yield Check("network origin", "origin", "fail", detail, "make one of Internet origin", "vpc-origin")
        else:
            hint = "from elsewhere it stays silent or denies"
            yield Check("network origin", "origin", "warn", detail, hint, "vpc-origin")
        wrong = evidence.aws.endpoints
        seen = wrong is None or wrong.ok or wrong.code in ("no-endpoint", "no-route-table")
        yield _answered("network origin", f"S3 endpoints of {point.vpc}", wrong, softly=not seen)
    elif point is not None:
        yield Check("network origin", "origin", "pass", "Internet")


def identity(evidence: Evidence) -> Iterator[Check]:
    point = evidence.aws.point
    if point is None or not point.user:
        hint = S3_FIRST if not evidence.bucket else "fsx:DescribeS3AccessPointAttachments shows whom it acts as"
        yield Check("file-system identity", "whom requests act as", "skip", "not known", hint)
    elif any(mark in point.user for mark in "\\@"):
        yield Check(
            "file-system identity", "whom requests act as", "fail", f"{point.identity} user {point.user}",
            "the name must have no domain: such an access point is made and never works; make another",
            "domain-prefix",
        )  # fmt: skip
    elif point.user.lower() in ("root", "administrator"):
        detail = f"{point.identity} user {point.user}, whom the volume refuses nothing"
        hint = "a user with read permission alone is enough for pipelines"
        yield Check("file-system identity", "whom requests act as", "warn", detail, hint, "privileged-user")
    else:
        detail = f"everybody who comes through it is {point.identity} user {point.user}"
        yield Check("file-system identity", "whom requests act as", "pass", detail)


def directory(evidence: Evidence) -> Iterator[Check]:
    facts = evidence.ontap
    if facts.joined is None:
        asked = facts.services
        if asked is not None and not asked.ok:
            yield _answered("Active Directory", "domain", asked, softly=True)
        else:
            yield Check("Active Directory", "domain", "skip", "ONTAP was not asked", ONTAP_FIRST)
    elif not facts.joined:
        yield Check("Active Directory", "domain", "pass", "the SVM is in no domain, so none is needed")
    elif facts.controllers is None:
        detail = f"ONTAP lists no controller of {facts.domain}: discovery may not have run yet"
        yield Check("Active Directory", "domain controllers", "skip", detail, "try again in some minutes")
    elif facts.controllers:
        detail = f"{facts.controllers} domain controllers of {facts.domain} answer"
        yield Check("Active Directory", "domain controllers", "pass", detail)
    else:
        yield Check(
            "Active Directory", "domain controllers", "fail", f"none of {facts.domain} answers",
            "every request through an access point of this SVM is denied, UNIX users' too: open 53, 88, 389, 445, 464, "
            "and check the SVM's DNS servers", "no-domain-controller",
        )  # fmt: skip


def ontap(evidence: Evidence) -> Iterator[Check]:
    facts = evidence.ontap
    if not facts.endpoint:
        yield Check("ONTAP", "management endpoint", "skip", "none was named", ONTAP_FIRST)
        return
    yield _answered("ONTAP", "connection", facts.connected)
    yield _answered("ONTAP", "sign-in", facts.signed_in, "no connection to sign in on")
    if facts.signed_in is None or not facts.signed_in.ok:
        return
    if facts.release:
        old = _version(facts.release) < (9, 11)
        hint = "permissions are read by an API that 9.11.1 and later have whole" if old else ""
        yield Check("ONTAP", "release", "warn" if old else "pass", f"ONTAP {facts.release}", hint, "old" if old else "")
    else:
        yield Check("ONTAP", "release", "skip", "this account may not see the cluster", "an SVM's account is enough")
    if facts.role in PRIVILEGED:
        hint = "fsxadmin-readonly, or an account with the role readonly, is enough for audits"
        yield Check("ONTAP", "role", "warn", f"the account is {facts.role}, which may change everything", hint,
                    "privileged-account")  # fmt: skip
    elif facts.role:
        yield Check("ONTAP", "role", "pass", facts.role)
    else:
        yield Check("ONTAP", "role", "skip", "this account may not see its own role", "a read-only one is right")
    if facts.took is not None:
        rate = min(facts.workers, MOST_AT_ONCE) * 1000 // max(facts.took, 1)
        detail = f"one answer took {facts.took} ms: about {rate} a second with {facts.workers} workers"
        yield Check("ONTAP", "rate", "pass", detail, certainty="possible")
    if facts.svms is not None and facts.svm and facts.svm not in facts.svms:
        detail = f"there is no SVM {facts.svm}; there are: {', '.join(facts.svms[:10]) or 'none this account may see'}"
        yield Check("ONTAP", "SVM", "fail", detail, "name one of them with --svm", "no-such-svm")
    elif facts.svms is not None:
        yield Check("ONTAP", "SVM", "pass", ", ".join(facts.svms[:10]) or "none this account may see")
    if facts.native_s3:
        yield Check(
            "ONTAP", "S3 server", "warn", "the SVM has an S3 server of its own",
            "no access point can be attached to its volumes; attachments end as FAILED", "native-s3",
        )  # fmt: skip


def services(evidence: Evidence) -> Iterator[Check]:
    if not evidence.aws.services:
        yield Check("services", "in the region", "skip", "no region, or the use case calls none", "name --use-case")
    for name, known in sorted(evidence.aws.services.items()):
        if known.status == "yes":
            yield Check("services", name, "pass", known.said, certainty="likely")
        elif known.status == "no":
            yield Check("services", name, "fail", known.said, ELSEWHERE, "no-service-in-region", "likely")
        elif known.status == "differ":
            yield Check("services", name, "warn", known.said, ELSEWHERE, "sources-differ", "possible")
        else:
            yield Check("services", name, "skip", known.said, "a first call tells; docs/regions.md says what is known")
    if evidence.aws.model is not None:
        yield _answered("services", "model", evidence.aws.model)


def quotas(evidence: Evidence) -> Iterator[Check]:
    if not evidence.aws.quotas:
        yield Check("quotas", "service quotas", "skip", "not asked", "name --use-case")
    for name, answer in sorted(evidence.aws.quotas.items()):
        yield _answered("quotas", name, answer, softly=answer.code != "no-quota")


def _answered(
    layer: str, check: str, answer: Answer | None, unasked: str = "not asked", *, softly: bool = False
) -> Check:
    """`softly` for what is only looked at: without the permission it is a skip, not a failure."""
    if answer is None:
        return Check(layer, check, "skip", unasked)
    if answer.ok:
        return Check(layer, check, "pass", answer.said)
    return Check(layer, check, "skip" if softly else "fail", answer.said, answer.hint, answer.code)


def _version(release: str) -> tuple[int, int]:
    parts = release.split(".")
    digits = ["".join(filter(str.isdigit, part)) for part in parts[:2]]
    return (int(digits[0] or 0), int(digits[1] or 0)) if len(digits) == 2 else (0, 0)


PARTS: tuple[Callable[[Evidence], Iterator[Check]], ...] = (
    environment,
    credentials,
    iam,
    access_point,
    network,
    identity,
    directory,
    ontap,
    services,
    quotas,
)
