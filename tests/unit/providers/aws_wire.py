"""AWS on the other end of botocore's wire, without a network: requests leave through botocore's own serialisers and
validation, answers come in through its parsers, after a check against its models of the service.
"""

from __future__ import annotations

import gzip
import io
import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.validate import ParamValidator

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]
"""From operation and parameters to the answer; raises Refusal."""


class Refusal(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


class _Raw(io.BytesIO):
    def stream(self, amt: int = 65536, decode_content: bool = False) -> Any:
        while chunk := self.read(amt):
            yield chunk


@lru_cache
def _session() -> Any:
    """One for all clients: reading the models takes longer than most tests."""
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session


def client(service: str, answer: Answer) -> Any:
    """A client of a service that speaks JSON, whose requests never leave the process."""
    made = _session().create_client(service, region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    validator = ParamValidator()

    def respond(request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[1]
        params = json.loads(request.body or b"{}")
        if model := re.search(r"/model/([^/]+)/", urlsplit(request.url).path):
            params["modelId"] = unquote(model[1])
        try:
            body, status, headers = answer(operation, params), 200, {}
            shape = made.meta.service_model.operation_model(operation).output_shape
            report = validator.validate(body, shape)
            assert not report.has_errors(), report.generate_report()
        except Refusal as refusal:
            body = {"__type": refusal.code, "message": refusal.message, "Message": refusal.message}
            status, headers = refusal.status, {"x-amzn-ErrorType": refusal.code}
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(body, default=str).encode()))

    made.meta.events.register(f"before-send.{made.meta.service_model.service_id.hyphenize()}", respond)
    return made


@dataclass
class Execution:
    sql: str
    state: str = "QUEUED"
    reason: str = ""
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    scanned: int = 0


class AthenaService:
    """Athena's states, tokens, pages and text cells, with DuckDB as its engine and a dict as its bucket.

    DuckDB reads the uploaded objects by the table's own DDL. `slow` keeps queries RUNNING for ever.
    """

    def __init__(self, folder: Path, location: str, page: int = 1000, slow: bool = False) -> None:
        import duckdb

        self.location, self.page, self.slow, self._folder = location, page, slow, folder
        self.objects: dict[str, bytes] = {}
        self.executions: dict[str, Execution] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.stopped: list[str] = []
        self._tokens: dict[str, str] = {}
        self._types: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        self._database = duckdb.connect()
        for name, value in {
            "integer_division": "true",
            "ieee_floating_point_ops": "false",
            "TimeZone": "'UTC'",
        }.items():
            self._database.execute(f"SET GLOBAL {name}={value}")
        self.client = client("athena", self._answer)

    def put(self, key: str, body: BinaryIO) -> str:
        self.objects[f"{self.location}/{key}"] = body.read()
        return f"{self.location}/{key}"

    def tables(self) -> list[str]:
        return [row[0] for row in self._database.execute("SELECT table_name FROM duckdb_tables()").fetchall()]

    def statements(self, start: str = "") -> list[str]:
        return [execution.sql for execution in self.executions.values() if execution.sql.startswith(start)]

    def _answer(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.requests.append((operation, params))
        answer: dict[str, Any] = getattr(self, f"_{operation.lower()}")(params)
        return answer

    def _startqueryexecution(self, params: dict[str, Any]) -> dict[str, Any]:
        assert params["ResultConfiguration"]["OutputLocation"].startswith(self.location + "/")
        token = params["ClientRequestToken"]
        if token not in self._tokens:
            identity = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
            self._tokens[token] = identity
            self.executions[identity] = Execution(params["QueryString"])
        return {"QueryExecutionId": self._tokens[token]}

    def _getqueryexecution(self, params: dict[str, Any]) -> dict[str, Any]:
        execution = self.executions[params["QueryExecutionId"]]
        answer = {
            "QueryExecutionId": params["QueryExecutionId"],
            "Status": {"State": execution.state, "StateChangeReason": execution.reason},
            "Statistics": {"DataScannedInBytes": execution.scanned},
            "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"},
        }
        if execution.state == "RUNNING" and not self.slow:
            self._execute(execution)
        elif execution.state == "QUEUED":
            execution.state = "RUNNING"
        return {"QueryExecution": answer}

    def _stopqueryexecution(self, params: dict[str, Any]) -> dict[str, Any]:
        self.stopped.append(params["QueryExecutionId"])
        self.executions[params["QueryExecutionId"]].state = "CANCELLED"
        return {}

    def _getqueryresults(self, params: dict[str, Any]) -> dict[str, Any]:
        execution = self.executions[params["QueryExecutionId"]]
        assert execution.state == "SUCCEEDED"
        start, size = int(params.get("NextToken", "0")), min(self.page, params["MaxResults"])
        header: list[list[str | None]] = [[name for name, _ in execution.columns]]
        rows = [*header, *execution.rows]
        cells = [
            {"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in rows[start : start + size]
        ]
        info = [{"Name": name, "Label": name, "Type": kind} for name, kind in execution.columns]
        answer: dict[str, Any] = {"ResultSet": {"Rows": cells, "ResultSetMetadata": {"ColumnInfo": info}}}
        if start + size < len(rows):
            answer["NextToken"] = str(start + size)
        return answer

    def _execute(self, execution: Execution) -> None:
        import duckdb

        try:
            if execution.sql.startswith(("CREATE", "DROP")):
                self._define(execution.sql)
            else:
                self._select(execution)
            execution.state = "SUCCEEDED"
        except duckdb.Error as error:
            execution.state, execution.reason = "FAILED", _reason(error)

    def _define(self, sql: str) -> None:
        import sqlglot
        from sqlglot import exp

        from fsxap.providers.tables import parse

        tree: Any = sqlglot.parse_one(sql, read="athena")
        if not isinstance(tree, exp.Create) or tree.kind != "TABLE":
            self._database.execute(tree.sql("duckdb").replace("DATABASE", "SCHEMA"))
            return
        parts: list[Any] = [tree.find(part) for part in (exp.Table, exp.LocationProperty, exp.RowFormatSerdeProperty)]
        table, location, serde = parts[0], parts[1].this.name, parts[2].this.name
        assert serde == "org.openx.data.jsonserde.JsonSerDe"
        kinds = {definition.name: definition.args["kind"] for definition in tree.this.expressions}
        spool = self._folder / f"{table.name}.jsonl"
        with spool.open("wb") as stream:
            for key in sorted(key for key in self.objects if key.startswith(location)):
                stream.write(gzip.decompress(self.objects[key]))
        shape = ", ".join(f"'{name}': '{kind.sql('duckdb')}'" for name, kind in kinds.items())
        self._database.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.db}"')
        self._database.execute(
            f'CREATE TABLE "{table.db}"."{table.name}" AS '
            f"FROM read_json('{spool}', format='newline_delimited', columns={{{shape}}})"
        )
        self._types |= {name: parse(kind.sql("hive").replace("`", "")) for name, kind in kinds.items()}

    def _select(self, execution: Execution) -> None:
        from fsxap.providers.local.dialect import to_duckdb

        # The engine stands in for Trino, so Trino's answers are needed: the translation is tested by itself.
        cursor = self._database.execute(to_duckdb(execution.sql, self._types))
        execution.columns = [(column[0], _TYPES[str(column[1].id)]) for column in cursor.description]
        execution.rows = [[_cell(value) for value in row] for row in cursor.fetchall()]
        execution.scanned = sum(map(len, self.objects.values()))


_TYPES = {
    **dict.fromkeys(("varchar", "boolean", "double", "date", "bigint", "integer", "decimal", "json"), ""),
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms"), "timestamp"),
    "hugeint": "bigint",
    "list": "array",
    "struct": "row",
    "null": "unknown",
    "timestamp with time zone": "timestamp with time zone",
}
_TYPES = {name: kind or name for name, kind in _TYPES.items()}


def _cell(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case datetime():
            text = value.replace(tzinfo=None).isoformat(" ", "milliseconds")
            return f"{text} UTC" if value.tzinfo and value.astimezone(UTC) else text
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _reason(error: Exception) -> str:
    """Trino's words for the same mistake."""
    text = str(error)
    if "zero" in text:
        return "DIVISION_BY_ZERO: Division by zero"
    if name := re.search(r"Table with name (\w+)", text):
        return f"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.runs.{name[1]}' does not exist"
    if name := re.search(r'column "(\w+)"', text):
        return f"COLUMN_NOT_FOUND: line 1:8: Column '{name[1]}' cannot be resolved"
    if value := re.search(r"string '(.*?)'", text):
        return f"INVALID_CAST_ARGUMENT: Cannot cast '{value[1]}' to BIGINT"
    raise AssertionError(f"no word of Trino's for {text}") from error


def converse(text: str, *, stop: str = "end_turn", tokens: tuple[int, int] = (100, 20)) -> Mapping[str, Any]:
    """An answer of bedrock-runtime's Converse."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": stop,
        "usage": {"inputTokens": tokens[0], "outputTokens": tokens[1], "totalTokens": sum(tokens)},
        "metrics": {"latencyMs": 5},
    }
