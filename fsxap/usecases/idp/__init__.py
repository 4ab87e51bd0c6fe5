"""Contracts, invoices, receipts and forms, from scan or PDF to checked fields with their places on the page."""

from __future__ import annotations

from fsxap.engine.types import Footprint, Grant, Match, Param, UseCase, boolean, words
from fsxap.usecases.idp import counts
from fsxap.usecases.idp.process import process, units
from fsxap.usecases.idp.sample import write_sample
from fsxap.usecases.idp.summary import summarise
from fsxap.usecases.idp.table import FORMS

FEATURES = ("text", "forms", "tables", "expense", "queries")


def features(text: str) -> tuple[str, ...]:
    """Comma-separated names of features."""
    chosen = words(text)
    unknown = [name for name in chosen if name not in FEATURES]
    if unknown or not chosen:
        raise ValueError(f"of {', '.join(FEATURES)}, not {text!r}")
    return chosen


def tables(text: str) -> tuple[str, ...]:
    """csv, parquet or both, comma-separated."""
    chosen = words(text)
    if not chosen or not set(chosen) <= set(FORMS):
        raise ValueError(f"of {', '.join(FORMS)}, not {text!r}")
    return chosen


def share(text: str) -> float:
    """A number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(f"from 0 to 1, not {text}")
    return number


def count(text: str) -> int:
    """A number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError(f"at least 1, not {text}")
    return number


def none_or_more(text: str) -> int:
    """A number of at least 0."""
    number = int(text)
    if number < 0:
        raise ValueError(f"at least 0, not {text}")
    return number


PARAMS = (
    Param("review_threshold", "fields less sure than this go to review, 0 to 1", 0.85, share),
    Param("languages", "languages that may occur, comma-separated (en,de,fr,es,ja); any by default", (), words),
    Param(
        "features",
        "what to read, and with Textract to pay for: text, forms, tables, expense, queries",
        ("text", "forms", "tables"),
        features,
    ),
    Param("textract_region", "region of Textract and Comprehend; the profile's by default", ""),
    Param("accept_cross_region", "documents may be sent to textract_region for reading", False, boolean),
    Param("max_size", "larger files fail unread, in bytes", 200_000_000, count),
    Param("max_pages", "documents with more pages fail unread", 500, count),
    Param("max_pixels", "pages with more pixels fail unread", 120_000_000, count),
    Param("searchable_pdf", "also write scans as PDF files that can be searched", False, boolean),
    Param("fields", "the table of all fields as csv, parquet or both", ("csv",), tables, affects_results=False),
    Param(
        "pictures",
        "places to review that the report shows as pictures of the page, at most",
        24,
        none_or_more,
        affects_results=False,
    ),
    Param("pages_per_document", "pages a document is taken to have in estimates", 1, count, affects_results=False),
)

USE_CASE = UseCase(
    name="idp",
    title="Documents to checked fields",
    aliases=("uc2", "financial-idp"),
    match=Match((".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".xml")),
    process=process,
    summarise=summarise,
    params=PARAMS,
    engines=("documents", "entities", "narrator"),
    units=units,
    count=counts.count,
    footprint=Footprint(
        memory=3008,
        timeout=900,
        # What recognises print here is larger than a zip may be: there Textract reads what has no text layer.
        packages=("pypdfium2", "pillow", "numpy", "dateparser", "price-parser", "python-stdnum", "duckdb", "pytz"),
        grants=(
            Grant(("s3:GetObject", "s3:ListBucket"), ("source",)),
            Grant(("s3:PutObject",), ("sink",)),
            # None of these names a resource: the services have no resource-level permissions for them.
            Grant(
                (
                    "textract:DetectDocumentText",
                    "textract:AnalyzeDocument",
                    "textract:AnalyzeExpense",
                    "textract:StartDocumentTextDetection",
                    "textract:GetDocumentTextDetection",
                    "textract:StartDocumentAnalysis",
                    "textract:GetDocumentAnalysis",
                    "textract:StartExpenseAnalysis",
                    "textract:GetExpenseAnalysis",
                    "comprehend:DetectDominantLanguage",
                    "comprehend:DetectEntities",
                ),
                ("*",),
            ),
            Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), ("state",)),
        ),
    ),
    sample=write_sample,
    rules={
        "idp-review": "A field is less sure than the threshold, or missing: look at its place on the page.",
        "idp-arithmetic": "Sums of the document do not agree with each other.",
        "idp-dates": "A date is before another that it must follow.",
        "idp-check-digit": "The check digit of a bank account, tax or registration number does not agree.",
        "idp-mismatch": "An e-invoice's page says something else than its XML.",
        "idp-duplicate": "Another document has the same vendor, number and amount, or nearly the same text.",
    },
)
