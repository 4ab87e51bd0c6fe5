"""IAM in LocalStack, which asks nobody: what a role's own policies do not allow is refused to whoever has assumed it.

Judged by the simulator of the tests, on the policies as deployed. Not seen here: what S3 asks of KMS, and services that
LocalStack lacks. Logs are not judged: LocalStack writes them itself, into a group of another name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from benchmarks.prove.places import BUCKET, RECORDS
from tests.unit.deploy.permissions import allowed

ROLES: dict[str, tuple[str, str]] = {}
"""By access key: account and name of the role that it was given to."""
S3 = {
    **dict.fromkeys(("ListObjectsV2", "HeadBucket"), "s3:ListBucket"),
    **dict.fromkeys(("GetObject", "HeadObject"), "s3:GetObject"),
    **dict.fromkeys(("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"), "s3:PutObject"),
}
"""Operation → action, where it is not of the same name."""
ELSEWHERE = {
    "secretsmanager": ("secretsmanager", "SecretId"),
    "sns": ("sns", "TopicArn"),
    "stepfunctions": ("states", "stateMachineArn"),
    "lambda": ("lambda", "FunctionName"),
}
"""Service → prefix of its actions, and the member of a request that names the resource."""


def asked(service: str, operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Action, resource and context of a request."""
    if service == "s3":
        point = params["Bucket"] == BUCKET
        place = RECORDS if point else f"arn:aws:s3:::{params['Bucket']}"
        if "Key" in params:
            place += f"/object/{params['Key']}" if point else f"/{params['Key']}"
        yield S3.get(operation, f"s3:{operation}"), place, {}
    elif service == "cloudwatch":
        yield f"cloudwatch:{operation}", "*", {"cloudwatch:namespace": params["Namespace"]}
    elif service != "logs":
        prefix, member = ELSEWHERE[service]
        yield f"{prefix}:{'InvokeFunction' if operation == 'Invoke' else operation}", params[member], {}


def enforce(_chain: Any, context: Any, _response: Any) -> None:
    role = ROLES.get(extract_access_key_id_from_auth_header(context.request.headers) or "")
    if role is None or context.service_request is None:
        return
    for action, resource, about in asked(context.service.service_name, context.operation.name, context.service_request):
        if not allowed(_policy(*role), action, resource, about):
            told = f"User: {role[1]} is not authorized to perform: {action} on resource: {resource}"
            code = "AccessDenied" if context.service.service_name == "s3" else "AccessDeniedException"
            raise CommonServiceException(code, told, 403, True)


def remember(_chain: Any, context: Any, _response: Any) -> None:
    if context.operation is not None and context.operation.name == "AssumeRole" and context.service_response:
        account, _, name = context.service_request["RoleArn"].removeprefix("arn:aws:iam::").partition(":role/")
        ROLES[context.service_response["Credentials"]["AccessKeyId"]] = (account, name)


def _policy(account: str, name: str) -> list[dict[str, Any]]:
    from moto.iam import iam_backends

    documents = iam_backends[account]["aws"].get_role(name).policies.values()
    return [row for document in documents for row in json.loads(document)["Statement"]]


def install() -> None:
    handlers.serve_custom_service_request_handlers.append(enforce)
    handlers.run_custom_response_handlers.append(remember)
