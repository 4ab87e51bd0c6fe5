"""Athena beyond the contract: requests, time limits, stopping, failures, and what its answers may look like."""

import gzip
import json
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from fsxap.engine.cancel import Cancel
from fsxap.errors import (
    AccessDenied,
    ConfigurationError,
    FsxapError,
    Interrupted,
    ServiceError,
    Throttled,
    Unavailable,
    UsageError,
)
from fsxap.ports import Table
from fsxap.providers.aws import athena_results
from fsxap.providers.aws.athena import Athena
from fsxap.retry import Retry
from tests import moto_server
from tests.unit.providers.aws_wire import AthenaService, Refusal

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

LOCATION = "s3://state-bucket/fsxap/runs/r1/sql"
ROWS = Table("t", {"a": "varchar", "n": "bigint"}, [{"a": "x", "n": 1}, {"a": "a", "n": 2}])


class Impatient(Cancel):
    """Set by the wait number `after`, and never sleeps."""

    def __init__(self, after: int = 10**9) -> None:
        super().__init__()
        self._left = after

    def wait(self, seconds: float) -> bool:
        self._left -= 1
        if self._left <= 0:
            self.set(signal.SIGTERM)
        return self.is_set()


@pytest.fixture
def service(tmp_path: Path) -> AthenaService:
    return AthenaService(tmp_path, LOCATION)


def athena(service: Any, **options: Any) -> Athena:
    given = {"location": LOCATION, "database": "runs", "retry": Retry(base=0.0001), "cancel": Impatient(), **options}
    return Athena(service.client, given.pop("put", None) or service.put, **given)


def test_requests_are_bounded_idempotent_and_below_the_location(service: AthenaService) -> None:
    engine = athena(service, workgroup="fsxap")
    engine.load([ROWS])
    for _ in range(2):
        assert list(engine.query("SELECT n FROM t WHERE a = 'x'")) == [{"n": 1}]
    starts = [params for operation, params in service.requests if operation == "StartQueryExecution"]
    assert {start["WorkGroup"] for start in starts} == {"fsxap"}
    assert {start["ResultConfiguration"]["OutputLocation"] for start in starts} == {f"{LOCATION}/results/"}
    assert {start["QueryExecutionContext"]["Database"] for start in starts} == {"runs"}
    create, first, second = (start["ClientRequestToken"] for start in starts)
    assert first == second != create
    assert engine.usage()["athena_queries"] == 1


def test_tokens_do_not_repeat_over_connections(service: AthenaService) -> None:
    for _ in range(2):
        list(athena(service).query("SELECT 1 AS one"))
    tokens = [params["ClientRequestToken"] for name, params in service.requests if name == "StartQueryExecution"]
    assert len(set(tokens)) == 2


def test_rows_are_gzip_parts_of_json_lines_under_the_tables_own_folder(service: AthenaService) -> None:
    athena(service, part_bytes=1).load([ROWS, Table("empty", {"a": "varchar"}, [])])
    (folder,) = {key.rpartition("/")[0] for key in service.objects}
    assert sorted(key.rpartition("/")[2] for key in service.objects) == ["part-00000.jsonl.gz", "part-00001.jsonl.gz"]
    lines = [json.loads(gzip.decompress(body)) for _, body in sorted(service.objects.items())]
    assert lines == [{"a": "x", "n": 1}, {"a": "a", "n": 2}]
    (statement, *_) = service.statements("CREATE EXTERNAL TABLE")
    assert f"LOCATION '{folder}/'" in statement
    assert "`a` string,\n  `n` bigint" in statement


def test_only_the_tables_a_query_names_are_bound_to_it(service: AthenaService) -> None:
    engine = athena(service)
    engine.load([ROWS, Table("other", {"a": "varchar"}, [])])
    list(engine.query("WITH x AS (SELECT n FROM T) SELECT n FROM x"))
    assert service.statements("WITH")[-1].startswith('WITH "t" AS (SELECT * FROM "runs"."t_')
    assert "other" not in service.statements("WITH")[-1]
    engine.query(
        "with recursive x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 3) SELECT x.n AS n FROM x, t"
    )
    assert service.statements("with recursive")[-1].startswith('with recursive "t" AS (')


def test_two_runs_share_a_database(service: AthenaService) -> None:
    first, second = athena(service), athena(service)
    first.load([ROWS])
    second.load([Table("t", {"a": "varchar"}, [{"a": "second"}])])
    assert list(second.query("SELECT a FROM t")) == [{"a": "second"}]
    second.close()
    assert list(first.query("SELECT n FROM t WHERE a = 'a'")) == [{"n": 2}]


def test_a_row_that_looks_like_the_header_is_kept(service: AthenaService) -> None:
    service.page = 2
    assert list(athena(service).query("SELECT a FROM (VALUES ('a'), ('a'), ('a')) AS v(a)")) == [{"a": "a"}] * 3


def test_close_drops_our_tables_even_when_cancelled(service: AthenaService) -> None:
    cancel = Impatient()
    engine = athena(service, cancel=cancel)
    engine.load([ROWS])
    assert len(service.tables()) == 1
    cancel.set()
    engine.close()
    engine.close()
    assert service.tables() == []
    assert len(service.statements("DROP TABLE IF EXISTS `runs`.`t_")) == 1


def test_a_query_that_takes_too_long_is_stopped(service: AthenaService) -> None:
    service.slow = True
    with pytest.raises(Unavailable, match="did not finish within 0 s") as caught:
        athena(service, timeout=0).query("SELECT 1 AS one")
    assert not caught.value.retryable
    assert caught.value.hint == "the query was stopped"
    assert service.stopped == list(service.executions)


def test_cancelling_stops_the_query(service: AthenaService) -> None:
    service.slow = True
    with pytest.raises(Interrupted) as caught:
        athena(service, cancel=Impatient(after=2)).query("SELECT 1 AS one")
    assert caught.value.exit == 143
    assert service.stopped == list(service.executions)


def test_cancelling_between_pages_ends_the_rows(service: AthenaService) -> None:
    service.page, cancel = 1, Impatient()
    rows = athena(service, cancel=cancel).query("SELECT a FROM (VALUES (1), (2)) AS v(a) ORDER BY a")
    assert next(rows) == {"a": 1}
    cancel.set()
    with pytest.raises(Interrupted):
        next(rows)


def test_a_query_that_cannot_be_stopped_is_told(service: AthenaService, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_params: dict[str, Any]) -> dict[str, Any]:
        raise Refusal("AccessDeniedException", "not authorized to perform athena:StopQueryExecution", 403)

    service.slow = True
    monkeypatch.setattr(service, "_stopqueryexecution", refuse)
    with pytest.raises(Interrupted) as caught:
        athena(service, cancel=Impatient(after=2)).query("SELECT 1 AS one")
    assert "may still run" in caught.value.hint


def test_a_failed_query_is_started_anew_when_asked_again(service: AthenaService) -> None:
    engine = athena(service)
    with pytest.raises(ServiceError, match="TABLE_NOT_FOUND"):
        engine.query("SELECT n FROM t")
    for execution in service.executions.values():
        execution.sql = "SELECT 5 AS n"
    with pytest.raises(ServiceError):
        engine.query("SELECT n FROM t")
    assert len(service.executions) == 2


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("TooManyRequestsException", 400, Throttled),
        ("AccessDeniedException", 400, AccessDenied),
        ("InternalServerException", 500, Unavailable),
        ("InvalidRequestException", 400, ServiceError),
    ],
)
def test_refusals_are_translated(
    service: AthenaService, monkeypatch: pytest.MonkeyPatch, code: str, status: int, error: type[FsxapError]
) -> None:
    def refuse(_params: dict[str, Any]) -> dict[str, Any]:
        raise Refusal(code, "no", status)

    monkeypatch.setattr(service, "_startqueryexecution", refuse)
    with pytest.raises(error, match="starting the query on Athena: no"):
        athena(service).query("SELECT 1 AS one")


def test_a_table_that_was_not_made_can_still_be_cleaned_up(
    service: AthenaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = athena(service)
    define = service._define
    monkeypatch.setattr(service, "_define", lambda sql: define("SELECT * FROM nowhere"))
    with pytest.raises(ServiceError):
        engine.load([ROWS])
    monkeypatch.undo()
    engine.close()
    assert service.tables() == []


def test_a_database_is_made_only_when_asked(service: AthenaService) -> None:
    athena(service).load([ROWS])
    assert service.statements("CREATE DATABASE") == []
    engine = athena(service, create_database=True)
    engine.load([ROWS])
    engine.load([ROWS])
    assert service.statements("CREATE DATABASE") == ["CREATE DATABASE IF NOT EXISTS `runs`"]


@pytest.mark.parametrize(
    "location",
    [
        "s3://files-abc-ext-s3alias/out",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/files/object/out",
        "s3://state/it's",
        "s3://state/a b",
        "s3://STATE/a",
        "/tmp/out",
        "",
    ],
)
def test_answers_go_to_a_standard_bucket_only(service: AthenaService, location: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        athena(service, location=location)
    assert "bucket" in caught.value.hint


@pytest.mark.parametrize("database", ["a-b", "a`b", "", "A"])
def test_the_database_is_an_identifier(service: AthenaService, database: str) -> None:
    with pytest.raises(UsageError):
        athena(service, database=database)


def test_rows_written_elsewhere_are_an_error_not_an_empty_table(service: AthenaService) -> None:
    def elsewhere(key: str, body: BinaryIO) -> str:
        return f"s3://another/{key}"

    with pytest.raises(ConfigurationError, match="not below"):
        athena(service, put=elsewhere).load([ROWS])
    assert service.executions == {}


def test_a_query_too_long_for_athena_is_refused_here(service: AthenaService) -> None:
    with pytest.raises(UsageError, match="longer than Athena takes"):
        athena(service).query(f"SELECT '{'x' * 262_144}' AS x")


def info(name: str, kind: str) -> dict[str, Any]:
    return {"Name": name, "Type": kind}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("varchar", "", ""),
        ("char", "a ", "a "),
        ("json", "[1]", "[1]"),
        ("bigint", "-9223372036854775808", -(2**63)),
        ("double", "1.0E10", 1e10),
        ("double", "Infinity", float("inf")),
        ("boolean", "false", False),
        ("decimal", "1.50", Decimal("1.50")),
        ("date", "2026-02-28", date(2026, 2, 28)),
        ("timestamp", "2026-02-28 23:59:59.999", datetime(2026, 2, 28, 23, 59, 59, 999000, tzinfo=UTC)),
        ("timestamp", "2026-02-28 23:59:59.123456789", datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)),
        ("timestamp with time zone", "2026-01-01 00:00:00.000 UTC", datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamp with time zone", "2026-01-01 01:00:00.000 Europe/Berlin", datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamp with time zone", "2026-01-01 01:00:00.000 +01:00", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_cells_are_typed_by_the_answers_metadata(kind: str, text: str, value: object) -> None:
    columns = athena_results.columns([info("c", kind)])
    row = athena_results.record({"Data": [{"VarCharValue": text}]}, columns)
    assert row == {"c": value}
    assert type(row["c"]) is type(value)
    assert athena_results.record({"Data": [{}]}, columns) == {"c": None}


@pytest.mark.parametrize("kind", ["array", "row", "map", "varbinary", "interval day to second", "ipaddress"])
def test_columns_whose_text_is_ambiguous_are_refused(kind: str) -> None:
    with pytest.raises(UsageError, match="column c"):
        athena_results.columns([info("c", kind)])


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("bigint", {"Data": [{"VarCharValue": "SECRET"}]}),
        ("boolean", {"Data": [{"VarCharValue": "SECRET"}]}),
        ("timestamp with time zone", {"Data": [{"VarCharValue": "2026-01-01 00:00:00 Mars/SECRET"}]}),
        ("timestamp", {"Data": [{"VarCharValue": "SECRET"}]}),
        ("decimal", {"Data": [{"VarCharValue": "SECRET"}]}),
        ("varchar", {"Data": []}),
        ("varchar", {}),
    ],
)
def test_an_answer_that_contradicts_itself_is_an_error(kind: str, row: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match="does not fit") as caught:
        athena_results.record(row, athena_results.columns([info("c", kind)]))
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"ResultSet": {}},
        {"ResultSet": {"Rows": []}},
        {"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": [info("one", "integer")]}}},
        {
            "ResultSet": {
                "Rows": [{"Data": [{"VarCharValue": "1"}]}],
                "ResultSetMetadata": {"ColumnInfo": [info("one", "integer")]},
            }
        },
    ],
)
def test_a_page_without_rows_columns_or_header_is_never_no_findings(
    service: AthenaService, monkeypatch: pytest.MonkeyPatch, page: dict[str, Any]
) -> None:
    monkeypatch.setattr(service, "_getqueryresults", lambda _params: page)
    with pytest.raises(ServiceError) as caught:
        athena(service).query("SELECT 1 AS one")
    assert caught.value.code == "unexpected-answer"


@pytest.mark.parametrize(
    ("reason", "shown", "hint"),
    [
        ("SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved", "Column 'x'", "console"),
        ("line 3:1: mismatched input 'FORM'", "mismatched input", "console"),
        ("Query exhausted resources at this scale factor", "exhausted", "fewer rows"),
        ("Bytes scanned limit was exceeded", "limit", "workgroup"),
        ("Insufficient permissions to execute the query. User: arn:...", "Insufficient", "glue:GetTable"),
        ("Unable to verify/create output bucket files-ext-s3alias", "output bucket", "standard bucket"),
        ("DIVISION_BY_ZERO: Division by zero", "DIVISION_BY_ZERO (", "nullif"),
        (
            'HIVE_BAD_DATA: Error parsing field value: For input string: "SECRET"',
            "HIVE_BAD_DATA (",
            "not written by this",
        ),
        ("INVALID_CAST_ARGUMENT: Cannot cast 'SECRET' to BIGINT", "INVALID_CAST_ARGUMENT (", "console"),
        ("something about SECRET", "may quote data", "console"),
        ("", "no reason", "console"),
    ],
)
def test_failures_say_why_without_the_data(reason: str, shown: str, hint: str) -> None:
    execution = {"QueryExecutionId": "q-1", "Status": {"State": "FAILED", "StateChangeReason": reason}}
    error = athena_results.failed(execution, "the query")
    assert shown in error.message
    assert hint in error.hint
    assert "q-1" in error.message
    assert "SECRET" not in f"{error.message}{error.hint}"
    assert not error.retryable


def test_a_failure_athena_calls_retryable_is() -> None:
    status = {"State": "CANCELLED", "AthenaError": {"Retryable": True}}
    error = athena_results.failed({"Status": status}, "the query")
    assert error.retryable
    assert "was cancelled" in error.message


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server.serving() as url:
        yield url


def test_against_a_server_that_moves_through_the_states(moto: str) -> None:
    import botocore.session
    import urllib3

    def post(path: str, document: dict[str, Any]) -> None:
        answer = urllib3.request("POST", f"{moto}/moto-api/{path}", json=document)
        assert answer.status in (200, 201)

    nothing: dict[str, Any] = {"rows": [], "column_info": []}
    rows: list[list[str | None]] = [["path", "n"], ["hr/a", "7"], [None, "-1"]]
    cells = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in rows]
    answer = {"rows": cells, "column_info": [info("path", "varchar"), info("n", "bigint")]}
    # The server keeps one answer for each statement, in order: two definitions, then the query.
    post("static/athena/query-results", {"results": [nothing, nothing, answer]})
    manual = {"progression": "manual", "times": 2}
    post("state-manager/set-transition", {"model_name": "athena::execution", "transition": manual})

    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    client = session.create_client("athena", region_name="us-east-1", endpoint_url=moto)
    objects: dict[str, bytes] = {}

    def put(key: str, body: BinaryIO) -> str:
        objects[key] = body.read()
        return f"{LOCATION}/{key}"

    engine = Athena(
        client,
        put,
        location=LOCATION,
        database="runs",
        retry=Retry(base=0.0001),
        cancel=Cancel(),
        create_database=True,
    )
    engine.load([ROWS])
    assert list(engine.query("SELECT path, n FROM t")) == [{"path": "hr/a", "n": 7}, {"path": None, "n": -1}]
    engine.close()
    assert len(objects) == 1
    assert "runs" in [one["Name"] for one in client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
