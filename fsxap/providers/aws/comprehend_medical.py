"""Health information that names a patient, found in English text by Amazon Comprehend Medical's DetectPHI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fsxap.errors import ServiceError
from fsxap.ports import Span
from fsxap.providers.aws.chunks import Chunk, chunks
from fsxap.providers.aws.errors import translated
from fsxap.providers.metering import Count

MOST_BYTES = 19_000
"""One request holds fewer than 20,000 bytes."""

OVERLAP = 300
"""Characters said twice where a long text is cut: names and addresses are recognised by what stands around them."""

UNIT = 100
"""Characters that are billed together."""

REMEMBERED = 4096
"""Texts whose answer is kept: every file of a series says the same."""


class ComprehendMedicalPhi:
    """Finds by `client`, whose region decides where the text is sent; `count` is told the billed units."""

    def __init__(self, client: Any, count: Count) -> None:
        self._client, self._count = client, count
        self._version = ""
        self._remembered = lru_cache(REMEMBERED)(self._spans)

    @property
    def engine(self) -> str:
        return f"comprehend medical DetectPHI {self._version}".rstrip()

    def find(self, text: str) -> Sequence[Span]:
        return self._remembered(text)

    def _spans(self, text: str) -> tuple[Span, ...]:
        found = {span for chunk in chunks(text, MOST_BYTES, OVERLAP) for span in self._ask(chunk)}
        return tuple(sorted(found, key=lambda span: (span.start, span.end, span.kind)))

    def _ask(self, chunk: Chunk) -> Iterator[Span]:
        if not chunk.text.strip():
            return
        with translated("finding health information by Comprehend Medical"):
            answer = self._client.detect_phi(Text=chunk.text)
        self._count("comprehend_medical_units", -(-len(chunk.text) // UNIT))
        self._version = str(answer.get("ModelVersion") or self._version)
        if "Entities" not in answer or answer.get("PaginationToken"):
            # The operation takes no token, so what an answer leaves out can never be asked for.
            raise ServiceError("Comprehend Medical answered without all entities", code="unexpected-answer")
        for entity in answer["Entities"]:
            yield _span(entity, chunk)


def _span(entity: Mapping[str, Any], chunk: Chunk) -> Span:
    """Offsets count characters; where they do not lead to the entity's text, cutting there would leave it in place."""
    try:
        start, end = int(entity["BeginOffset"]), int(entity["EndOffset"])
        fits = 0 <= start < end and chunk.text[start:end] == entity["Text"]
        kind, score = str(entity["Type"]), float(entity["Score"])
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError("Comprehend Medical answered an entity without a place", code="unexpected-answer") from error
    if not fits:
        raise ServiceError("Comprehend Medical answered places outside the text", code="unexpected-answer")
    return Span(chunk.start + start, chunk.start + end, kind, score)
