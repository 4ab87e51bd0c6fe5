"""Connects what reads documents and their texts: on this machine, or by Textract and Comprehend."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from fsxap.engine import locations
from fsxap.errors import MissingExtra
from fsxap.ports import Documents, Entities

if TYPE_CHECKING:
    from fsxap.engine.kit import Kit
    from fsxap.providers.metering import Count


def embedded(check: Callable[[], None]) -> Documents:
    """`check` is called before each page that OCR reads, and may stop it."""
    # A Lambda function has no shared memory, which a pool of processes needs.
    in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
    found = _local(processes=1 if in_lambda else os.cpu_count() or 1, check=check)
    try:
        _ = found.engine
    except ImportError as error:
        raise MissingExtra("ocr", "what reads documents") from error
    return found


def _local(processes: int = 1, check: Callable[[], None] = lambda: None) -> Documents:
    """Without OCR it renders pages, which is all that is asked of it beside Textract: OCR outgrows a zip."""
    try:
        from fsxap.providers.local.documents.reader import LocalDocuments
    except ImportError as error:
        raise MissingExtra("ocr", "what opens documents") from error
    return LocalDocuments(processes, check)


def connect_documents(kit: Kit) -> Documents:
    """Textract; its jobs and the documents they read lie below `textract/` in the state bucket."""
    from fsxap.engine.stores import open_store
    from fsxap.providers.aws.documents import TextractDocuments
    from fsxap.providers.aws.textract import Textract
    from fsxap.providers.aws.textract_jobs import StoredJobs

    bucket = kit.settings.text("state_bucket")
    stage = open_store(locations.parse(f"{bucket.rstrip('/')}/textract"), lambda: kit.aws) if bucket else None
    # Textract's own quotas need more patience than one policy for all services has.
    client = kit.aws.client(
        "textract",
        region=_region(kit, "textract", "Textract", "--engine documents=local"),
        retries={"total_max_attempts": 1},
    )
    jobs = StoredJobs(stage) if stage else None
    return TextractDocuments(_local(), Textract(client, stage=stage, jobs=jobs, cancel=kit.cancel))


def connect_entities(kit: Kit, count: Count) -> Entities:
    from fsxap.providers.aws.comprehend import Comprehend

    region = _region(kit, "comprehend", "Comprehend", "--engine entities=local")
    return Comprehend(kit.aws.client("comprehend", region=region), count)


def _region(kit: Kit, service: str, title: str, instead: str) -> str:
    from fsxap.providers.aws.regions import choose

    return choose(
        title,
        home=kit.aws.region,
        chosen=str(kit.params.get("textract_region") or ""),
        accepted=bool(kit.params.get("accept_cross_region")),
        known=kit.aws.session.get_available_regions(service),
        setting="textract_region",
        instead=instead,
    )
