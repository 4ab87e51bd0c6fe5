from __future__ import annotations

import threading
from typing import Any

import pytest

from fsxap.errors import ConfigurationError, FsxapError, Interrupted, ItemError, ServiceError, Throttled, Unavailable
from fsxap.providers.aws.textract import Reply, Textract
from fsxap.providers.aws.textract_jobs import StoredJobs
from fsxap.retry import Retry
from tests.unit.providers.aws.textract_service import Bucket, Sheet, TextractService, geometry

FAST = Retry(attempts=4, base=0.001, cap=0.002)
BODY = b"%PDF- two pages"


class Clock:
    """A cancellation that never sleeps; `dies` at that many waits."""

    def __init__(self, dies: int = 0) -> None:
        self.waits, self._dies = 0, dies

    def is_set(self) -> bool:
        return bool(self._dies) and self.waits >= self._dies

    def check(self) -> None:
        if self.is_set():
            raise Interrupted("stopped")

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        return self.is_set()


def lines(count: int) -> Any:
    def write(_body: bytes, _asked: tuple[str, ...]) -> list[Sheet]:
        sheets = [Sheet(number) for number in range(1, count + 1)]
        for sheet in sheets:
            for at in range(6):
                sheet.line(f"page {sheet.page} line {at}", top=0.1 * at)
        return sheets

    return write


def reader(service: TextractService, cancel: Any = None, retry: Retry = FAST) -> Textract:
    return Textract(
        service.client, stage=service.bucket, jobs=StoredJobs(service.bucket), cancel=cancel or Clock(), retry=retry
    )  # type: ignore[arg-type]


def texts(reply: Reply) -> list[str]:
    return [line.text for content in reply.contents.values() for line in content.lines]


@pytest.mark.parametrize(
    ("features", "operations", "asked", "usage"),
    [
        (["text"], ["DetectDocumentText"], None, {"textract_text_pages": 1}),
        ([], ["DetectDocumentText"], None, {"textract_text_pages": 1}),
        (
            ["text", "tables", "forms"],
            ["AnalyzeDocument"],
            ["FORMS", "SIGNATURES", "TABLES"],
            {"textract_forms_pages": 1, "textract_tables_pages": 1},
        ),
        (["queries"], ["AnalyzeDocument"], ["QUERIES"], {"textract_queries_pages": 1}),
        (
            ["text", "forms", "expense"],
            ["AnalyzeDocument", "AnalyzeExpense"],
            ["FORMS", "SIGNATURES"],
            {"textract_forms_pages": 1, "textract_expense_pages": 1},
        ),
        (["text", "expense"], ["AnalyzeExpense"], None, {"textract_expense_pages": 1}),
    ],
)
def test_only_what_is_wanted_is_asked_and_billed(
    features: list[str], operations: list[str], asked: list[str] | None, usage: dict[str, int]
) -> None:
    service = TextractService(lines(1), expense=[{"SummaryFields": []}])
    reply = reader(service).read(b"\x89PNG", 1, features)
    assert [operation for operation, _ in service.requests] == operations
    assert service.requests[0][1].get("FeatureTypes") == asked
    assert reply.usage == usage and len(texts(reply)) == 6
    assert reply.engine == ", ".join(
        f"textract {operation}" + ("" if operation == "AnalyzeExpense" else " 1.0") for operation in operations
    )
    assert service.bucket.puts == []


def test_several_pages_go_through_the_state_bucket_and_every_part_of_the_answer_is_read() -> None:
    service = TextractService(lines(3))
    reply = reader(service).read(BODY, 3, ["tables"])
    assert texts(reply) == [f"page {page} line {at}" for page in (1, 2, 3) for at in range(6)]
    assert service.called("StartDocumentAnalysis") == 1 and service.called("GetDocumentAnalysis") > 10
    assert reply.usage == {"textract_tables_pages": 3}
    assert [key for key in service.bucket.objects if key.startswith("documents/")] == []


def test_a_page_too_heavy_for_a_request_is_staged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsxap.providers.aws.textract.MOST_AT_ONCE", 4)
    service = TextractService(lines(1))
    assert len(texts(reader(service).read(BODY, 1, ["text"]))) == 6
    assert service.called("StartDocumentTextDetection") == 1


@pytest.mark.parametrize("features", [["text"], ["forms"], ["expense"], ["tables", "expense"]])
def test_whoever_dies_waiting_is_followed_by_one_who_goes_on_with_the_job(features: list[str]) -> None:
    service = TextractService(lines(2), slow=3, expense=[{"SummaryFields": []}])
    with pytest.raises(Interrupted):
        reader(service, Clock(dies=2)).read(BODY, 2, features)
    started = dict(service.jobs)
    reply = reader(service).read(BODY, 2, features)
    assert len(texts(reply)) == 12
    assert len(started) == 1 and started.items() <= service.jobs.items()
    assert len(service.jobs) == service.called("Start") == max(1, len(features))


def test_a_death_before_the_job_s_id_is_kept_starts_no_second_job() -> None:
    service = TextractService(lines(2))
    put = service.bucket.put

    def full(key: str, body: Any) -> str:
        if key.startswith("jobs/"):
            raise Unavailable("the bucket is away")
        return put(key, body)

    service.bucket.put = full  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        reader(service).read(BODY, 2, ["text"])
    service.bucket.put = put  # type: ignore[method-assign]
    assert len(texts(reader(service).read(BODY, 2, ["text"]))) == 12
    assert service.called("Start") == 2 and len(service.jobs) == 1


def test_the_same_document_at_the_same_time_is_one_job() -> None:
    service, replies = TextractService(lines(2)), []
    textract = reader(service)
    threads = [threading.Thread(target=lambda: replies.append(textract.read(BODY, 2, ["text"]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(texts(reply)) for reply in replies] == [12] * 4 and len(service.jobs) == 1


def test_other_content_and_other_features_are_other_jobs() -> None:
    service = TextractService(lines(2))
    textract = reader(service)
    for body, features in ((BODY, ["text"]), (BODY, ["forms"]), (BODY + b"!", ["text"])):
        textract.read(body, 2, features)
    assert len(service.jobs) == 3


def test_an_answer_that_is_no_longer_kept_is_asked_for_anew() -> None:
    service = TextractService(lines(2))
    reader(service).read(BODY, 2, ["text"])
    service.jobs.clear()
    assert len(texts(reader(service).read(BODY, 2, ["text"]))) == 12
    assert service.called("Start") == 2 and len(service.tokens) == 2
    reader(service).read(BODY, 2, ["text"])
    assert service.called("Start") == 2


def test_a_failed_job_is_the_item_s_failure_and_the_next_run_starts_another() -> None:
    service = TextractService(lines(2), fail="INVALID_IMAGE_TYPE")
    with pytest.raises(ItemError, match="INVALID_IMAGE_TYPE"):
        reader(service).read(BODY, 2, ["text"])
    assert [key for key in service.bucket.objects if key.startswith("documents/")] == []
    service.fail = ""
    assert len(texts(reader(service).read(BODY, 2, ["text"]))) == 12
    assert len(service.tokens) == 2


def test_pages_that_could_not_be_read_are_told() -> None:
    service = TextractService(lines(2), warnings=[{"ErrorCode": "BAD_PAGE", "Pages": [2]}, {"ErrorCode": "ODD"}])
    assert reader(service).read(BODY, 2, ["text"]).unread == {2: "BAD_PAGE", 0: "ODD"}


def test_fewer_pages_than_the_document_has_are_an_error() -> None:
    with pytest.raises(ServiceError, match="2 pages of 3"):
        reader(TextractService(lines(2))).read(BODY, 3, ["text"])


def test_an_answer_that_goes_in_circles_ends() -> None:
    service = TextractService(lines(2))
    whole = service._get
    service._get = lambda params: (
        whole(params | {"NextToken": "0"})
        | (  # type: ignore[method-assign]
            {"NextToken": "same"} if service.jobs[params["JobId"]].polls > service.slow else {}
        )
    )
    with pytest.raises(ServiceError, match="circles"):
        reader(service).read(BODY, 2, ["text"])


def test_a_job_that_never_ends_is_given_up_and_found_again() -> None:
    service = TextractService(lines(2), slow=10**9)
    textract = reader(service)
    assert textract._jobs is not None
    object.__setattr__(textract._jobs, "timeout", 0.05)
    with pytest.raises(Unavailable) as caught:
        textract.read(BODY, 2, ["text"])
    assert caught.value.code == "timeout"
    service.slow = 0
    reader(service).read(BODY, 2, ["text"])
    assert len(service.jobs) == 1


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "LimitExceededException"]
)
def test_pushing_back_is_waited_out_with_fewer_at_a_time(code: str) -> None:
    service = TextractService(lines(2), refuse=[code, code])
    textract = reader(service)
    before = textract._gate.limit
    assert len(texts(textract.read(BODY, 2, ["text"]))) == 12
    assert textract._gate.limit < before


def test_pushing_back_for_ever_is_an_error_that_can_be_tried_again() -> None:
    service = TextractService(lines(1), refuse=["ThrottlingException"] * 99)
    with pytest.raises(Throttled):
        reader(service).read(BODY, 1, ["text"])
    assert len(service.requests) == FAST.attempts


@pytest.mark.parametrize(
    ("code", "kind", "ours"),
    [
        ("UnsupportedDocumentException", ItemError, "unsupported"),
        ("BadDocumentException", ItemError, "damaged"),
        ("DocumentTooLargeException", ItemError, "too-large"),
        ("InvalidS3ObjectException", ServiceError, "service-cannot-read"),
    ],
)
def test_refusals_are_ours(code: str, kind: type[FsxapError], ours: str) -> None:
    service = TextractService(lines(2), refuse=[code])
    with pytest.raises(kind) as caught:
        reader(service).read(BODY, 2, ["text"])
    assert caught.value.code == ours and caught.value.hint


@pytest.mark.parametrize(
    ("bucket", "pages", "kind"),
    [
        (None, 2, ConfigurationError),
        (Bucket("s3://vol-abc-ext-s3alias/x"), 2, ConfigurationError),
        (Bucket("/folder"), 2, ConfigurationError),
        (Bucket(), 3001, ItemError),
    ],
    ids=["no bucket", "access point", "folder", "too many pages"],
)
def test_what_textract_cannot_take_is_told_before(bucket: Bucket | None, pages: int, kind: type[FsxapError]) -> None:
    service = TextractService(lines(2))
    jobs = StoredJobs(bucket) if bucket else None  # type: ignore[arg-type]
    textract = Textract(service.client, stage=bucket, jobs=jobs, cancel=Clock(), retry=FAST)  # type: ignore[arg-type]
    with pytest.raises(kind):
        textract.read(BODY, pages, ["text"])
    assert service.requests == []


def test_receipts_in_one_file_are_all_told() -> None:
    value = {"Text": "9.00", "Confidence": 80.0, "Geometry": geometry(0.5, 0.5)}
    total = {"Type": {"Text": "TOTAL", "Confidence": 95.0}, "ValueDetection": value, "PageNumber": 1}
    service = TextractService(lines(1), expense=[{"SummaryFields": [total]}, {"SummaryFields": [total]}])
    reply = reader(service).read(b"\xff\xd8\xff", 1, ["expense"])
    assert [answer.name for answer in reply.expenses.answers] == ["total", "total"]
