import json
from typing import Any

import pytest

from fsxap.model import SEVERITIES, Waiver
from tests.unit.reports.samples import HOSTILE, coverage, finding, report, text

# Attribute names of OCSF 1.3.0: base event and finding, Compliance Finding, and the objects in it.
EVENT = {
    *("activity_id", "activity_name", "category_uid", "category_name", "class_uid", "class_name"),
    *("type_uid", "type_name", "severity_id", "severity", "status_id", "status", "time", "message", "comment"),
    *("metadata", "finding_info", "confidence_id", "confidence", "compliance", "remediation", "resources", "unmapped"),
}
REQUIRED = {
    *("activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time"),
    *("metadata", "finding_info", "compliance"),
}
OBJECTS = {
    "metadata": ({"product", "version"}, {"correlation_uid", "logged_time"}),
    "finding_info": ({"uid", "title"}, {"desc", "types", "created_time"}),
    "compliance": ({"standards"}, {"control", "requirements", "status", "status_id", "status_detail"}),
    "remediation": ({"desc"}, set()),
}
RESOURCE = {"uid", "name", "type"}


def events(*findings: Any, **changes: Any) -> list[dict[str, Any]]:
    made = [json.loads(line) for line in text("ocsf", report(findings, **changes)).splitlines()]
    for event in made:
        assert set(event) >= REQUIRED
        assert set(event) <= EVENT
        assert (event["category_uid"], event["class_uid"], event["type_uid"]) == (2, 2003, 200301)
        for name, (needed, more) in OBJECTS.items():
            if name in event:
                assert needed <= set(event[name]) <= needed | more
        assert all(set(resource) == RESOURCE for resource in event["resources"])
        assert event["metadata"]["version"] == "1.3.0"
        assert event["time"] == event["finding_info"]["created_time"] == 1740816000000
    return made


def test_a_finding_has_its_place_for_everything() -> None:
    made = finding(
        controls=("CIS 3.3", "ISO 27001 A.5.15", "ISO 27001 A.8.3", "SOX 404"),
        remediation="Restrict it.",
        evidence={"certainty": "likely", "mask": 3},
        subject="Everyone",
    )
    _, event = events(made)
    assert event["finding_info"]["uid"] == made.id
    assert event["finding_info"]["title"] == event["compliance"]["control"] == made.rule
    assert event["compliance"]["standards"] == ["CIS", "ISO 27001", "SOX"]
    assert event["compliance"]["requirements"] == list(made.controls)
    assert event["compliance"]["status"] == "Fail"
    assert event["resources"] == [{"uid": made.where, "name": made.where, "type": "path"}]
    assert event["remediation"] == {"desc": "Restrict it."}
    assert event["unmapped"] == {"subject": "Everyone", "evidence": {"certainty": "likely", "mask": 3}}
    assert (event["confidence_id"], event["confidence"]) == (2, "Medium")


def test_severities() -> None:
    made = events(*(finding(severity=severity) for severity in SEVERITIES))[1:]
    assert [(event["severity_id"], event["severity"]) for event in made] == [
        (5, "Critical"),
        (4, "High"),
        (3, "Medium"),
        (2, "Low"),
        (1, "Informational"),
    ]


def test_what_could_not_be_read_is_no_failed_check() -> None:
    _, event = events(finding(rule="not-audited"))
    assert (event["compliance"]["status_id"], event["compliance"]["status"]) == (2, "Warning")


@pytest.mark.parametrize(("until", "status"), [("2030-01-01", (3, "Suppressed")), ("2020-01-01", (1, "New"))])
def test_a_waiver_in_force_suppresses(until: str, status: tuple[int, str]) -> None:
    _, event = events(finding(waived=Waiver("kiosk", until)))
    assert (event["status_id"], event["status"]) == status
    assert event["comment"].startswith("kiosk (")
    assert event["unmapped"]["waived"] == {"reason": "kiosk", "until": until, "expired": status[0] == 1}


@pytest.mark.parametrize(
    ("changes", "status", "severity"),
    [
        ({}, "Pass", "Informational"),
        ({"coverage": coverage(failed=1), "failures": {"io": 1}}, "Warning", "Medium"),
        ({"complete": False}, "Warning", "Medium"),
        ({"coverage": {}}, "Warning", "Medium"),
    ],
)
def test_coverage_comes_first_and_passes_only_when_whole(changes: Any, status: str, severity: str) -> None:
    first = events(finding(), **changes)[0]
    assert first["compliance"]["control"] == "coverage"
    assert (first["compliance"]["status"], first["severity"]) == (status, severity)
    assert ("status_detail" in first["compliance"]) == (status != "Pass")
    assert first["unmapped"]["complete"] is changes.get("complete", True)


@pytest.mark.parametrize("word", HOSTILE)
def test_every_event_is_one_line(word: str) -> None:
    made = finding(rule=word, message=word, where=word, evidence={word: word}, controls=(word,))
    _, event = events(made)
    assert event["resources"][0]["uid"] == word
