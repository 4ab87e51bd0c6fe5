"""`fsxap cost` as a program: from items, counts and schedules to records, offline."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.program import Program

DICOM = ("cost", "healthcare-dicom", "--region", "us-east-1")


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    root = tmp_path / "scans"
    root.mkdir()
    for name in ("a.dcm", "b.dcm", "c.dcm"):
        (root / name).write_bytes(b"x" * 1000)
    return root


def test_counts(fsxap: Program) -> None:
    done = fsxap(*DICOM, "--count", "1000", "--size", "500KB", "-P", "images=2", "-P", "characters=500")
    assert done.code == 0, done.err
    *_, last = done.of("estimate")
    # 2,000 pictures at 1 USD for 1,000, and 5,000 units at 14 USD for 10,000.
    assert (last["service"], last["usd"], last["quantity"]) == ("total", "9.00", 1000)
    assert "price of" not in done.out


def test_a_folder_is_read_by_embedded_engines(fsxap: Program, scans: Path) -> None:
    done = fsxap(*DICOM, "-s", scans, "--compare", "local,aws", "--look", "0")
    rows = {record["item"]: record for record in done.of("estimate")}
    assert rows["one run"]["usd"] == "0.00"
    assert Decimal(rows["aws"]["usd"]) > 0
    assert rows["local"]["usd"] == "0.00"


def test_a_manifest(fsxap: Program, scans: Path) -> None:
    manifest = fsxap.here / "manifest.jsonl"
    assert fsxap("discover", scans, "-o", manifest).code == 0
    done = fsxap(*DICOM, "--items", manifest, "--engines", "aws")
    assert done.of("estimate")[-1]["quantity"] == 3
    again = fsxap(*DICOM, "--items", "-", "--engines", "aws", input=manifest.read_text())
    assert again.out == done.out


def test_pages_of_documents_are_counted(fsxap: Program) -> None:
    """Three pages and two, one that says nothing, and XML, which is not paid for: 65 USD for 1,000 pages."""
    from PIL import Image
    from pypdfium2 import PdfDocument

    inbox = fsxap.here / "inbox"
    inbox.mkdir()
    document = PdfDocument.new()
    for _ in range(3):
        document.new_page(200, 200)
    document.save(inbox / "three.pdf")
    first, second = (Image.new("L", (8, 8)) for _ in range(2))
    first.save(inbox / "two.tif", save_all=True, append_images=[second])
    (inbox / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (inbox / "invoice.xml").write_text("<x/>")
    arguments = ("cost", "idp", "--region", "us-east-1", "-s", inbox, "--engines", "aws", "-P", "features=forms,tables")
    done = fsxap(*arguments, "-P", "characters=0")
    pages = {record["unit"]: record for record in done.of("estimate")}
    # The broken one is taken to have one page, perhaps two.
    assert pages["textract_forms_pages"]["quantity"] == 6
    assert (pages["textract_tables_pages"]["low"], pages["textract_tables_pages"]["high"]) == ("0.090000", "0.105000")
    assert "counted: pages of 3 of 4 items" in done.err
    assert "not counted: 1 of 4 items, the first because" in done.err
    assert "pages=1 of an item" in done.err
    (inbox / "broken.pdf").unlink()
    done = fsxap(*arguments)
    assert "counted: pages of 3 of 3 items" in done.err
    assert "pages=1" not in done.err
    given = fsxap(*arguments, "-P", "pages=4")
    assert {record["unit"]: record["quantity"] for record in given.of("estimate")}["textract_forms_pages"] == 8
    assert "counted" not in given.err
    drawn = fsxap(*arguments, "--look", "2")
    assert "counted: pages of 2 of 2 items, drawn by chance from 3" in drawn.err


def test_pictures_that_are_looked_at_are_counted(fsxap: Program) -> None:
    from fsxap.usecases.healthcare_dicom.sample import write_sample

    scans = fsxap.here / "scans"
    scans.mkdir()
    write_sample(scans)
    files = sum(1 for path in scans.rglob("*") if path.is_file())
    done = fsxap(*DICOM, "-s", scans, "--engines", "aws")
    assert f"counted: images of {files} of {files} items" in done.err
    assert "images=1" not in done.err
    quantities = {record["unit"]: record["quantity"] for record in done.of("estimate")}
    everything = fsxap(*DICOM, "-s", scans, "--engines", "aws", "-P", "clean=pixels")
    assert quantities["rekognition_images"] > 0
    assert (
        quantities["rekognition_images"]
        < {record["unit"]: record["quantity"] for record in everything.of("estimate")}["rekognition_images"]
    )


def test_a_schedule_is_a_month_of_a_pipeline(fsxap: Program) -> None:
    done = fsxap(
        *DICOM, "--count", "100", "--schedule", "rate(1 hour)", "--new-per-run", "1", "--compare", "rate(1 day)",
        "--compare", "production", "--compare", "images=0",
    )  # fmt: skip
    assert done.code == 0, done.err
    rows = {record["item"]: record for record in done.of("estimate")}
    usd = {name: Decimal(row["usd"]) for name, row in rows.items()}
    assert rows["the first month"]["quantity"] == 830
    assert usd["rate(1 day)"] < usd["the first month"] < usd["production"]
    assert usd["images=0"] < usd["the first month"] < usd["reprocessing everything"]
    assert any(record["service"] == "free tier" for record in done.of("estimate"))
    assert "assumed" in done.err


def test_an_audit_in_a_vpc_pays_for_its_endpoints(fsxap: Program) -> None:
    arguments = ("cost", "uc1", "--count", "100", "--region", "ap-northeast-1")
    demo = {record["unit"] for record in fsxap(*arguments, "--tier", "demo").of("estimate")}
    production = {record["unit"]: record for record in fsxap(*arguments, "--tier", "production").of("estimate")}
    assert "endpoint_hours" not in demo
    # Secrets Manager, Athena and Glue in two zones.
    assert production["endpoint_hours"]["quantity"] == 3 * 2 * 730
    assert production["endpoint_hours"]["usd"] == "61.32"


def test_prices_of_a_file(fsxap: Program) -> None:
    row = {
        "unit": "rekognition_images", "service": "Rekognition", "item": "pictures", "per": 1, "usd": "2",
        "region": "us-east-1", "dated": "2030-01-01", "source": "a contract", "certainty": "good",
    }  # fmt: skip
    file = fsxap.here / "prices.json"
    file.write_text(json.dumps({"dated": "2030-01-01", "rows": [row]}))
    last = fsxap(*DICOM, "--count", "10", "--prices", file).of("estimate")[-1]
    assert (last["usd"], last["basis"]) == ("20.00", "prices of 2030-01-01")
    kept = fsxap.here / "home" / ".config" / "fsxap" / "prices.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(file.read_text())
    assert fsxap(*DICOM, "--count", "10", XDG_CONFIG_HOME=str(kept.parents[1])).of("estimate")[-1]["usd"] == "20.00"
    file.write_text("{}")
    assert fsxap(*DICOM, "--count", "10", "--prices", file, "--output", "jsonl").code == 253


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("healthcare-dicom",),
        ("healthcare-dicom", "--count", "1", "--items", "x"),
        ("healthcare-dicom", "--count", "1", "--schedule", "hourly"),
        ("healthcare-dicom", "--count", "1", "--tier", "gold"),
        ("healthcare-dicom", "--count", "1", "--engines", "gcp"),
        ("healthcare-dicom", "--count", "1", "--compare", "cheaper"),
        ("healthcare-dicom", "--count", "1", "-P", "images=many"),
        ("healthcare-dicom", "--count", "1", "-P", "images=0.5"),
        ("healthcare-dicom", "--count", "1", "-P", "pages=3"),
        ("healthcare-dicom", "--count", "1", "-P", "nonsense=3"),
    ],
)
def test_usage_errors(fsxap: Program, arguments: tuple[str, ...]) -> None:
    done = fsxap("cost", *arguments)
    assert done.code == 2, done.err
    assert (done.error["code"], done.out) == ("usage", "")


def test_refreshing_needs_credentials(fsxap: Program) -> None:
    done = fsxap("cost", "--refresh-prices", "--region", "us-east-1")
    assert (done.code, done.error["code"]) == (253, "no-credentials")


def test_a_page_with_tables_and_charts(fsxap: Program) -> None:
    page = fsxap.here / "cost.html"
    done = fsxap(*DICOM, "--count", "10", "--schedule", "rate(1 day)", "--compare", "local", "--report", page)
    assert done.code == 0, done.err
    text = page.read_text()
    for words in ("Cost of DICOM de-identification", "Where it goes", "reprocessing everything", "Free tiers", "<svg"):
        assert words in text
    assert done.of("estimate")[-1]["usd"] in text
    assert "http://" not in text and "https://" not in text


def test_a_month_of_a_pattern(fsxap: Program, scans: Path) -> None:
    month = ("cost", "knowledge-base", "--region", "us-east-1", "--schedule", "rate(1 day)")
    many = fsxap(*month, "--count", "10000", "--size", "20KB")
    assert many.code == 0, many.err
    lines = {row["unit"]: row for row in many.of("estimate")}
    # 200 MB are 50 million tokens, a fourth more by overlap, at 0.02 USD for a million.
    assert (lines["embedding_tokens"]["quantity"], lines["embedding_tokens"]["usd"]) == (62_500_000, "1.25")
    assert Decimal(lines["items"]["low"]) < Decimal(lines["items"]["usd"]) < Decimal(lines["items"]["high"])
    hourly = fsxap(*month, "-s", scans, "-P", "VectorStore=OPENSEARCH_SERVERLESS", "-P", "StandbyReplicas=ENABLED")
    found = {row["unit"]: row["usd"] for row in hourly.of("estimate")}
    assert found["opensearch_unit_hours"] == "350.40" and "s3_vector_byte_months" not in found
    assert fsxap(*month, "--count", "1", "-P", "Vectorstore=x").code == 2


def test_a_month_of_spark_jobs(fsxap: Program) -> None:
    done = fsxap(
        "cost", "spark", "--region", "us-east-1", "--schedule", "rate(1 day)", "--count", "100", "--size", "1GB"
    )
    assert done.code == 0, done.err
    lines = {row["unit"]: row for row in done.of("estimate")}
    # 100 GB at 80 MB a second and 120 s to begin with: 1,370 s of three workers with 4 vCPU, 30.4 times.
    assert lines["emr_vcpu_seconds"]["quantity"] == round(1370 * 3 * Decimal(365) / 12 + Decimal("0.5")) * 4
    assert lines["emr_memory_gb_seconds"]["quantity"] == 4 * lines["emr_vcpu_seconds"]["quantity"]
    assert Decimal(lines["items"]["low"]) < Decimal(lines["items"]["usd"]) < Decimal(lines["items"]["high"])


def test_a_month_of_an_sftp_server(fsxap: Program) -> None:
    done = fsxap("cost", "sftp", "--region", "us-east-1", "--count", "1000", "--size", "1GB")
    assert done.code == 0, done.err
    lines = {row["unit"]: row for row in done.of("estimate")}
    assert (lines["sftp_hours"]["quantity"], lines["sftp_hours"]["usd"]) == (730, "219.00")
    assert Decimal(lines["sftp_bytes"]["usd"]) > 35
