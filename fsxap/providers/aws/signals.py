"""How failures of AWS show themselves, what each means here and what to do: one table, read by translation and doctor.

Sources: AWS's error references, and published measurements of access points on FSx for ONTAP volumes.
"""

from __future__ import annotations

from dataclasses import dataclass

from fsxap import errors


@dataclass(frozen=True, slots=True)
class Signal:
    """How one kind of failure is known, and what it means.

    `names` are service error codes, HTTP statuses or exception classes, separated by spaces; `says` is a phrase of the
    message in lower case, or the name of a field beside it; `operation` are API calls. Empty means any. `layer` is
    where to look.
    """

    names: str
    error: type[errors.FsxapError]
    code: str
    layer: str
    hint: str
    says: str = ""
    operation: str = ""


_DENIED = "AccessDenied AccessDeniedException UnauthorizedOperation Forbidden 403"
_CLOCK = "set this machine's clock; AWS accepts a few minutes of difference"
_LOGIN = "sign in again: aws sso login, or aws login, with --profile when you use one"
_NETWORK = (
    "check the network: an Internet-origin access point needs a way out, a VPC-origin one an S3 endpoint "
    "in its own VPC whose route table this subnet uses"
)
_LATER = (
    "try again later; after a change of throughput capacity, during maintenance or while the attachment is "
    "MISCONFIGURED an FSx access point can stay away for more than half an hour"
)

# The first row that fits wins, so rows with a phrase or an operation stand before the plain ones.
# fmt: off
SIGNALS: tuple[Signal, ...] = (
    Signal(_DENIED,
           errors.AccessDenied, "explicit-deny", "access point policy or network origin",
           says="explicit deny in a resource-based policy",
           hint="look for a Deny in the access point's policy; if the access point has a VPC origin, the same words "
                "mean that the request did not come through an endpoint in that VPC (check where DNS leads)"),
    Signal(_DENIED, errors.AccessDenied, "organization-policy", "IAM", says="control policy",
           hint="an organization's service or resource control policy denies this; its administrator has to allow it"),
    Signal(_DENIED, errors.AccessDenied, "endpoint-policy", "network origin", says="vpc endpoint policy",
           hint="the policy of the VPC endpoint does not allow the access point; name its ARN and objects there"),
    Signal(_DENIED, errors.AccessDenied, "identity-policy", "IAM", says="no identity-based policy allows",
           hint="allow the action in the identity's policy on the access point's ARN "
                "(arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME and .../object/*); a policy that names the alias grants "
                "nothing"),
    Signal(_DENIED, errors.AccessDenied, "identity-policy", "IAM", says="permissions boundary",
           hint="the permissions boundary of this user or role does not cover the action"),
    Signal(_DENIED, errors.AccessDenied, "identity-policy", "IAM", says="session policy",
           hint="the policy the session was started with does not cover the action"),
    Signal(_DENIED, errors.AccessDenied, "identity-policy", "IAM", says="explicit deny",
           hint="a policy of this user or role denies the action"),
    Signal(_DENIED, errors.AccessDenied, "model-access", "AI services", says="access to the model",
           hint="request access to the model in the Bedrock console of this region"),
    Signal(_DENIED, errors.AccessDenied, "bucket-denied", "IAM", operation="HeadBucket",
           hint="the identity may not even see the access point: allow s3:ListBucket on its ARN, and look for "
                "control policies"),
    Signal(_DENIED, errors.AccessDenied, "write-denied", "file-system identity",
           operation="PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload DeleteObject",
           hint="AWS may have allowed it and the volume refused: the access point's file-system user needs write "
                "permission there, an AD-joined SVM needs a reachable domain controller, and SnapLock refuses to "
                "change committed files"),
    Signal("AccessDenied Forbidden 403", errors.AccessDenied, "access-denied", "IAM or file-system identity",
           hint="if HeadBucket succeeds the volume refused: the access point's file-system user needs permission on "
                "the file, and an AD-joined SVM a reachable domain controller; if not, allow the access point's ARN "
                "in IAM"),
    Signal(_DENIED, errors.AccessDenied, "access-denied", "IAM",
           hint="allow this action for the identity that runs fsxap"),
    Signal("OptInRequired SubscriptionRequiredException", errors.AccessDenied, "not-subscribed", "IAM",
           hint="the account has not enabled this service or region"),
    Signal("SignatureDoesNotMatch InvalidSignatureException",
           errors.ConfigurationError, "clock", "environment", says="signature expired", hint=_CLOCK),
    Signal("SignatureDoesNotMatch InvalidSignatureException",
           errors.ConfigurationError, "clock", "environment", says="not yet current", hint=_CLOCK),
    Signal("RequestTimeTooSkewed RequestExpired", errors.ConfigurationError, "clock", "environment", hint=_CLOCK),
    Signal("SignatureDoesNotMatch InvalidSignatureException", errors.Unauthenticated, "bad-signature", "credentials",
           hint="the secret key does not belong to the access key, or a proxy changed the request; behind a proxy or "
                "with presigned URLs use the regional endpoint and signature version 4"),
    Signal("ExpiredToken ExpiredTokenException TokenRefreshRequired",
           errors.Unauthenticated, "expired-token", "credentials", hint=_LOGIN),
    Signal("InvalidAccessKeyId InvalidClientTokenId UnrecognizedClientException InvalidToken AuthFailure",
           errors.Unauthenticated, "bad-credentials", "credentials",
           hint="these keys are unknown, deleted or of another partition; check the profile, and that temporary keys "
                "come with their session token"),
    Signal("NoSuchBucket NoSuchAccessPoint InvalidAccessPointAliasError",
           errors.ConfigurationError, "no-such-bucket", "access point",
           hint="check the alias for typing errors and the region; aws fsx describe-s3-access-point-attachments "
                "lists them, and a recreated access point has a new alias"),
    Signal("InvalidBucketName", errors.ConfigurationError, "bad-bucket-name", "access point",
           hint="give a bucket, an alias ending in -ext-s3alias, or an access-point ARN; some services take no "
                "access point"),
    Signal("PermanentRedirect 301 AuthorizationHeaderMalformed IllegalLocationConstraintException",
           errors.ConfigurationError, "wrong-region", "access point",
           hint="name the access point's own region with --region"),
    Signal("TemporaryRedirect 307", errors.ConfigurationError, "https-only", "access point",
           hint="access points answer over HTTPS only; take an https:// endpoint"),
    Signal("NoSuchKey", errors.ServiceError, "not-supported", "feature", operation="UploadPartCopy",
           hint="access points on FSx volumes answer so to UploadPartCopy; download and upload instead"),
    Signal("NoSuchUpload", errors.ServiceError, "no-such-upload", "data plane",
           hint="the upload was aborted or finished by somebody else; write the object again"),
    Signal("NoSuchKey NotFound 404 ResourceNotFoundException", errors.NotFound, "not-found", "data",
           hint="files may be renamed or deleted over NFS and SMB between listing and reading; list again"),
    Signal("SlowDown TooManyRequests 429", errors.Throttled, "slow-down", "throughput",
           hint="use fewer --workers; NFS and SMB users share the file system's throughput capacity"),
    Signal("Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException "
           "RequestLimitExceeded TooManyRequestsException ProvisionedThroughputExceededException "
           "BandwidthLimitExceeded LimitExceededException TransactionInProgressException "
           "PriorRequestNotComplete EC2ThrottledException ModelNotReadyException",
           errors.Throttled, "throttled", "quotas",
           hint="use fewer --workers, or ask for a higher quota of this service in this region"),
    Signal("ServiceQuotaExceededException TooManyAccessPoints", errors.ServiceError, "quota", "quotas",
           hint="ask for a higher quota of this service in this region"),
    Signal("ServiceUnavailable ServiceUnavailableException InternalError InternalFailure InternalServerError "
           "InternalServerException 500 502 503 504", errors.Unavailable, "service-unavailable", "data plane",
           hint=_LATER),
    Signal("RequestTimeout RequestTimeoutException ModelTimeoutException 408",
           errors.Unavailable, "timeout", "data plane",
           hint="the answer took too long; try again, with fewer --workers"),
    Signal("BadDigest IncompleteBody XAmzContentSHA256Mismatch FlexibleChecksumError ChecksumError",
           errors.Unavailable, "corrupted", "network",
           hint="what arrived is not what was sent; try again, and look for a proxy that changes requests"),
    Signal("NotImplemented MethodNotAllowed 501 405", errors.ServiceError, "not-implemented", "feature",
           hint="access points on FSx volumes have no conditional writes, versions, ACLs, annotations or "
                "notifications"),
    Signal("EntityTooLarge", errors.ItemError, "too-large", "size", says="maxsizeallowed",
           hint="one request carries at most 5 GiB; larger objects go in parts"),
    Signal("EntityTooLarge", errors.ItemError, "too-large", "size",
           hint="an object on an FSx access point has at most 50 GiB, which is noticed only after all of it was sent"),
    Signal("KeyTooLongError", errors.ItemError, "name-too-long", "size",
           hint="a key has at most 1,024 bytes, and each of its path segments 255 characters"),
    Signal("InvalidRange 416", errors.ItemError, "range", "data",
           hint="the file became shorter while it was read; list again"),
    Signal("PreconditionFailed 412", errors.ItemError, "changed", "data",
           hint="the file changed while it was read; run again"),
    Signal("MalformedPolicy MalformedPolicyDocument",
           errors.ConfigurationError, "malformed-policy", "access point policy",
           hint="the action at fault is not named: try them one by one (s3:ListObjectsV2 and s3:HeadBucket are no "
                "actions); a policy has at most 20 KB after normalization, and its principals must exist"),
    Signal("ResourceNotReadyException", errors.ConfigurationError, "model-not-running", "AI services",
           hint="start the model first: aws rekognition start-project-version; it costs by the hour until stopped"),
    Signal("InvalidS3ObjectException", errors.ServiceError, "service-cannot-read", "AI services",
           hint="this service cannot read an access point itself: send the bytes, or stage the object in a standard "
                "bucket"),
    Signal("ValidationException",
           errors.ConfigurationError, "model-needs-profile", "AI services", says="on-demand throughput",
           hint="name an inference profile (global., us., eu., apac., jp. or au. before the model id) instead of the "
                "model"),
    Signal("ProfileNotFound", errors.ConfigurationError, "no-profile", "credentials",
           hint="aws configure list-profiles shows what there is"),
    Signal("NoCredentialsError NoAuthTokenError", errors.ConfigurationError, "no-credentials", "credentials",
           hint="set AWS_PROFILE or --profile, or sign in: aws configure sso, aws login"),
    Signal("SSOError TokenRetrievalError LoginError UnauthorizedException",
           errors.ConfigurationError, "expired-login", "credentials", hint=_LOGIN),
    Signal("PartialCredentialsError CredentialRetrievalError MetadataRetrievalError UnknownCredentialError",
           errors.ConfigurationError, "bad-credentials", "credentials",
           hint="check the profile's settings: aws sts get-caller-identity shows what is wrong with them"),
    Signal("NoRegionError InvalidRegionError UnknownRegionError", errors.ConfigurationError, "no-region", "environment",
           hint="name one with --region, AWS_REGION or the profile"),
    Signal("ConfigParseError ConfigNotFound InvalidConfigError",
           errors.ConfigurationError, "bad-aws-config", "environment",
           hint="check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE (~/.aws/config, ~/.aws/credentials)"),
    Signal("UnsupportedS3ArnError UnsupportedS3AccesspointConfigurationError UnsupportedS3ConfigurationError",
           errors.ConfigurationError, "unusable-arn", "access point",
           hint="an access-point ARN needs AWS's own endpoints; with --endpoint-url or path style give the alias"),
    Signal("SSLError", errors.Unreachable, "certificate", "network", says="no such file",
           hint="AWS_CA_BUNDLE (or ca_bundle of the profile) names a file that is not there"),
    Signal("SSLError", errors.Unreachable, "certificate", "network",
           hint="name the authority's certificates with AWS_CA_BUNDLE; behind an inspecting proxy that is the proxy's"),
    Signal("ProxyConnectionError", errors.Unreachable, "proxy", "network", hint="check HTTPS_PROXY and NO_PROXY"),
    Signal("EndpointConnectionError NameResolutionError", errors.Unreachable, "dns", "network", says="resolve",
           hint="check the region and the alias, that this service exists in the region, and this machine's DNS"),
    Signal("EndpointConnectionError ConnectTimeoutError ConnectionRefusedError",
           errors.Unreachable, "unreachable", "network", hint=_NETWORK),
    Signal("ReadTimeoutError TimeoutError", errors.Unavailable, "timeout", "network or data plane",
           hint="no answer in time, which is also how a missing route or a denied identity may look; " + _LATER),
    Signal("IncompleteReadError ResponseStreamingError ProtocolError IncompleteRead",
           errors.Unavailable, "cut-off", "data plane",
           hint="the connection broke in the middle of the answer; try again"),
    Signal("ConnectionClosedError HTTPClientError ConnectionError HTTPError HTTPException",
           errors.Unavailable, "connection-lost", "data plane", hint=_LATER),
    Signal("ResponseParserError", errors.Unavailable, "not-s3", "network",
           hint="something else answered, perhaps a proxy's or a portal's page; check the endpoint and HTTPS_PROXY"),
)
# fmt: on
