"""What is checked before a stack is planned: things that CloudFormation would find late, or never."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from fsxap import regions
from fsxap.errors import ConfigurationError, FsxapError
from fsxap.model import Record
from fsxap.providers.aws.errors import translated

Client = Callable[[str], Any]


def check(layer: str, what: str, status: str, detail: str, hint: str = "") -> Record:
    return {"type": "check", "layer": layer, "check": what, "status": status, "detail": detail, "hint": hint}


def account_of(client: Client) -> str:
    with translated("asking who we are"):
        return str(client("sts").get_caller_identity()["Account"])


def arn_of_alias(client: Client) -> Callable[[str], str]:
    """Finds access points of FSx by alias; every page, since one that is missing looks like one that is not there."""

    def resolve(alias: str) -> str:
        for point in _points(client):
            made = point.get("S3AccessPoint") or {}
            if made.get("Alias") == alias:
                return str(made["ResourceARN"])
        raise ConfigurationError(
            f"FSx knows no access point with the alias {alias} in this account and region",
            code="no-access-point",
            hint="aws fsx describe-s3-access-point-attachments lists them; policies need its ARN",
        )

    return resolve


def alias_of_arn(client: Client, arn: str) -> str:
    """The alias of an access point, which services take that know buckets only."""
    found = [point["S3AccessPoint"].get("Alias", "") for point in _points(client) if _arn(point) == arn]
    if not any(found):
        raise ConfigurationError(
            f"FSx knows no access point {arn} with an alias in this account and region",
            code="no-access-point",
            hint="give it with --param SourceAlias=NAME-...-ext-s3alias",
        )
    return str(found[0])


def _arn(point: Mapping[str, Any]) -> str:
    return str((point.get("S3AccessPoint") or {}).get("ResourceARN", ""))


def prefix_list(client: Client, region: str) -> str:
    """The managed prefix list of Amazon S3, which security groups name."""
    name = f"com.amazonaws.{region}.s3"
    with translated(f"looking for the prefix list {name}"):
        found = client("ec2").describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [name]}])
    rows = found["PrefixLists"]
    if not rows:
        raise ConfigurationError(f"there is no prefix list {name}", hint="give it with --param S3PrefixListId=pl-...")
    return str(rows[0]["PrefixListId"])


def checks(client: Client, values: Mapping[str, str], region: str, *, exists: bool) -> Iterator[Record]:
    """Check records. What may not be asked is a warning: whoever deploys need not be allowed to look."""
    for name in ("SourceArn", "OutputArn"):
        if arn := values.get(name):
            yield _guarded("access point", arn, partial(_access_point, client, arn, region))
    for name in ("OntapSecretArn", "KeySecretArn"):
        if arn := values.get(name):
            yield _guarded("secret", arn, partial(_secret, client, arn, region))
    if values.get("VpcId") and not exists:
        yield _guarded("network", values["VpcId"], partial(_gateway, client, values, region))


def services(places: Mapping[str, str]) -> Iterator[Record]:
    """Whether the regions in which services are called have them; `places` is service → region. Never a failure: what
    is known of regions is older than the regions."""
    for name, region in sorted(places.items()):
        known = regions.availability(name, region)
        status = {"yes": "pass", "unknown": "skip"}.get(known.status, "warn")
        hint = "" if status == "pass" else "docs/regions.md says what is known; a parameter may name another region"
        yield check("services", name, status, known.said, hint)


def _guarded(layer: str, what: str, ask: Callable[[], Record]) -> Record:
    try:
        return ask()
    except FsxapError as error:
        return check(layer, what, "warn", f"not checked: {error.message}", error.hint)


def _points(client: Client) -> Iterator[Mapping[str, Any]]:
    with translated("listing access points of FSx"):
        pages = client("fsx").get_paginator("describe_s3_access_point_attachments")
        for page in pages.paginate():
            yield from page["S3AccessPointAttachments"]


def _access_point(client: Client, arn: str, region: str) -> Record:
    if arn.split(":")[3] != region:
        return check("access point", arn, "fail", f"it is not in {region}", "deploy where the file system is: --region")
    found = [point for point in _points(client) if _arn(point) == arn]
    if not found:
        return check("access point", arn, "fail", "FSx knows no such access point", "look at its name and account")
    if found[0]["Lifecycle"] != "AVAILABLE":
        return check("access point", arn, "fail", f"it is {found[0]['Lifecycle']}", "wait, or repair its identity")
    if found[0]["S3AccessPoint"].get("VpcConfiguration"):
        hint = "functions outside the VPC need an access point of Internet origin; the origin cannot be changed"
        return check("access point", arn, "fail", "its origin is a VPC", hint)
    return check("access point", arn, "pass", "available, of Internet origin")


def _secret(client: Client, arn: str, region: str) -> Record:
    if arn.split(":")[3] != region:
        return check("secret", arn, "fail", f"it is not in {region}", "replicate it, or name one of this region")
    with translated("describing the secret"):
        about = client("secretsmanager").describe_secret(SecretId=arn)
    if about.get("DeletedDate"):
        return check("secret", arn, "fail", "it is scheduled for deletion", "restore it")
    return check("secret", arn, "pass", "it is there")


def _gateway(client: Client, values: Mapping[str, str], region: str) -> Record:
    """A second gateway endpoint in the same route table is refused, and the whole stack rolls back."""
    wanted = [
        {"Name": "vpc-id", "Values": [values["VpcId"]]},
        {"Name": "service-name", "Values": [f"com.amazonaws.{region}.s3"]},
        {"Name": "vpc-endpoint-type", "Values": ["Gateway"]},
    ]
    with translated(f"listing endpoints of {values['VpcId']}"):
        rows = client("ec2").describe_vpc_endpoints(Filters=wanted)["VpcEndpoints"]
    tables = {table for row in rows for table in row.get("RouteTableIds", ())}
    wants = values.get("EnableS3GatewayEndpoint", "true") == "true"
    taken = sorted(tables & {name for name in values.get("RouteTableIds", "").split(",") if name})
    if wants and taken:
        hint = "--param EnableS3GatewayEndpoint=false"
        return check("network", "S3 gateway endpoint", "fail", f"{', '.join(taken)} leads to one already", hint)
    if not wants and not rows:
        hint = "--param EnableS3GatewayEndpoint=true --param RouteTableIds=rtb-..., or calls hang until they time out"
        return check("network", "S3 gateway endpoint", "fail", f"{values['VpcId']} has none", hint)
    return check("network", "S3 gateway endpoint", "pass", "made by the stack" if wants else "the VPC has one")
