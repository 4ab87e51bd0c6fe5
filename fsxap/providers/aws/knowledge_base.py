"""Passages from a Bedrock knowledge base: what its vector search finds, as keys of the data source's bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fsxap.errors import NotFound, ServiceError
from fsxap.passages import Found
from fsxap.providers.aws.errors import translated

MOST = 100
"""Passages that Bedrock finds at most."""
_PAGE = "x-amz-bedrock-kb-document-page-number"


def retrieve(client: Any, knowledge_base: str, question: str, number: int = MOST) -> list[tuple[str, Found]]:
    """(Bucket or alias, passage), best first. What does not come from S3 has no key and is left out."""
    try:
        with translated(f"asking knowledge base {knowledge_base}"):
            answer = client.retrieve(
                knowledgeBaseId=knowledge_base,
                retrievalQuery={"text": question},
                retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": min(number, MOST)}},
            )
    except NotFound as error:
        error.hint = "fsxap deploy knowledge-base --status shows its id; --region says where it is looked for"
        raise
    try:
        return list(_found(answer["retrievalResults"]))
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError(
            f"knowledge base {knowledge_base} answered with results of another form", code="unexpected-answer"
        ) from error


def _found(rows: list[dict[str, Any]]) -> Iterator[tuple[str, Found]]:
    for row in rows:
        uri = (row.get("location") or {}).get("s3Location", {}).get("uri", "")
        if not uri.startswith("s3://") or "text" not in row["content"]:
            continue
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        page = int((row.get("metadata") or {}).get(_PAGE) or 0)
        yield bucket, Found(key, page, row["content"]["text"], round(float(row.get("score", 0.0)), 6))


def changes(head: Callable[[str, str], str], found: list[tuple[str, Found]]) -> dict[str, str]:
    """When each document was last changed, by key; empty for one that is gone."""
    times: dict[str, str] = {}
    for bucket, one in found:
        if one.key not in times:
            try:
                times[one.key] = head(bucket, one.key)
            except NotFound:
                times[one.key] = ""
    return times
