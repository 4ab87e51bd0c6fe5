"""Languages and entities of texts by Amazon Comprehend, long ones in pieces of whole words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fsxap.errors import ItemError, ServiceError
from fsxap.ports import Span
from fsxap.providers.aws.chunks import Chunk, chunks
from fsxap.providers.aws.errors import translated
from fsxap.providers.metering import Count

MOST_BYTES = 95_000
"""One request holds at most 100 KB of UTF-8."""
OVERLAP = 300
"""Characters said twice where a text is cut, so that a name across the cut is seen whole."""
LEAST = 20
"""Characters a language is told from."""
UNIT, LEAST_UNITS = 100, 3
"""Characters billed together, and how many of such units a request costs at least."""
LANGUAGES = frozenset(("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"))


class Comprehend:
    """Asks `client`, whose region decides where the text is sent; `count` is told the billed units."""

    def __init__(self, client: Any, count: Count) -> None:
        self._client, self._count = client, count

    @property
    def engine(self) -> str:
        return "comprehend DetectEntities"

    @property
    def languages(self) -> frozenset[str]:
        return LANGUAGES

    def language(self, text: str) -> str:
        """By the scores of all pieces, longer ones weighing more."""
        scores: dict[str, float] = defaultdict(float)
        for chunk in chunks(text, MOST_BYTES):
            if len(chunk.text.strip()) < LEAST:
                continue
            with translated("telling a language by Comprehend"):
                answer = self._client.detect_dominant_language(Text=chunk.text)
            self._charge(chunk)
            for each in answer.get("Languages") or ():
                scores[str(each["LanguageCode"])] += float(each["Score"]) * len(chunk.text)
        return max(scores, key=lambda code: scores[code]) if scores else ""

    def find(self, text: str, language: str) -> Sequence[Span]:
        if language not in LANGUAGES:
            raise ItemError(f"Comprehend finds no entities in the language {language!r}", code="unsupported-language")
        found = {
            span
            for chunk in chunks(text, MOST_BYTES, OVERLAP)
            if chunk.text.strip()
            for span in self._ask(chunk, language)
        }
        return sorted(found, key=lambda span: (span.start, span.end, span.kind))

    def _ask(self, chunk: Chunk, language: str) -> Iterator[Span]:
        with translated("finding entities by Comprehend"):
            answer = self._client.detect_entities(Text=chunk.text, LanguageCode=language)
        self._charge(chunk)
        if "Entities" not in answer:
            raise ServiceError("Comprehend answered without entities", code="unexpected-answer")
        for entity in answer["Entities"]:
            yield _span(entity, chunk)

    def _charge(self, chunk: Chunk) -> None:
        self._count("comprehend_units", max(LEAST_UNITS, -(-len(chunk.text) // UNIT)))


def _span(entity: Mapping[str, Any], chunk: Chunk) -> Span:
    try:
        start, end = int(entity["BeginOffset"]), int(entity["EndOffset"])
        kind, score = str(entity["Type"]), float(entity["Score"])
    except (LookupError, TypeError, ValueError) as error:
        raise ServiceError("Comprehend answered an entity without a place", code="unexpected-answer") from error
    if not 0 <= start < end <= len(chunk.text):
        raise ServiceError("Comprehend answered places outside the text", code="unexpected-answer")
    return Span(chunk.start + start, chunk.start + end, kind, score)
