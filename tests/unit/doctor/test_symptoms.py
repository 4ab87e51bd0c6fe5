"""Failure signals, as AWS and FSx show them, and the verdict each comes to: layer, code and a word of the hint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore import exceptions as boto

from fsxap.acl.site import S3AccessPoint
from fsxap.doctor import checks
from fsxap.doctor.check import LAYERS, Check, layer_of
from fsxap.doctor.evidence import Answer, AwsFacts, Evidence, OntapFacts
from fsxap.doctor.symptoms import SYMPTOMS
from fsxap.errors import FsxapError
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.probes import layer
from fsxap.providers.aws.signals import SIGNALS
from fsxap.regions import Availability

USER = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: s3:GetObject on resource: x"
DENY = f"{USER} with an explicit deny in a resource-based policy"
URL = "https://x-ext-s3alias.s3.us-east-1.amazonaws.com/"
OK = Answer(True, "passes")
POINT = S3AccessPoint("data", "arn:aws:s3:us-east-1:123456789012:accesspoint/data", "AVAILABLE", user="reader")
INSIDE = replace(POINT, vpc="vpc-1")
JOINED = OntapFacts("x", joined=True, domain="CORP.EXAMPLE", controllers=2)
ALONE = OntapFacts("x", joined=True, domain="CORP.EXAMPLE", controllers=0)
WORKGROUP = OntapFacts("x", joined=False)


def service(
    code: str, message: str = "", operation: str = "ListObjectsV2", status: int = 400, **more: str
) -> Exception:
    error: Any = {"Code": code, "Message": message, **more}
    return boto.ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)  # type: ignore[typeddict-item]


def refused(error: Exception) -> Answer:
    """As examine keeps it, through the same translation."""
    try:
        with translated("listing"):
            raise error
    except FsxapError as ours:
        return Answer(False, ours.message, ours.code, layer(ours), ours.hint)


NAKED = service("AccessDenied", "Access Denied", status=403)
HEAD_403 = refused(service("403", "", "HeadBucket", 403))
UNREACHED = boto.ConnectTimeoutError(endpoint_url=URL)


def state(name: str) -> dict[str, Any]:
    return {"point": replace(POINT, lifecycle=name)}


def acting_as(user: str) -> dict[str, Any]:
    return {"head_bucket": OK, "point": replace(POINT, identity="WINDOWS", user=user)}


# (what the listing answers, what else AWS said, what ONTAP said, layer, code, a word of the hint)
CASES: list[tuple[Exception, dict[str, Any], OntapFacts, str, str, str]] = [
    (service("AccessDenied", DENY), {"point": INSIDE}, OntapFacts(), "network origin", "vpc-origin", "where DNS leads"),
    (service("AccessDenied", DENY), {"point": POINT}, OntapFacts(), "access point", "policy-deny", "Deny"),
    (service("AccessDenied", DENY), {}, OntapFacts(), "access point", "explicit-deny", "wrong way in"),
    (service("AccessDenied", f"{USER} with an explicit deny in a service control policy"), {}, OntapFacts(), "IAM",
     "organization-policy", "administrator"),
    (service("AccessDenied", f"{USER} with an explicit deny in a resource control policy"), {}, OntapFacts(), "IAM",
     "organization-policy", "administrator"),
    (service("AccessDenied", f"{USER} because no VPC endpoint policy allows it"), {}, OntapFacts(), "network origin",
     "endpoint-policy", "endpoint's policy"),
    (service("AccessDenied", f"{USER} because no identity-based policy allows it"), {}, OntapFacts(), "IAM",
     "identity-policy", "accesspoint/NAME"),
    (service("AccessDenied", f"{USER} because no permissions boundary allows it"), {}, OntapFacts(), "IAM",
     "identity-policy", "accesspoint/NAME"),
    (service("AccessDenied", f"{USER} because no session policy allows it"), {}, OntapFacts(), "IAM",
     "identity-policy", "accesspoint/NAME"),
    (service("AccessDenied", f"{USER} with an explicit deny in an identity-based policy"), {}, OntapFacts(), "IAM",
     "identity-policy", "accesspoint/NAME"),
    (NAKED, acting_as("CORP\\reader"), JOINED, "file-system identity", "domain-prefix", "plain name"),
    (NAKED, acting_as("reader@corp.example"), ALONE, "file-system identity", "domain-prefix", "plain name"),
    (NAKED, acting_as("reader"), ALONE, "Active Directory", "no-domain-controller", "389"),
    (NAKED, acting_as("reader"), JOINED, "file-system identity", "volume-permission", "permission"),
    (NAKED, acting_as("reader"), WORKGROUP, "file-system identity", "volume-permission", "permission"),
    (NAKED, acting_as("reader"), OntapFacts(), "file-system identity", "volume-refuses", "--ontap"),
    (NAKED, {"head_bucket": HEAD_403}, OntapFacts(), "IAM", "not-allowed", "ARN"),
    (NAKED, {}, OntapFacts(), "file-system identity", "access-denied", "HeadBucket"),
    (NAKED, state("CREATING"), OntapFacts(), "access point", "attachment-creating", "AVAILABLE"),
    (NAKED, state("DELETING"), OntapFacts(), "access point", "attachment-deleting", "new alias"),
    (NAKED, state("FAILED"), OntapFacts(), "access point", "attachment-failed", "junction path"),
    (NAKED, state("MISCONFIGURED"), OntapFacts(), "access point", "attachment-misconfigured", "not mounted"),
    (UNREACHED, state("UPDATING"), OntapFacts(), "access point", "attachment-updating", "AVAILABLE"),
    (UNREACHED, {"point": INSIDE}, OntapFacts(), "network origin", "vpc-origin-outside", "own VPC"),
    (UNREACHED, {"connected": Answer(False, "silent", "unreachable"), "resolved": OK}, OntapFacts(), "network origin",
     "not-connected", "route"),
    (UNREACHED, {"resolved": Answer(False, "no address", "dns")}, OntapFacts(), "network origin", "not-resolved",
     "alias"),
    (UNREACHED, {}, OntapFacts(), "network origin", "unreachable", "S3 endpoint"),
    (boto.ReadTimeoutError(endpoint_url=URL), {"point": POINT}, OntapFacts(), "access point", "data-plane-down",
     "throughput capacity"),
    (boto.ReadTimeoutError(endpoint_url=URL), {}, OntapFacts(), "network origin", "timeout", "missing route"),
    (boto.ConnectionClosedError(endpoint_url=URL), {"point": POINT}, OntapFacts(), "access point", "data-plane-down",
     "maintenance"),
    (service("ServiceUnavailable", "x", status=503), {"point": POINT}, OntapFacts(), "access point",
     "data-plane-down", "maintenance"),
    (service("ServiceUnavailable", "x", status=503), {}, OntapFacts(), "access point", "service-unavailable", "later"),
    (service("NoSuchBucket", "x", status=404), {}, OntapFacts(), "access point", "no-such-bucket", "alias"),
    (service("PermanentRedirect", "x", status=301), {}, OntapFacts(), "access point", "wrong-region", "--region"),
    (service("TemporaryRedirect", "x", status=307), {}, OntapFacts(), "access point", "https-only", "https"),
    (service("InvalidBucketName", "x"), {}, OntapFacts(), "access point", "bad-bucket-name", "alias"),
    (service("ExpiredToken", "x"), {}, OntapFacts(), "credentials", "expired-token", "sign in"),
    (service("InvalidAccessKeyId", "x"), {}, OntapFacts(), "credentials", "bad-credentials", "profile"),
    (service("SignatureDoesNotMatch", "x"), {}, OntapFacts(), "credentials", "bad-signature", "proxy"),
    (service("SignatureDoesNotMatch", "Signature expired: x"), {}, OntapFacts(), "environment", "clock", "clock"),
    (service("RequestTimeTooSkewed", "x"), {}, OntapFacts(), "environment", "clock", "clock"),
    (service("SlowDown", "x", status=503), {}, OntapFacts(), "quotas", "slow-down", "--workers"),
    (service("ThrottlingException", "x"), {}, OntapFacts(), "quotas", "throttled", "--workers"),
    (service("ServiceQuotaExceededException", "x"), {}, OntapFacts(), "quotas", "quota", "quota"),
    (service("NotImplemented", "x", status=501), {}, OntapFacts(), "access point", "not-implemented", "conditional"),
    (service("OptInRequired", "x"), {}, OntapFacts(), "IAM", "not-subscribed", "enabled"),
    (service("MalformedPolicy", "x"), {}, OntapFacts(), "access point", "malformed-policy", "action"),
    (service("AccessDeniedException", "You don't have access to the model"), {}, OntapFacts(), "services",
     "model-access", "Bedrock"),
    (service("ValidationException", "on-demand throughput isn't supported"), {}, OntapFacts(), "services",
     "model-needs-profile", "inference profile"),
    (service("InvalidS3ObjectException", "x"), {}, OntapFacts(), "services", "service-cannot-read", "bytes"),
    (boto.NoCredentialsError(), {}, OntapFacts(), "credentials", "no-credentials", "--profile"),
    (boto.ProfileNotFound(profile="x"), {}, OntapFacts(), "credentials", "no-profile", "list-profiles"),
    (boto.SSLError(endpoint_url=URL, error="self-signed"), {}, OntapFacts(), "network origin", "certificate",
     "AWS_CA_BUNDLE"),
    (boto.ProxyConnectionError(proxy_url="http://p"), {}, OntapFacts(), "network origin", "proxy", "HTTPS_PROXY"),
]  # fmt: skip


def test_there_are_enough_signals() -> None:
    assert len(CASES) >= 40
    assert {case[4] for case in CASES} >= {s.code for s in SYMPTOMS} - {"key-vanished", "object-permission"}


@pytest.mark.parametrize(("error", "aws", "ontap", "where", "code", "hint"), CASES, ids=lambda value: str(value)[:40])
def test_verdicts(error: Exception, aws: dict[str, Any], ontap: OntapFacts, where: str, code: str, hint: str) -> None:
    evidence = Evidence("data-abc-ext-s3alias", aws=AwsFacts("us-east-1", listed=refused(error), **aws), ontap=ontap)
    verdict = checks.why(evidence)
    assert verdict is not None
    assert (verdict.layer, verdict.code, verdict.status) == (where, code, "fail")
    assert hint.lower() in verdict.hint.lower()
    assert verdict in list(checks.run(evidence))


@pytest.mark.parametrize(
    ("error", "code"),
    [(NAKED, "object-permission"), (service("NoSuchKey", "x", "GetObject", 404), "key-vanished")],
)
def test_a_key_is_explained_apart_from_its_folder(error: Exception, code: str) -> None:
    aws = AwsFacts("us-east-1", point=POINT, head_bucket=OK, listed=OK, key=refused(error))
    (verdict,) = checks.explained(Evidence("data", aws=aws, explained="a.txt"))
    assert (verdict.code, verdict.check) == (code, "reading a.txt")


def test_a_key_that_can_be_read() -> None:
    aws = AwsFacts("us-east-1", listed=OK, head_bucket=OK, key=Answer(True, "5 bytes"))
    assert [each.status for each in checks.explained(Evidence("data", aws=aws, explained="a.txt"))] == ["pass"]


def test_head_bucket_alone_is_never_health() -> None:
    found = list(checks.run(Evidence("data", aws=AwsFacts("us-east-1", head_bucket=OK))))
    assert not [check for check in found if check.check == "data answers"]
    assert [check.detail for check in found if check.layer == "IAM"] == ["HeadBucket passes, which tells of IAM only"]


def test_checks_come_in_the_order_of_the_layers() -> None:
    found = [check.layer for check in checks.run(Evidence())]
    assert found == sorted(found, key=LAYERS.index)
    assert set(found) == set(LAYERS)


def test_nothing_configured_fails_nothing() -> None:
    assert not [check for check in checks.run(Evidence()) if check.status == "fail"]


def test_every_row_of_the_table_of_failures_has_a_layer() -> None:
    assert {layer_of(signal.layer) for signal in SIGNALS} <= set(LAYERS)
    assert {symptom.layer for symptom in SYMPTOMS} <= set(LAYERS)


@pytest.mark.parametrize(
    ("evidence", "layer", "status", "code"),
    [
        (Evidence(missing_extras=("sql",)), "environment", "warn", "missing-extra"),
        (Evidence(proxy="HTTPS_PROXY"), "environment", "warn", "proxy"),
        (Evidence("data"), "environment", "fail", "no-region"),
        (Evidence(folder="/x", folder_found=Answer(False, "x", "folder")), "environment", "fail", "folder"),
        (Evidence(aws=AwsFacts(credentials=Answer(False, "x", "no-credentials"))), "credentials", "warn",
         "no-credentials"),
        (Evidence("d", aws=AwsFacts("r", credentials=Answer(False, "x", "no-credentials"))), "credentials", "fail",
         "no-credentials"),
        (Evidence("d", aws=AwsFacts("r", attachments=OK)), "access point", "warn", "no-attachment"),
        (Evidence("d", aws=AwsFacts("r", point=replace(POINT, policy='{"Effect":"Deny"}'))), "access point", "warn",
         "policy-with-deny"),
        (Evidence("d", aws=AwsFacts("r", point=replace(POINT, user="root"))), "file-system identity", "warn",
         "privileged-user"),
        (Evidence("d", aws=AwsFacts("r", point=replace(POINT, user="A\\b"))), "file-system identity", "fail",
         "domain-prefix"),
        (Evidence("d", aws=AwsFacts("r", point=INSIDE)), "network origin", "warn", "vpc-origin"),
        (Evidence("d", aws=AwsFacts("r", point=INSIDE), by_services=True), "network origin", "fail", "vpc-origin"),
        (Evidence("d", aws=AwsFacts("r", point=INSIDE, endpoints=Answer(False, "x", "no-route-table"))),
         "network origin", "fail", "no-route-table"),
        (Evidence("d", aws=AwsFacts("r", point=INSIDE, endpoints=Answer(False, "x", "access-denied"))),
         "network origin", "skip", "access-denied"),
        (Evidence(ontap=ALONE), "Active Directory", "fail", "no-domain-controller"),
        (Evidence(ontap=OntapFacts("x", signed_in=Answer(False, "x", "unauthenticated"))), "ONTAP", "fail",
         "unauthenticated"),
        (Evidence(ontap=OntapFacts("x", signed_in=OK, release="9.10.1")), "ONTAP", "warn", "old"),
        (Evidence(ontap=OntapFacts("x", signed_in=OK, svms=("a",), svm="b")), "ONTAP", "fail", "no-such-svm"),
        (Evidence(ontap=OntapFacts("x", signed_in=OK, native_s3=True)), "ONTAP", "warn", "native-s3"),
        (Evidence(ontap=OntapFacts("x", signed_in=OK, role="fsxadmin")), "ONTAP", "warn", "privileged-account"),
        (Evidence(aws=AwsFacts("r", services={"textract": Availability("no", "x")})), "services", "fail",
         "no-service-in-region"),
        (Evidence(aws=AwsFacts("r", services={"textract": Availability("differ", "x")})), "services", "warn",
         "sources-differ"),
        (Evidence(aws=AwsFacts("r", services={"s3vectors": Availability("unknown", "x")})), "services", "skip", ""),
        (Evidence(aws=AwsFacts("r", services={"x": Availability("yes", "x")}, quotas={"textract": Answer(False, "0",
         "no-quota")})), "quotas", "fail", "no-quota"),
        (Evidence(aws=AwsFacts("r", services={"x": Availability("yes", "x")}, quotas={"textract": Answer(False, "x",
         "access-denied")})), "quotas", "skip", "access-denied"),
    ],
)  # fmt: skip
def test_states(evidence: Evidence, layer: str, status: str, code: str) -> None:
    assert [check for check in checks.run(evidence) if (check.layer, check.status, check.code) == (layer, status, code)]


def test_a_record_has_the_fields_of_the_contract() -> None:
    record = Check("IAM", "x", "pass", "fine").record()
    assert {"type", "layer", "check", "status", "detail", "hint"} <= record.keys()


def test_the_rate_of_a_scan_is_bounded_by_the_endpoint() -> None:
    facts = OntapFacts("x", signed_in=OK, took=50, workers=64)
    (rate,) = (check for check in checks.run(Evidence(ontap=facts)) if check.check == "rate")
    assert rate.detail == "one answer took 50 ms: about 400 a second with 64 workers"
