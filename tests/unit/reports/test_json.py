import json
import math

import pytest

from fsxap.model import Finding, Section, Summary, Waiver
from tests.unit.reports.samples import HOSTILE, coverage, finding, report, text

JSON_FINDING = finding(
    evidence={"score": math.nan, "box": (1, 2)}, controls=("A",), waived=Waiver("known", "2030-01-01")
)


def strict(written: str) -> dict[str, object]:
    def refuse(name: str) -> object:
        raise ValueError(name)

    return json.loads(written, parse_constant=refuse)


def test_the_whole_report_reads_back() -> None:
    made = report([JSON_FINDING, finding()], Section("Own", "table", ("a",), ((1,),)), coverage=coverage(failed=1))
    read = strict(text("json", made))
    assert list(read) == [
        "type",
        "title",
        "generated",
        "version",
        "summary",
        "sections",
        "findings",
        "waived",
        "verdict",
    ]
    assert Summary.from_record(read["summary"]) == made.summary
    assert [Finding.from_record(row).id for row in read["findings"]] == [JSON_FINDING.id, finding().id]
    assert read["findings"][0]["evidence"] == {"score": "nan", "box": [1, 2]}
    assert read["sections"] == [
        {"title": "Own", "kind": "table", "columns": ["a"], "rows": [[1]], "text": "", "note": ""}
    ]
    assert read["waived"] == {"total": 1, "expired": 0}
    assert read["verdict"]["state"] == "incomplete"


def test_no_findings_is_an_empty_list() -> None:
    assert strict(text("json", report()))["findings"] == []


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("format", ["json", "sarif"])
def test_names_are_exact_and_encodable(word: str, format: str) -> None:
    written = text(format, report([finding(where=word)]))
    written.encode("utf-8")
    read = strict(written)
    where = (
        read["findings"][0]["where"]
        if format == "json"
        else read["runs"][0]["results"][0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
    )
    assert where == word
