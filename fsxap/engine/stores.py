"""Opens what a location names: a folder, a bucket or access point, and AWS as the settings describe it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fsxap.engine import locations
from fsxap.engine.locations import Location
from fsxap.engine.settings import Settings
from fsxap.ports import Store
from fsxap.retry import Retry

if TYPE_CHECKING:
    from fsxap.providers.aws.session import Aws


def connect_aws(settings: Settings) -> Aws:
    """What AWS's own variables say is left to botocore: AWS_ENDPOINT_URL_S3 goes before AWS_ENDPOINT_URL, and keys in
    the environment go before AWS_PROFILE, but neither before a flag."""
    from fsxap.providers.aws.session import Aws

    def ours(name: str) -> str:
        return "" if settings.origins[name].startswith("AWS_") else settings.text(name)

    return Aws(
        profile=ours("profile"),
        region=settings.text("region"),
        endpoint_url=ours("endpoint_url"),
        retry=Retry.from_environment(os.environ),
    )


def open_store(location: Location, aws: Callable[[], Aws], *, workers: int = 8) -> Store:
    """The location decides: a folder or S3, where at most `workers` reads wait for their answer at a time."""
    if location.kind == "folder":
        from fsxap.providers.local.folder import FolderStore

        return FolderStore(Path(location.path))
    from fsxap.providers.aws.access_point import S3Store

    session = aws()
    return S3Store(session.client("s3"), location.bucket, location.prefix, ca_bundle=session.ca_bundle, workers=workers)


def output_location(source: Location | None, chosen: str, use_case: str) -> Location:
    """--to as it is, or `_fsxap/<use-case>/` below it when it lies inside the source."""
    to = locations.parse(chosen)
    if source is None or not locations.is_inside(to, source):
        return to
    below = f"_fsxap/{use_case}"
    if to.kind == "folder":
        return locations.parse(str(Path(to.path) / below))
    return Location("s3", bucket=to.bucket, prefix=f"{to.prefix}{below}/", text=f"s3://{to.bucket}/{to.prefix}{below}/")
