"""Turns a footprint's grants into the IAM statements of each function, with CloudFormation's references in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fsxap.engine.types import Footprint, Grant, Params, UseCase

Statement = dict[str, Any]

ON_THE_PLACE = frozenset(
    ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation", "s3:ListBucketVersions")
)
"""S3 actions whose resource is the access point or bucket; all others are about its objects."""

IN_STATE = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
"""What every function does with objects of the state bucket."""


def sub(text: str) -> Mapping[str, str]:
    return {"Fn::Sub": text}


def arn(resource: str) -> Mapping[str, str]:
    """An ARN of this account and region; `resource` begins with the service."""
    service, _, rest = resource.partition(":")
    return sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{rest}")


def allow(actions: tuple[str, ...] | list[str], *resources: Any, sid: str = "") -> Statement:
    row: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {"Sid": sid, **row} if sid else row


def uses(use_case: UseCase, place: str) -> bool:
    """Whether a grant names `source` or `sink`."""
    return any(place in grant.resources for grant in use_case.footprint.grants)


def statements(use_case: UseCase, stage: str, params: Params) -> list[Statement]:
    """What the function of one stage may do with these parameters, besides what a template says of VPC, secrets' keys
    and models."""
    found = [*_state(), *_logs(stage)]
    for grant in _granted(use_case, stage, params):
        found += _translated(grant, use_case, params)
    if use_case.seal is not None:
        found.append(allow(["secretsmanager:GetSecretValue"], {"Ref": "KeySecretArn"}, sid="Key"))
    if stage == "summarise" and by_athena(use_case):
        found += _athena()
    return found


def by_athena(use_case: UseCase) -> bool:
    """SQL runs in Athena, unless the use case brings its own engine in its zip."""
    return "sql" in use_case.engines and "duckdb" not in use_case.footprint.packages


def _granted(use_case: UseCase, stage: str, params: Params) -> Iterator[Grant]:
    """Process gets the footprint as it is; the others the part that is theirs."""
    footprint: Footprint = use_case.footprint
    for grant in footprint.grants:
        if not grant.when(params):
            continue
        if stage == "process":
            yield grant
        elif stage == "discover" and set(grant.resources) <= {"source", "secret"}:
            # Listing the source is all that discovery does where the use case has none of its own.
            lists_only = use_case.discover is None and "source" in grant.resources
            actions = tuple(name for name in grant.actions if not lists_only or name in ON_THE_PLACE)
            if actions:
                yield Grant(actions, grant.resources)
        elif stage == "summarise" and set(grant.resources) <= {"sink", "state", "secret"}:
            yield grant


def _translated(grant: Grant, use_case: UseCase, params: Params) -> Iterator[Statement]:
    for resource in grant.resources:
        if resource in ("source", "sink"):
            yield from _on_access_point(grant.actions, resource, use_case.name)
        elif resource == "state":
            if more := [name for name in grant.actions if name not in IN_STATE]:
                yield allow(more, sub("${StateBucket.Arn}/*"))
        elif resource == "secret":
            yield allow(list(grant.actions), {"Ref": "OntapSecretArn"}, sid="OntapSecret")
        elif resource.startswith("parameter:"):
            yield allow(list(grant.actions), str(params[resource.partition(":")[2]]))
        else:
            yield allow(list(grant.actions), sub(resource) if "${" in resource else resource)


def _on_access_point(actions: tuple[str, ...], place: str, name: str) -> Iterator[Statement]:
    """Access-point ARNs only: an alias written as a bucket is not recognised in policies."""
    listing = [action for action in actions if action in ON_THE_PLACE]
    objects = [action for action in actions if action not in ON_THE_PLACE]
    if "s3:PutObject" in objects:
        objects.append("s3:AbortMultipartUpload")
    point: Any = {"Ref": "SourceArn"}
    below: Any = sub("${SourceArn}/object/${SourcePrefix}*")
    if place == "sink":
        point = {"Fn::If": ["HasOutput", {"Ref": "OutputArn"}, point]}
        inside = sub(f"${{SourceArn}}/object/${{SourcePrefix}}_fsxap/{name}/*")
        below = {"Fn::If": ["HasOutput", sub("${OutputArn}/object/${OutputPrefix}*"), inside]}
    if listing:
        yield allow(listing, point)
    if objects:
        yield allow(objects, below)


def _state() -> Iterator[Statement]:
    yield allow(["s3:ListBucket"], sub("${StateBucket.Arn}"), sid="StateList")
    yield allow(IN_STATE, sub("${StateBucket.Arn}/*"), sid="State")
    yield allow(["kms:Decrypt", "kms:GenerateDataKey"], sub("${StateKey.Arn}"), sid="StateKey")


def _logs(stage: str) -> Iterator[Statement]:
    group = f"${{{stage.capitalize()}Logs.Arn}}"
    yield allow(["logs:CreateLogStream", "logs:PutLogEvents"], sub(group), sid="Logs")


def _athena() -> Iterator[Statement]:
    work = (
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:StopQueryExecution",
    )
    yield allow(work, arn("athena:workgroup/${SqlWorkGroup}"), sid="Athena")
    catalog, database = arn("glue:catalog"), arn("glue:database/${AthenaDatabase}")
    tables = arn("glue:table/${AthenaDatabase}/*")
    made = ["glue:GetTable", "glue:GetTables", "glue:CreateTable", "glue:DeleteTable", "glue:GetPartitions"]
    yield allow(["glue:GetDatabase", "glue:CreateDatabase"], catalog, database, sid="GlueDatabase")
    yield allow(made, catalog, database, tables, sid="GlueTables")
    place = ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
    yield allow(place, sub("${StateBucket.Arn}"), sid="AthenaPlace")
    yield allow(["s3:ListMultipartUploadParts"], sub("${StateBucket.Arn}/athena/*"), sid="AthenaParts")
