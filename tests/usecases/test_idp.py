"""idp through both doors, over PDFs with text layers and e-invoices: no page of these needs a picture's reader."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fsxap.usecases.idp.sample import E_INVOICE
from tests.e2e.program import Done, Program
from tests.unit.usecases.idp.pages import At
from tests.unit.usecases.idp.pdf import pdf
from tests.unit.usecases.idp.test_einvoice import CII
from tests.unit.usecases.idp.test_extract import FRENCH, GERMAN
from tests.usecases.drivers import by_lambda, rows

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "idp-document-1.json"
WRONG: list[At] = [
    (left, top, said.replace("529,87", "592,87").replace("DE89 3704", "DE88 3704").replace("471102", "471103"))
    for left, top, said in GERMAN
]
SECOND: list[At] = [
    (left, top, said.replace("471102", "471199").replace("05.03", "06.03")) for left, top, said in GERMAN
]
CONTRACT: list[At] = [
    (60, 20, "SERVICE AGREEMENT"),
    (20, 40, "This Agreement is made as of 1 March 2024 between Northgate Ltd and Harbour Tools Inc."),
    (20, 50, "1. The parties hereby agree as follows. This Agreement is effective as of 15 March 2024."),
    (20, 60, "2. It shall remain in force until 14 March 2026 unless terminated with 90 days written notice."),
    (20, 70, "3. Confidential information stays confidential."),
    (20, 80, "4. This Agreement shall be governed by the laws of the State of Ohio."),
]


def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "rechnung.pdf").write_bytes(pdf([GERMAN]))
    (folder / "a" / "b" / "copy.PDF").write_bytes(pdf([GERMAN]))
    (folder / "wrong.pdf").write_bytes(pdf([WRONG]))
    (folder / "facture.pdf").write_bytes(pdf([FRENCH]))
    (folder / "contract.pdf").write_bytes(pdf([CONTRACT]))
    (folder / "hybrid.pdf").write_bytes(pdf([GERMAN], {"factur-x.xml": CII.encode()}))
    (folder / "ubl.xml").write_text(E_INVOICE, encoding="utf-8")
    (folder / "feed.xml").write_text("<rss/>", encoding="utf-8")
    (folder / "stack.pdf").write_bytes(pdf([FRENCH, SECOND, CONTRACT]))
    (folder / "cut.pdf").write_bytes(pdf([GERMAN])[:200])
    (folder / "notes.pdf").write_bytes(b"no PDF at all")
    (folder / "other.txt").write_bytes(b"not asked for")
    return folder


def run(tmp_path: Path, source: Path, *more: str | Path) -> Done:
    return Program(tmp_path)("run-uc", "idp", "-s", source, "--to", tmp_path / "out", *more)


@pytest.fixture
def done(tmp_path: Path) -> Done:
    return run(tmp_path, inbox(tmp_path), "--report", tmp_path / "report.html", "-P", "fields=csv,parquet")


def test_fields_findings_files_and_both_doors(tmp_path: Path, done: Done) -> None:
    """One run, looked at from every side: starting a process costs more than looking."""
    assert done.code == 1, done.err
    found = {record["item"]["key"]: record for record in done.of("result")}
    assert done.summary["coverage"]["seen"] == 11
    assert {key for key, each in found.items() if each["status"] == "failed"} == {"cut.pdf", "feed.xml"}
    assert found["notes.pdf"]["status"] == "skipped"
    _fields(found)
    _findings(found, done)
    _files(tmp_path, found)
    _stack(found["stack.pdf"], found)
    _tables(tmp_path)
    environ = {"FSXAP_SOURCE": str(tmp_path / "in"), "FSXAP_TO": str(tmp_path / "out")}
    environ["FSXAP_PARAM_FIELDS"] = "csv,parquet"
    answers = by_lambda("idp", str(tmp_path / "lambda"), environ)
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state")
    assert answers["ended"]["coverage"] == done.summary["coverage"]


def _fields(found: dict[str, Any]) -> None:
    data = found["a/rechnung.pdf"]["data"]
    assert (data["document_type"], data["language"], data["pages"]) == ("invoice", "de", 1)
    assert {name: data["fields"][name]["value"] for name in ("number", "issue_date", "total", "tax")} == {
        "number": "471102",
        "issue_date": "2018-03-05",
        "total": "529.87",
        "tax": "56.87",
    }
    assert [row["total"] for row in data["line_items"]] == ["198.00", "275.00"]
    agreed = found["contract.pdf"]["data"]
    assert agreed["document_type"] == "contract"
    assert {name: each["value"] for name, each in agreed["fields"].items() if name != "issue_date"} == {
        "parties": ["Northgate Ltd", "Harbour Tools Inc"],
        "effective_date": "2024-03-15",
        "expiry_date": "2026-03-14",
        "notice_period": "P90D",
        "governing_law": "State of Ohio",
    }
    exact = found["hybrid.pdf"]["data"]["fields"]
    assert (exact["total"]["value"], exact["total"]["confidence"]) == ("121.38", 1.0)
    assert found["ubl.xml"]["data"]["fields"]["total"]["value"] == "119.00"


def _findings(found: dict[str, Any], done: Done) -> None:
    rules = {key: {each["rule"] for each in record["findings"]} for key, record in found.items()}
    assert "idp-mismatch" in rules["hybrid.pdf"]
    assert "idp-check-digit" in rules["wrong.pdf"]
    assert rules["a/rechnung.pdf"] <= {"idp-review"}
    for record in found.values():
        for finding in record["findings"]:
            said = json.dumps([finding["message"], finding["evidence"]])
            assert not any(text in said for text in ("471102", "529", "Kaufrausch")), "findings quote no document"
    assert done.summary["data"]["facts"]["duplicates"] == 3, "the copy, and two of the stack"


def _files(tmp_path: Path, found: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    written = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json")}
    assert written == {f"{key}.json" for key, each in found.items() if each["status"] == "ok"}
    for name in written:
        document = json.loads((tmp_path / "out" / name).read_text(encoding="utf-8"))
        jsonschema.validate(document, schema)
        assert document["key"] == name.removesuffix(".json")
        assert document["fields"] == found[document["key"]]["data"]["fields"]
    table = written_table(tmp_path)
    assert {row["key"] for row in table} == {key for key, each in found.items() if each["status"] == "ok"}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for title in ("Totals by vendor and month", "To review"):
        assert title in page


def _stack(record: dict[str, Any], found: dict[str, Any]) -> None:
    """Three documents in one file, each as if it were alone; what is beside them is the first."""
    data = record["data"]
    assert [each["page_range"] for each in data["documents"]] == [[1, 1], [2, 2], [3, 3]]
    assert [each["document_type"] for each in data["documents"]] == ["invoice", "invoice", "contract"]
    first, second, third = (each["fields"] for each in data["documents"])
    assert data["fields"] == first
    assert (first["number"]["value"], second["number"]["value"]) == ("FA-2017-0010", "471199")
    assert {each["page"] for each in second.values()} == {2}
    alone = found["contract.pdf"]["data"]["fields"]
    assert {name: each["value"] for name, each in third.items()} == {
        name: each["value"] for name, each in alone.items()
    }
    assert data["pages"] == 3 and record["usage"]["documents"] == 3
    assert all("documents" not in each["data"] for key, each in found.items() if key != "stack.pdf")


def written_table(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "out" / "fields.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _tables(tmp_path: Path) -> None:
    """Both say the same; the Parquet file has types."""
    duckdb = pytest.importorskip("duckdb")
    file = str(tmp_path / "out" / "fields.parquet")
    columns = dict(duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{file}')").fetchall())
    assert (columns["amount"], columns["date"], columns["page"]) == ("DECIMAL(38,9)", "DATE", "INTEGER")
    rows = duckdb.sql(f"SELECT key, document, field, value, amount, date FROM '{file}'").fetchall()
    said = {(key, str(document), field): (value, amount, day) for key, document, field, value, amount, day in rows}
    assert said["a/rechnung.pdf", "1", "total"] == ("529.87", Decimal("529.87"), None)
    assert said["stack.pdf", "2", "issue_date"] == ("2018-03-06", None, date(2018, 3, 6))
    table = {(row["key"], row["document"], row["field"]): row["value"] for row in written_table(tmp_path)}
    assert {place: value.removeprefix("'") for place, value in table.items()} == {
        place: value for place, (value, _, _) in said.items()
    }


@pytest.mark.parametrize("param", ["fields=xls", "features=colour", "review_threshold=2", "max_pages=0"])
def test_a_wrong_parameter_is_a_usage_error(tmp_path: Path, param: str) -> None:
    (tmp_path / "in").mkdir()
    done = run(tmp_path, tmp_path / "in", "-P", param)
    assert done.code == 2
    assert param.partition("=")[0] in done.error["message"]
