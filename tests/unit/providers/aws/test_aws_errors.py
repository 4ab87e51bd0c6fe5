"""Every failure AWS is known to show becomes an error with a stable code and a way out."""

from __future__ import annotations

import dataclasses
import ssl
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3 import exceptions as transport

from fsxap import errors
from fsxap.providers.aws.errors import recognise, translate, translated
from fsxap.providers.aws.signals import SIGNALS, Signal

USER = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: s3:GetObject on resource: x"


def answer(code: str, message: str = "", operation: str = "GetObject", status: int = 400, **fields: str) -> Any:
    return boto.ClientError(
        {
            "Error": {"Code": code, "Message": message, **fields},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "R1"},
        },
        operation,
    )


def cause(text: str) -> Exception:
    return transport.NewConnectionError(None, text)  # type: ignore[arg-type]


URL = "https://x-ext-s3alias.s3.us-east-1.amazonaws.com/"

CASES: list[tuple[Exception, type[errors.FsxapError], str, str]] = [
    (
        answer("AccessDenied", f"{USER} with an explicit deny in a resource-based policy", status=403),
        errors.AccessDenied,
        "explicit-deny",
        "VPC origin",
    ),
    (
        answer("AccessDenied", f"{USER} because no identity-based policy allows the s3:GetObject action", status=403),
        errors.AccessDenied,
        "identity-policy",
        "alias grants nothing",
    ),
    (
        answer("AccessDenied", f"{USER} with an explicit deny in a service control policy", status=403),
        errors.AccessDenied,
        "organization-policy",
        "control policy",
    ),
    (
        answer("AccessDenied", f"{USER} because no VPC endpoint policy allows it", status=403),
        errors.AccessDenied,
        "endpoint-policy",
        "VPC endpoint",
    ),
    (
        answer("AccessDenied", f"{USER} with an explicit deny in an identity-based policy", status=403),
        errors.AccessDenied,
        "identity-policy",
        "denies",
    ),
    (answer("AccessDenied", "Access Denied", status=403), errors.AccessDenied, "access-denied", "HeadBucket succeeds"),
    (answer("403", "Forbidden", "HeadObject", 403), errors.AccessDenied, "access-denied", "HeadBucket succeeds"),
    (answer("403", "Forbidden", "HeadBucket", 403), errors.AccessDenied, "bucket-denied", "ARN"),
    (answer("AccessDenied", "Access Denied", "PutObject", 403), errors.AccessDenied, "write-denied", "SnapLock"),
    (
        answer("ResourceNotReadyException", "no", "DetectCustomLabels"),
        errors.ConfigurationError,
        "model-not-running",
        "start the model",
    ),
    (answer("AccessDeniedException", "no", "DetectPHI"), errors.AccessDenied, "access-denied", "allow this action"),
    (
        answer("AccessDeniedException", "You don't have access to the model with the specified model ID.", "Converse"),
        errors.AccessDenied,
        "model-access",
        "Bedrock console",
    ),
    (answer("NoSuchBucket", "no", status=404), errors.ConfigurationError, "no-such-bucket", "alias"),
    (answer("PermanentRedirect", "go", status=301), errors.ConfigurationError, "wrong-region", "--region"),
    (answer("301", "Moved Permanently", "HeadBucket", 301), errors.ConfigurationError, "wrong-region", "--region"),
    (answer("AuthorizationHeaderMalformed", "r", status=400), errors.ConfigurationError, "wrong-region", "--region"),
    (answer("307", "Temporary Redirect", status=307), errors.ConfigurationError, "https-only", "https://"),
    (answer("InvalidBucketName", "bad"), errors.ConfigurationError, "bad-bucket-name", "alias"),
    (answer("ServiceUnavailable", "no", status=503), errors.Unavailable, "service-unavailable", "MISCONFIGURED"),
    (answer("InternalError", "no", status=500), errors.Unavailable, "service-unavailable", "throughput"),
    (answer("SlowDown", "slow", status=503), errors.Throttled, "slow-down", "--workers"),
    (answer("ThrottlingException", "slow"), errors.Throttled, "throttled", "quota"),
    (answer("ProvisionedThroughputExceededException", "slow"), errors.Throttled, "throttled", "quota"),
    (answer("TooManyRequestsException", "slow", status=429), errors.Throttled, "throttled", "quota"),
    (answer("LimitExceededException", "slow"), errors.Throttled, "throttled", "quota"),
    (answer("ServiceQuotaExceededException", "no"), errors.ServiceError, "quota", "quota"),
    (answer("NotImplemented", "A header", "PutObject", 501), errors.ServiceError, "not-implemented", "conditional"),
    (answer("EntityTooLarge", "big", MaxSizeAllowed="5368709120"), errors.ItemError, "too-large", "5 GiB"),
    (answer("EntityTooLarge", "big", "CompleteMultipartUpload"), errors.ItemError, "too-large", "50 GiB"),
    (answer("NoSuchKey", "no", "UploadPartCopy", 404), errors.ServiceError, "not-supported", "UploadPartCopy"),
    (answer("NoSuchKey", "no", status=404), errors.NotFound, "not-found", "renamed"),
    (answer("404", "Not Found", "HeadObject", 404), errors.NotFound, "not-found", "renamed"),
    (answer("NoSuchUpload", "no", status=404), errors.ServiceError, "no-such-upload", "again"),
    (answer("KeyTooLongError", "long"), errors.ItemError, "name-too-long", "1,024"),
    (answer("InvalidRange", "no", status=416), errors.ItemError, "range", "shorter"),
    (answer("BadDigest", "no"), errors.Unavailable, "corrupted", "proxy"),
    (answer("MalformedPolicy", "invalid action"), errors.ConfigurationError, "malformed-policy", "20 KB"),
    (answer("InvalidS3ObjectException", "no", "DetectText"), errors.ServiceError, "service-cannot-read", "bytes"),
    (
        answer("ValidationException", "Invocation with on-demand throughput isn’t supported.", "Converse"),
        errors.ConfigurationError,
        "model-needs-profile",
        "inference profile",
    ),
    (answer("ExpiredToken", "expired", status=400), errors.Unauthenticated, "expired-token", "aws sso login"),
    (answer("ExpiredTokenException", "expired"), errors.Unauthenticated, "expired-token", "aws sso login"),
    (answer("InvalidAccessKeyId", "unknown", status=403), errors.Unauthenticated, "bad-credentials", "session token"),
    (answer("UnrecognizedClientException", "no"), errors.Unauthenticated, "bad-credentials", "profile"),
    (answer("SignatureDoesNotMatch", "no", status=403), errors.Unauthenticated, "bad-signature", "secret key"),
    (answer("RequestTimeTooSkewed", "no", status=403), errors.ConfigurationError, "clock", "clock"),
    (
        answer("InvalidSignatureException", "Signature expired: 2026 is now earlier than 2027"),
        errors.ConfigurationError,
        "clock",
        "clock",
    ),
    (answer("OptInRequired", "no", status=403), errors.AccessDenied, "not-subscribed", "enabled"),
    (boto.NoCredentialsError(), errors.ConfigurationError, "no-credentials", "--profile"),
    (
        boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        errors.ConfigurationError,
        "bad-credentials",
        "get-caller-identity",
    ),
    (boto.UnauthorizedSSOTokenError(), errors.ConfigurationError, "expired-login", "aws sso login"),
    (boto.SSOTokenLoadError(error_msg="none"), errors.ConfigurationError, "expired-login", "aws sso login"),
    (
        boto.TokenRetrievalError(provider="sso", error_msg="expired"),
        errors.ConfigurationError,
        "expired-login",
        "aws sso login",
    ),
    (boto.ProfileNotFound(profile="x"), errors.ConfigurationError, "no-profile", "list-profiles"),
    (boto.NoRegionError(), errors.ConfigurationError, "no-region", "--region"),
    (boto.ConfigParseError(path="~/.aws/config"), errors.ConfigurationError, "bad-aws-config", "AWS_CONFIG_FILE"),
    (boto.UnsupportedS3ArnError(arn="arn:x", msg="no"), errors.ConfigurationError, "unusable-arn", "--endpoint-url"),
    (
        boto.SSLError(endpoint_url=URL, error="[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"),
        errors.Unreachable,
        "certificate",
        "AWS_CA_BUNDLE",
    ),
    (ssl.SSLCertVerificationError("bad"), errors.Unreachable, "certificate", "AWS_CA_BUNDLE"),
    (
        boto.SSLError(endpoint_url=URL, error="[Errno 2] No such file or directory"),
        errors.Unreachable,
        "certificate",
        "not there",
    ),
    (boto.ProxyConnectionError(proxy_url="http://p"), errors.Unreachable, "proxy", "HTTPS_PROXY"),
    (
        boto.EndpointConnectionError(
            endpoint_url=URL, error=cause("Failed to resolve 'x' (Name or service not known)")
        ),
        errors.Unreachable,
        "dns",
        "region",
    ),
    (
        boto.EndpointConnectionError(endpoint_url=URL, error=cause("Connection refused")),
        errors.Unreachable,
        "unreachable",
        "route table",
    ),
    (boto.ConnectTimeoutError(endpoint_url=URL), errors.Unreachable, "unreachable", "route table"),
    (boto.ReadTimeoutError(endpoint_url=URL), errors.Unavailable, "timeout", "missing route"),
    (TimeoutError("timed out"), errors.Unavailable, "timeout", "missing route"),
    (boto.ConnectionClosedError(endpoint_url=URL), errors.Unavailable, "connection-lost", "throughput"),
    (ConnectionResetError("reset"), errors.Unavailable, "connection-lost", "throughput"),
    (boto.ResponseStreamingError(error="broken"), errors.Unavailable, "cut-off", "again"),
    (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), errors.Unavailable, "cut-off", "again"),
    (transport.ProtocolError("broken"), errors.Unavailable, "cut-off", "again"),
    (boto.FlexibleChecksumError(error_msg="no"), errors.Unavailable, "corrupted", "proxy"),
    (ResponseParserError("no xml"), errors.Unavailable, "not-s3", "proxy"),
]


@pytest.mark.parametrize(
    ("error", "kind", "code", "hint"),
    CASES,
    ids=[f"{type(each).__name__}-{code}-{number}" for number, (each, _, code, _) in enumerate(CASES)],
)
def test_catalogue(error: Exception, kind: type[errors.FsxapError], code: str, hint: str) -> None:
    ours = translate(error, what="reading s3://b/k")
    assert type(ours) is kind
    assert ours.code == code
    assert hint in ours.hint
    assert ours.message.startswith("reading s3://b/k: ")
    assert ours.retryable == issubclass(kind, errors.Throttled | errors.Unavailable)


def test_every_row_is_reached_by_a_case_or_is_a_variant_of_one() -> None:
    reached = {id(recognise(error)) for error, _, _, _ in CASES}
    unreached = {signal.code for signal in SIGNALS if id(signal) not in reached}
    assert unreached <= {"identity-policy", "clock", "timeout", "changed"}


def test_the_table_is_frozen_and_complete() -> None:
    assert len(SIGNALS) >= 20
    for signal in SIGNALS:
        assert signal.names
        assert signal.layer
        assert signal.hint
        assert signal.says == signal.says.lower()
    with pytest.raises(dataclasses.FrozenInstanceError):
        SIGNALS[0].code = "x"  # type: ignore[misc]
    assert isinstance(SIGNALS[0], Signal)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (answer("Unheard", "of", status=403), errors.AccessDenied, "access-denied"),
        (answer("Unheard", "of", status=429), errors.Throttled, "throttled"),
        (answer("Unheard", "of", status=599), errors.Unavailable, "unavailable"),
        (answer("UnheardOfException", "of"), errors.ServiceError, "unheard-of-exception"),
        (answer("", "of", "HeadObject", 404), errors.ServiceError, "client-error"),
        (answer("", "", "HeadObject", 404), errors.NotFound, "not-found"),
        (boto.DataNotFoundError(data_path="x"), errors.ServiceError, "data-not-found-error"),
    ],
)
def test_unknown_errors_keep_their_kind(error: Exception, kind: type[errors.FsxapError], code: str) -> None:
    ours = translate(error, what="x")
    assert (type(ours), ours.code) == (kind, code)


def test_our_own_errors_pass() -> None:
    error = errors.NotFound("gone")
    assert translate(error, what="x") is error


def test_messages_name_code_status_and_request() -> None:
    ours = translate(answer("SlowDown", "Please  reduce\nyour rate.", status=503), what="listing s3://b/")
    assert ours.message == "listing s3://b/: Please reduce your rate. (SlowDown, HTTP 503, request R1)"


SECRET = "Yamada Hanako, born 1980-02-29, MRN 0012345, has been admitted with chest pain"


@pytest.mark.parametrize(
    "error",
    [
        answer("ValidationException", f"1 validation error detected: Value '{SECRET}' at 'text' failed to satisfy"),
        answer("ValidationException", f"Value 'MRN 0012345' at 'text' failed to satisfy constraint: {SECRET[:0]}"),
        answer("InvalidRequestException", f'cannot read "{SECRET}"'),
        boto.ParamValidationError(report=f"Invalid type for parameter Text, value: {SECRET}"),
        answer("Unheard", "x" * 1000 + SECRET),
    ],
)
def test_documents_are_not_quoted(error: Exception) -> None:
    ours = translate(error, what="reading")
    assert "MRN" not in ours.message
    assert len(ours.message) < 600


@pytest.mark.parametrize(
    "error",
    [
        answer("NoSuchKey", "no"),
        boto.NoRegionError(),
        transport.ReadTimeoutError(None, "x", "timed out"),  # type: ignore[arg-type]
        ConnectionResetError("reset"),
        ResponseParserError("no"),
    ],
)
def test_translated_keeps_the_cause(error: Exception) -> None:
    with pytest.raises(errors.FsxapError) as caught, translated("reading"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [ValueError("bug"), FileNotFoundError("local"), KeyError("bug")])
def test_what_is_not_of_aws_is_left_alone(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated("reading"):
        raise error
    assert caught.value is error
