"""Documents read by Amazon Textract: one page by bytes at once, more by a job over a staged copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

from fsxap.errors import ConfigurationError, ItemError, ServiceError, Throttled
from fsxap.ports import Cancellation, Store
from fsxap.providers.aws.errors import translated
from fsxap.providers.aws.textract_blocks import Content, contents
from fsxap.providers.aws.textract_expense import Expenses, expenses
from fsxap.providers.aws.textract_jobs import Answers, AsyncJobs, Jobs
from fsxap.providers.gate import Gate, Outcome
from fsxap.retry import Retry

MOST_AT_ONCE = 10 * 1024 * 1024
"""Bytes of a page sent in the request."""
MOST_STAGED = 500 * 1024 * 1024
MOST_PAGES = 3000

AT_ONCE = {"text": "detect_document_text", "analysis": "analyze_document", "expense": "analyze_expense"}
OPERATIONS = {"text": "DetectDocumentText", "analysis": "AnalyzeDocument", "expense": "AnalyzeExpense"}

ANALYSES = {"forms": ("FORMS", "SIGNATURES"), "tables": ("TABLES",), "queries": ("QUERIES",)}
"""Features that are sold by the page, and what is asked of the analysis. Signatures come with forms."""

QUERIES = {
    "vendor": "Who is the vendor or seller?",
    "vendor_tax_id": "What is the VAT or tax number of the vendor?",
    "customer": "Who is the customer or buyer?",
    "number": "What is the invoice or contract number?",
    "issue_date": "What is the date of issue?",
    "due_date": "What is the due date?",
    "subtotal": "What is the subtotal without tax?",
    "tax": "What is the tax amount?",
    "total": "What is the total amount?",
    "currency": "What is the currency?",
    "iban": "What is the IBAN?",
    "effective_date": "What is the effective date?",
    "expiry_date": "What is the expiry or end date?",
    "notice_period": "What is the notice period?",
    "governing_law": "What is the governing law?",
}
"""Asked under the names of fields; a page takes fifteen at once."""

REFUSED = {
    "unsupported-document-exception": ("unsupported", "it is no document that Textract reads"),
    "bad-document-exception": ("damaged", "Textract cannot open it"),
    "document-too-large-exception": ("too-large", "it is larger than Textract takes"),
}
PATIENCE = Retry(attempts=8, base=1.0, cap=30.0)
"""Textract's quotas are a few calls a second, shared by everybody in the account."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What Textract says about the pages it was sent, numbered from 1, and why some of them could not be read.

    `usage` counts pages by what they cost.
    """

    contents: Mapping[int, Content]
    expenses: Expenses
    engine: str
    unread: Mapping[int, str]
    usage: Mapping[str, int]


class Textract:
    """Reads by `client`, fewer documents at a time when the service pushes back.

    `stage` is a folder of a standard bucket in the client's region, for documents of several pages; `jobs` remembers
    what was started on them. The client should not retry by itself: `retry` does.
    """

    def __init__(
        self,
        client: Any,
        *,
        stage: Store | None,
        jobs: Jobs | None,
        cancel: Cancellation,
        retry: Retry = PATIENCE,
        queries: Mapping[str, str] = QUERIES,
    ) -> None:
        self._client, self._cancel, self._retry = client, cancel, retry
        self._queries = [{"Text": text, "Alias": name} for name, text in queries.items()]
        self._jobs = (
            AsyncJobs(self._call, stage, jobs, retry, cancel) if stage is not None and jobs is not None else None
        )
        self._gate = Gate()

    def read(self, body: bytes, pages: int, features: Sequence[str]) -> Reply:
        """`body` has `pages` pages. `features` are of text, forms, tables, queries, expense."""
        analyses = [each for each in ANALYSES if each in features]
        if pages > MOST_PAGES:
            raise ItemError(f"Textract reads {MOST_PAGES} pages at most, not {pages}", code="too-many-pages")
        sold = analyses + (["expense"] if "expense" in features else [])
        # Whatever is analysed, its text comes with it.
        kinds = (["analysis"] if analyses else []) + (["expense"] if "expense" in features else [])
        found = {kind: self._ask(kind, body, pages, analyses) for kind in kinds or ["text"]}
        receipts: list[Mapping[str, Any]] = []
        texts = contents(_blocks(found.values(), pages, receipts))
        if not analyses and receipts:
            texts = contents(block for receipt in receipts for block in receipt.get("Blocks") or ())
        return Reply(
            texts,
            expenses(receipts),
            ", ".join(_engine(kind, answers) for kind, answers in found.items()),
            {page: why for answers in found.values() for page, why in answers.unread.items()},
            {f"textract_{each}_pages": pages for each in sold or ["text"]},
        )

    def _ask(self, kind: str, body: bytes, pages: int, analyses: Sequence[str]) -> Answers:
        """What one family of operations says."""
        request: dict[str, Any] = {}
        if kind == "analysis":
            request["FeatureTypes"] = [each for name in analyses for each in ANALYSES[name]]
            if "queries" in analyses:
                request["QueriesConfig"] = {"Queries": self._queries}
        if pages == 1 and len(body) <= MOST_AT_ONCE:
            return Answers(self._call(AT_ONCE[kind], "reading a page", Document={"Bytes": body}, **request))
        if len(body) > MOST_STAGED:
            raise ItemError(f"Textract reads {MOST_STAGED} bytes at most, not {len(body)}", code="too-large")
        if self._jobs is None:
            raise ConfigurationError(
                "Textract reads documents of several pages from a standard bucket, and none was given",
                hint="set state_bucket to s3://BUCKET/PREFIX in Textract's region, or use --engine documents=local",
            )
        return self._jobs.run(kind, body, sha256(body).hexdigest(), request)

    def _call(self, operation: str, what: str, **request: Any) -> Mapping[str, Any]:
        def once() -> Mapping[str, Any]:
            era = self._gate.enter(self._stopped)
            outcome: Outcome = "neutral"
            try:
                with translated(f"{what} by Textract"):
                    answer: Mapping[str, Any] = getattr(self._client, operation)(**request)
                outcome = "answered"
                return answer
            except Throttled:
                outcome = "congested"
                raise
            finally:
                self._gate.leave(era, outcome)

        try:
            return self._retry.call(once, sleep=self._pause)
        except ServiceError as error:
            if error.code in REFUSED:
                code, why = REFUSED[error.code]
                raise ItemError(why, code=code, hint="use --engine documents=local for it") from error
            raise

    def _stopped(self) -> bool:
        self._cancel.check()
        return False

    def _pause(self, seconds: float) -> None:
        self._cancel.wait(seconds)
        self._cancel.check()


def _blocks(found: Iterable[Answers], pages: int, receipts: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Blocks of all answers, one part in memory at a time; expense documents go to `receipts`."""
    for answers in found:
        told = (answers.first.get("DocumentMetadata") or {}).get("Pages")
        if told != pages and not answers.unread:
            # A page that is not in the answer must not look like an empty one.
            raise ServiceError(f"Textract answered about {told} pages of {pages}", code="unexpected-answer")
        for part in chain([answers.first], answers.others):
            receipts += part.get("ExpenseDocuments") or ()
            yield from part.get("Blocks") or ()


def _engine(kind: str, answers: Answers) -> str:
    """With the model's version where the answer tells it."""
    return f"textract {OPERATIONS[kind]} {answers.first.get(f'{OPERATIONS[kind]}ModelVersion') or ''}".rstrip()
