import json
import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from fsxap.model import Finding, Waiver
from tests.unit.reports.samples import HOSTILE, coverage, finding, report, text
from tests.unit.reports.sarif_schema import LOG

# Read now: no test sees the environment it was started in.
SCHEMA = os.environ.get("FSXAP_SARIF_SCHEMA", "")


def run(*findings: object, **changes: object) -> dict[str, object]:
    read = json.loads(text("sarif", report(findings, **changes)))
    jsonschema.validate(read, LOG)
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
    assert rules["open-access-read"]["shortDescription"] == {"text": "Open access read."}
    assert rules["open-access-read"]["fullDescription"] == {"text": "For example: Everyone can read"}
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


def test_each_failure_code_is_a_notification() -> None:
    (invocation,) = run(coverage=coverage(failed=3), failures={"io": 2, "access-denied": 1})["invocations"]
    coded = {
        note["descriptor"]["id"]: note["message"]["text"]
        for note in invocation["toolExecutionNotifications"]
        if "descriptor" in note
    }
    assert coded == {"io": "2 items failed: io.", "access-denied": "1 item failed: access-denied."}


@pytest.mark.parametrize(
    ("until", "status", "said"),
    [
        ("2025-03-01", "accepted", "why (until 2025-03-01)"),
        ("2025-02-28", "underReview", "why (expired: until 2025-02-28)"),
        ("soon", "underReview", "why (expired: until soon)"),
    ],
)
def test_only_a_waiver_in_force_suppresses(until: str, status: str, said: str) -> None:
    (result,) = run(finding(waived=Waiver("why", until)))["results"]
    assert result["suppressions"] == [{"kind": "external", "status": status, "justification": said}]


def test_a_rule_says_what_it_means_where_that_is_known() -> None:
    made = replace(report([finding()]), rules={"open-access-read": "A group of everybody may read."})
    (rule,) = json.loads(text("sarif", made))["runs"][0]["tool"]["driver"]["rules"]
    assert rule["fullDescription"] == {"text": "A group of everybody may read."}


def everything() -> list[Finding]:
    return [
        finding(
            rule=word, message=word, where=word, subject=word, remediation=word, evidence={word: word}, controls=(word,)
        )
        for word in (*HOSTILE, "", "/")
    ] + [finding(waived=Waiver(word, word)) for word in HOSTILE]


def test_hostile_words_keep_to_the_schema() -> None:
    read = run(*everything(), coverage=coverage(failed=1), failures=dict.fromkeys(HOSTILE, 1))
    assert len(read["results"]) == 2 * len(HOSTILE) + 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"kind":"external"', '"kind":"mine"'),
        ('"executionSuccessful"', '"success"'),
        ('"level":"error"', '"level":"bad"'),
    ],
)
def test_the_schema_refuses_what_is_not_sarif(before: str, after: str) -> None:
    written = text("sarif", report([finding(severity="high", waived=Waiver("why", "2030-01-01"))]))
    assert before in written
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(written.replace(before, after)), LOG)


@pytest.mark.skipif(not SCHEMA, reason="names the official sarif-2.1.0.json")
def test_the_official_schema() -> None:
    schema = json.loads(Path(SCHEMA).read_text(encoding="utf-8"))
    made = report(everything(), coverage=coverage(failed=1), failures=dict.fromkeys(HOSTILE, 1))
    jsonschema.validate(json.loads(text("sarif", made)), schema)
