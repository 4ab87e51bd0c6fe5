"""Files from and to partners by SFTP: a Transfer Family server on the access point, a folder for each user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import Any

from fsxap.engine.types import Param, Params, Pattern, Workload
from fsxap.model import digest
from fsxap.patterns.sftp.users import User, read

READ = ("s3:GetObject",)
WRITE = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
HOURS = 730
LOGGED = 2_000
"""Bytes of log for a file: connected, opened, closed, disconnected."""


def context(params: Params) -> Mapping[str, Any]:
    return {"users": [_granted(user) for user in params["users"]]}


def _granted(user: User) -> Mapping[str, Any]:
    """A user as the template wants them. Ids come from names, so that no other user's entry changes what is made."""
    home = f"${{SourcePrefix}}{user.home}"
    return {
        "id": re.sub(r"[^A-Za-z0-9]", "", user.name) + digest(user.name, size=4),
        "name": user.name,
        "arn": {
            "Fn::Sub": "arn:${AWS::Partition}:transfer:${AWS::Region}:${AWS::AccountId}:"
            f"user/${{Server.ServerId}}/{user.name}"
        },
        "target": {"Fn::Sub": f"/${{SourceAlias}}/{home}"},
        "listed": {"Fn::Sub": f"{home}/*"},
        "objects": {"Fn::Sub": f"${{SourceArn}}/object/{home}/*"},
        "actions": [*READ, *(WRITE if user.writes else ())],
        "keys": list(user.keys),
    }


def month(work: Workload) -> Mapping[str, int]:
    """A month of the server, which is paid by the hour, and of files that come or go through it."""
    files = ceil(work.items + work.fresh * work.runs)
    size = ceil(work.size / max(work.items, 1) * files)
    return {
        "sftp_hours": HOURS,
        "sftp_bytes": size,
        "s3_put_requests": files,
        "log_bytes": files * LOGGED,
        "kms_keys": 1,
        "custom_metrics": 1,
        "alarm_metrics": 1,
    }


PATTERN = Pattern(
    name="sftp",
    title="Files by SFTP, each user in a folder of their own",
    aliases=("transfer",),
    params=(Param("users", "YAML of users: name, home, keys, access", default=(), parse=read),),
    needs=("users",),
    context=context,
    month=month,
    assumed="each file is sent once, in one connection; the server is there all month",
    services=("transfer",),
)
