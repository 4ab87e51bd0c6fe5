"""A second opinion on names and languages, where an engine for entities is connected; it is billed by the character,
so it is asked only about what is in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fsxap.documents import Document
from fsxap.ports import Entities
from fsxap.usecases.idp.field import Field
from fsxap.usecases.idp.layout import fold

NAMES = ("vendor", "customer")
KINDS = ("ORGANIZATION", "PERSON")
ASKED = 3_000
"""Characters from the beginning of a document, where both names stand."""
SUPPORT = 0.1


def told(document: Document, entities: Entities | None) -> Document:
    """The document with its language, where only the engine can tell it."""
    if entities is None or document.language or not document.text.strip():
        return document
    return replace(document, language=entities.language(document.text[:ASKED]))


def supported(
    fields: Mapping[str, Field], document: Document, entities: Entities | None, threshold: float
) -> Mapping[str, Field]:
    """Names in doubt are surer where the engine finds the same organization or person in the text."""
    doubted = [name for name in NAMES if name in fields and fields[name].confidence < threshold]
    if entities is None or not doubted or document.language not in entities.languages:
        return fields
    text = document.text[:ASKED]
    spans = [span for span in entities.find(text, document.language) if span.kind in KINDS]
    scores = {fold(text[span.start : span.end]).strip(" ."): span.score for span in spans}
    raised = {
        name: fields[name].at(fields[name].confidence + SUPPORT * score)
        for name in doubted
        if (score := scores.get(fold(str(fields[name].value)).strip(" .")))
    }
    return {**fields, **raised}
