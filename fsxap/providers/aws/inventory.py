"""What FSx says there is: ONTAP file systems, their SVMs, volumes and S3 access points, every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fsxap.errors import ConfigurationError, ServiceError, Unauthenticated
from fsxap.model import Record
from fsxap.providers.aws.errors import translated


@dataclass(frozen=True, slots=True)
class Found:
    """`value` is what a setting would say: an alias, an endpoint, a name. `about` tells it from its like."""

    kind: str
    value: str
    id: str
    about: str

    def record(self) -> Record:
        return {"type": "found", "kind": self.kind, "value": self.value, "id": self.id, "about": self.about}


def read_inventory(fsx: Any) -> tuple[list[Found], list[str]]:
    """What was found, and a line for each question that was refused. Raises where no question can be answered."""
    found: list[Found] = []
    unknown: list[str] = []
    questions: tuple[tuple[str, str, dict[str, Any], Callable[[Mapping[str, Any]], Found | None]], ...] = (
        ("describe_file_systems", "FileSystems", {}, _file_system),
        ("describe_storage_virtual_machines", "StorageVirtualMachines", {}, _svm),
        ("describe_volumes", "Volumes", {}, _volume),
        (
            "describe_s3_access_point_attachments",
            "S3AccessPointAttachments",
            {"Filters": [{"Name": "type", "Values": ["ONTAP"]}]},
            _access_point,
        ),
    )
    for operation, key, arguments, read in questions:
        try:
            with translated(f"FSx, {operation.replace('_', ' ')}"):
                pages = fsx.get_paginator(operation).paginate(**arguments)
                found += [one for page in pages for row in page.get(key, ()) if (one := read(row)) is not None]
        except (Unauthenticated, ConfigurationError):
            raise
        except ServiceError as error:
            unknown.append(f"{error.message} [{error.code}]")
    return found, unknown


def _file_system(row: Mapping[str, Any]) -> Found | None:
    if row.get("FileSystemType") != "ONTAP":
        return None
    management = ((row.get("OntapConfiguration") or {}).get("Endpoints") or {}).get("Management") or {}
    name = next((tag["Value"] for tag in row.get("Tags", ()) if tag["Key"] == "Name"), "")
    about = " ".join(filter(None, (name, str(row.get("Lifecycle", "")), str(row.get("VpcId", "")))))
    return Found("file-system", str(management.get("DNSName", "")), str(row["FileSystemId"]), about)


def _svm(row: Mapping[str, Any]) -> Found:
    about = f"of {row.get('FileSystemId', '')}, {row.get('Lifecycle', '')}"
    return Found("svm", str(row.get("Name", "")), str(row["StorageVirtualMachineId"]), about)


def _volume(row: Mapping[str, Any]) -> Found | None:
    if row.get("VolumeType") != "ONTAP":
        return None
    path = (row.get("OntapConfiguration") or {}).get("JunctionPath") or "not mounted"
    return Found("volume", str(row.get("Name", "")), str(row["VolumeId"]), f"of {row.get('FileSystemId', '')}, {path}")


def _access_point(row: Mapping[str, Any]) -> Found:
    made = row.get("S3AccessPoint") or {}
    ontap = row.get("OntapConfiguration") or {}
    identity = ontap.get("FileSystemIdentity") or {}
    user = (identity.get("UnixUser") or identity.get("WindowsUser") or {}).get("Name", "")
    origin = (made.get("VpcConfiguration") or {}).get("VpcId") or "Internet"
    about = (
        f"{row.get('Lifecycle', '')}, {origin}, acts as {user or 'nobody known'}, volume {ontap.get('VolumeId', '')}"
    )
    return Found("access-point", str(made.get("Alias", "")), str(row.get("Name", "")), about)
