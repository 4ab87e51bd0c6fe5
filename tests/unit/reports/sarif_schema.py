"""The part of the SARIF 2.1.0 schema (OASIS, errata 01) that reports use, as strict as the whole: no unknown name."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": -1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
URI = {"type": "string", "pattern": r"^[!#-;=?-Z\[\]_a-z~]*$"}
BAG = {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True, "items": TEXT}}}
STRINGS = {"type": "object", "additionalProperties": TEXT}


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    named = {name.rstrip("_"): kind for name, kind in properties.items()}
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": named}


def many(kind: dict[str, Any], *, distinct: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": kind, "uniqueItems": distinct}


MESSAGE = thing("text", text=TEXT, markdown=TEXT, id=TEXT, arguments=many(TEXT), properties=BAG)
DESCRIPTION = thing("text", text=TEXT, markdown=TEXT, properties=BAG)
ARTIFACT = thing(uri=URI, uriBaseId=TEXT, index=NUMBER, description=MESSAGE, properties=BAG)
LOGICAL = thing(
    name=TEXT, index=NUMBER, fullyQualifiedName=TEXT, decoratedName=TEXT, parentIndex=NUMBER, kind=TEXT, properties=BAG
)
LOCATION = thing(
    id=NUMBER,
    physicalLocation=thing("artifactLocation", artifactLocation=ARTIFACT, properties=BAG),
    logicalLocations=many(LOGICAL, distinct=True),
    message=MESSAGE,
    properties=BAG,
)
SUPPRESSION = thing(
    "kind",
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification=TEXT,
    location=LOCATION,
    properties=BAG,
)
RESULT = thing(
    "message",
    ruleId=TEXT,
    ruleIndex=NUMBER,
    kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
    level=LEVEL,
    message=MESSAGE,
    locations=many(LOCATION),
    partialFingerprints=STRINGS,
    fingerprints=STRINGS,
    suppressions=many(SUPPRESSION, distinct=True),
    properties=BAG,
)
RULE = thing(
    "id",
    id=TEXT,
    name=TEXT,
    shortDescription=DESCRIPTION,
    fullDescription=DESCRIPTION,
    defaultConfiguration=thing(enabled={"type": "boolean"}, level=LEVEL, properties=BAG),
    helpUri=URI,
    help=DESCRIPTION,
    properties=BAG,
)
DRIVER = thing("name", name=TEXT, version=TEXT, informationUri=URI, rules=many(RULE, distinct=True), properties=BAG)
NOTIFICATION = thing(
    "message",
    level=LEVEL,
    message=MESSAGE,
    timeUtc=TIME,
    descriptor=thing("id", id=TEXT, index=NUMBER),
    properties=BAG,
)
INVOCATION = thing(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    startTimeUtc=TIME,
    endTimeUtc=TIME,
    exitCode={"type": "integer"},
    toolExecutionNotifications=many(NOTIFICATION),
    properties=BAG,
)
RUN = thing(
    "tool",
    tool=thing("driver", driver=DRIVER, properties=BAG),
    invocations=many(INVOCATION),
    results=many(RESULT),
    automationDetails=thing(id=TEXT, guid=TEXT, description=MESSAGE, properties=BAG),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    properties=BAG,
)
LOG = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {"$schema": URI, "version": {"const": "2.1.0"}, "runs": many(RUN), "properties": BAG},
}
