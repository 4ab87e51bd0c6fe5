"""Reads the S3 access points of FSx for ONTAP volumes: FSx says who they act as, S3 who may come and from where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from fsxap.acl.site import AccessPoints, S3AccessPoint
from fsxap.errors import ConfigurationError, ServiceError, Unauthenticated
from fsxap.providers.aws.errors import translated

T = TypeVar("T")

VALUES = 20
"""Ids in one describe call; FSx takes at most 50."""

_ARN = re.compile(r"arn:[a-z0-9-]+:s3:[a-z0-9-]+:(\d{12}):accesspoint/(.+)")


@dataclass(slots=True)
class _Questions:
    unknown: list[str] = field(default_factory=list)

    def ask(self, about: str, call: Callable[[], T]) -> T | None:
        """None when refused or out of reach: what is missing is told. A refused sign-in is raised."""
        try:
            with translated(about):
                return call()
        except Unauthenticated:
            raise
        except (ServiceError, ConfigurationError) as error:
            self.unknown.append(f"{error.message} [{error.code}]")
            return None


def read_access_points(
    fsx: Any, s3control: Any, *, file_system: str = "", volume_ids: Sequence[str] = ()
) -> AccessPoints:
    """Every access point of ONTAP volumes in the region, or those of one file system or of some volumes."""
    ask = _Questions()
    filters = [{"Name": "type", "Values": ["ONTAP"]}]
    if file_system:
        filters.append({"Name": "file-system-id", "Values": [file_system]})
    if volume_ids:
        filters.append({"Name": "volume-id", "Values": list(volume_ids)})

    def attachments() -> list[Any]:
        pages = fsx.get_paginator("describe_s3_access_point_attachments").paginate(Filters=filters)
        return [one for page in pages for one in page.get("S3AccessPointAttachments", ())]

    listed = ask.ask("listing S3 access points of FSx", attachments)
    if listed is None:
        return AccessPoints(None, tuple(ask.unknown))
    points = [_attached(one) for one in listed]
    points = _located(ask, fsx, points)
    return AccessPoints(tuple(_guarded(ask, s3control, point) for point in points), tuple(ask.unknown))


def _attached(record: Mapping[str, Any]) -> S3AccessPoint:
    ontap = record.get("OntapConfiguration") or {}
    identity = ontap.get("FileSystemIdentity") or {}
    made = record.get("S3AccessPoint") or {}
    user = identity.get("UnixUser") or identity.get("WindowsUser") or {}
    return S3AccessPoint(
        name=str(record.get("Name", "")),
        arn=str(made.get("ResourceARN", "")),
        lifecycle=str(record.get("Lifecycle", "")),
        reason=str((record.get("LifecycleTransitionReason") or {}).get("Message", "")),
        identity=str(identity.get("Type", "")),
        user=str(user.get("Name", "")),
        volume_id=str(ontap.get("VolumeId", "")),
        vpc=str((made.get("VpcConfiguration") or {}).get("VpcId", "")),
    )


def _located(ask: _Questions, fsx: Any, points: list[S3AccessPoint]) -> list[S3AccessPoint]:
    """With ONTAP's own ids of volume and SVM, which are what FSx and ONTAP have in common; names may differ."""
    wanted = sorted({point.volume_id for point in points} - {""})
    volumes = _described(ask, fsx, "describe_volumes", "Volumes", "VolumeIds", "VolumeId", wanted)
    configured = {name: volume.get("OntapConfiguration") or {} for name, volume in volumes.items()}
    wanted = sorted({str(one.get("StorageVirtualMachineId", "")) for one in configured.values()} - {""})
    svms = _described(
        ask,
        fsx,
        "describe_storage_virtual_machines",
        "StorageVirtualMachines",
        "StorageVirtualMachineIds",
        "StorageVirtualMachineId",
        wanted,
    )
    found = []
    for point in points:
        ontap = configured.get(point.volume_id, {})
        found.append(
            replace(
                point,
                volume=str(volumes.get(point.volume_id, {}).get("Name", "")),
                volume_uuid=str(ontap.get("UUID", "")),
                path=str(ontap.get("JunctionPath") or ""),
                svm_uuid=str(svms.get(str(ontap.get("StorageVirtualMachineId", "")), {}).get("UUID", "")),
            )
        )
    return found


def _described(
    ask: _Questions, fsx: Any, operation: str, records: str, argument: str, key: str, ids: list[str]
) -> dict[str, Mapping[str, Any]]:
    """Records by id, asked for in batches; one refused batch leaves the others."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), VALUES):
        batch = ids[start : start + VALUES]

        def describe(batch: list[str] = batch) -> list[Mapping[str, Any]]:
            pages: Iterable[Any] = fsx.get_paginator(operation).paginate(**{argument: batch})
            return [one for page in pages for one in page.get(records, ())]

        about = f"reading {', '.join(batch)}"
        found |= {str(one[key]): one for one in ask.ask(about, describe) or ()}
    return found


def _guarded(ask: _Questions, s3control: Any, point: S3AccessPoint) -> S3AccessPoint:
    """With what S3 knows: origin, Block Public Access, the policy and whether that is public."""
    match = _ARN.fullmatch(point.arn)
    if match is None:
        # One that failed before S3 made it has nothing to ask about.
        return point
    name = {"AccountId": match[1], "Name": match[2]}
    made = ask.ask(f"access point {point.name}", lambda: s3control.get_access_point(**name))
    if made is not None:
        blocks = made.get("PublicAccessBlockConfiguration")
        point = replace(
            point,
            origin=str(made.get("NetworkOrigin", "")),
            vpc=str((made.get("VpcConfiguration") or {}).get("VpcId", "")) or point.vpc,
            # This switch is the one that ends public access a policy has already given.
            blocked=None if blocks is None else bool(blocks.get("RestrictPublicBuckets")),
        )
    policy = ask.ask(f"policy of access point {point.name}", lambda: _policy(s3control, name))
    if policy is None or policy == "":
        return replace(point, policy=policy, public=False if policy == "" else None)
    status = ask.ask(
        f"policy status of access point {point.name}", lambda: s3control.get_access_point_policy_status(**name)
    )
    public = None if status is None else (status.get("PolicyStatus") or {}).get("IsPublic")
    return replace(point, policy=policy, public=public)


def _policy(s3control: Any, name: Mapping[str, str]) -> str:
    """The policy's text, empty where there is none, which is usual and no error."""
    from botocore.exceptions import ClientError

    try:
        return str(s3control.get_access_point_policy(**name).get("Policy", ""))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchAccessPointPolicy":
            return ""
        raise
