import json

import pytest

from fsxap.model import Waiver
from tests.unit.reports.samples import coverage, finding, report, text


def run(*findings: object, **changes: object) -> dict[str, object]:
    read = json.loads(text("sarif", report(findings, **changes)))
    assert read["version"] == "2.1.0"
    (only,) = read["runs"]
    return only


def test_results_and_rules() -> None:
    waiver = Waiver("kiosk", "2030-01-01")
    read = run(
        finding(severity="low"), finding(severity="critical", remediation="Close it."), finding(rule="b", waived=waiver)
    )
    assert [result["level"] for result in read["results"]] == ["note", "error", "warning"]
    assert read["results"][2]["suppressions"][0]["justification"] == "kiosk (until 2030-01-01)"
    rules = {rule["id"]: rule for rule in read["tool"]["driver"]["rules"]}
    assert list(rules) == ["b", "open-access-read"]
    assert rules["open-access-read"]["properties"]["security-severity"] == "9.5"
    assert rules["open-access-read"]["help"] == {"text": "Close it."}
    assert read["results"][0]["partialFingerprints"] == {"fsxap/v1": finding().id}


@pytest.mark.parametrize(
    ("where", "uri"),
    [("/corp/hr", "corp/hr"), ("a b/100%.pdf", "a%20b/100%25.pdf"), ("c:x", "c%3Ax"), ("設", "%E8%A8%AD"), ("/", None)],
)
def test_a_path_is_a_relative_uri(where: str, uri: str | None) -> None:
    location = run(finding(where=where))["results"][0]["locations"][0]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == where
    assert location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri") == uri


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain [x] {y}", "plain [x] {y}"),
        ("see {0}", "see {{0}}"),
        ("[a](http://b)", "\\[a\\](http://b)"),
    ],
)
def test_messages_hold_no_argument_and_no_link(text: str, written: str) -> None:
    assert run(finding(message=text))["results"][0]["message"] == {"text": written}


def test_tags_are_distinct() -> None:
    (rule,) = run(finding(controls=("security", "A", "A")))["tool"]["driver"]["rules"]
    assert rule["properties"]["tags"] == ["security", "A"]


def test_gaps_are_errors_of_the_invocation() -> None:
    (invocation,) = run(coverage=coverage(failed=2), data={"not_checked": ["Group members."]})["invocations"]
    assert invocation["executionSuccessful"] is False
    said = [(note["level"], note["message"]["text"]) for note in invocation["toolExecutionNotifications"]]
    assert ("error", "2 items could not be processed.") in said
    assert ("note", "Not checked: Group members.") in said
    assert run()["invocations"][0]["executionSuccessful"] is True
