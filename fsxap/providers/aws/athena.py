"""SQL by Athena: a run's tables as JSON Lines in the state bucket, bounded queries, every page of the answer."""

from __future__ import annotations

import gzip
import re
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, BinaryIO, cast

from fsxap.errors import ConfigurationError, FsxapError, ServiceError, UsageError
from fsxap.model import digest
from fsxap.ports import Cancellation, Table
from fsxap.providers.aws import athena_results as results
from fsxap.providers.aws.errors import translated
from fsxap.providers.tables import column_types, identifier, lines
from fsxap.retry import Retry

_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_.=-]+)*)")
_LEAD = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_READS = re.compile(r"(?:(with(?:\s+recursive)?)\s+|select\b|\()", re.IGNORECASE)
_LONGEST = 262_144
_PAGE = 1000
_IN_MEMORY = 8 * 2**20
_CLEAN_UP = 60.0


class Athena:
    """Tables and answers of one run below `location`, a folder of the state bucket that `put` writes to.

    Every table gets a name of its own in `database`, so runs may share it; queries use the plain names. A query is
    waited for at most `timeout` seconds and stopped when that passes or the run is cancelled. Safe from any thread.
    """

    def __init__(
        self,
        client: Any,
        put: Callable[[str, BinaryIO], str],
        *,
        location: str,
        database: str,
        retry: Retry,
        cancel: Cancellation,
        workgroup: str = "primary",
        create_database: bool = False,
        timeout: float = 900.0,
        part_bytes: int = 128 * 2**20,
    ) -> None:
        self._client, self._put = client, put
        self._location = _checked(location.rstrip("/"))
        self._database = identifier(database, "database")
        self._workgroup, self._retry, self._cancel, self._timeout = workgroup, retry, cancel, timeout
        self._create_database, self._part_bytes = create_database, part_bytes
        # Tokens must not repeat over connections: Athena would hand out the old answer, or the old failure.
        self._session = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._tables: dict[str, str] = {}
        self._made: list[str] = []
        self._failures: dict[str, int] = {}
        self._scanned: dict[str, int] = {}
        self._version = ""

    @property
    def engine(self) -> str:
        return f"athena ({self._version})" if self._version else "athena"

    def load(self, tables: Sequence[Table]) -> None:
        """Uploads the rows in parts and declares the tables; one of the same name is replaced for later queries."""
        with self._lock:
            if self._create_database:
                self._run(f"CREATE DATABASE IF NOT EXISTS `{self._database}`", "creating the database", database="")
                self._create_database = False
            for table in tables:
                self._load(table)

    def _load(self, table: Table) -> None:
        types = column_types(table)
        name = f"{table.name}_{self._session[:8]}_{len(self._made)}"
        folder = f"tables/{name}"
        for number, part in enumerate(_parts(table, self._part_bytes)):
            key = f"{folder}/part-{number:05d}.jsonl.gz"
            written = self._put(key, part)
            if written != f"{self._location}/{key}":
                # The table would be declared over an empty folder, and every query would find nothing.
                raise ConfigurationError(f"rows were written to {written}, not below {self._location}")
        columns = ",\n  ".join(f"`{column}` {kind.hive()}" for column, kind in types.items())
        statement = (
            f"CREATE EXTERNAL TABLE `{self._database}`.`{name}` (\n  {columns}\n)\n"
            "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\n"
            "WITH SERDEPROPERTIES ('ignore.malformed.json'='false')\n"
            f"LOCATION '{self._location}/{folder}/'"
        )
        self._made.append(name)
        self._run(statement, f"creating table {table.name}")
        self._tables[table.name] = name

    def query(self, sql: str) -> Iterator[dict[str, Any]]:
        """Runs at once, hands out the rows page by page. Times are UTC, dates `date`, decimals `Decimal`."""
        execution = self._run(self._scoped(sql), "the query")
        identity = str(execution["QueryExecutionId"])
        with self._lock:
            self._scanned[identity] = int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
            self._version = str(execution.get("EngineVersion", {}).get("EffectiveEngineVersion", ""))
        pages = self._pages(identity)
        first = next(pages)
        expected = results.columns(first["ResultSetMetadata"]["ColumnInfo"])
        if not first["Rows"] or not results.is_header(first["Rows"][0], expected):
            raise ServiceError("Athena's answer does not start with its header", code="unexpected-answer")
        rows = chain(first["Rows"][1:], chain.from_iterable(page["Rows"] for page in pages))
        return (results.record(row, expected) for row in rows)

    def _scoped(self, sql: str) -> str:
        """The plain table names bound to this run's tables, without a look into the query's own text."""
        text = sql.strip().removesuffix(";")
        lead = _LEAD.match(text)
        body = text[lead.end() :] if lead else text
        start = _READS.match(body)
        if start is None:
            raise UsageError(
                "only one SELECT can be run", hint="a query reads the tables it was given and changes nothing"
            )
        bound = ", ".join(
            f'"{name}" AS (SELECT * FROM "{self._database}"."{made}")'  # noqa: S608  # both are checked identifiers
            for name, made in self._tables.items()
            if re.search(rf"\b{name}\b", body, re.IGNORECASE)
        )
        if bound:
            body = f"{start[1]} {bound}, {body[start.end() :]}" if start[1] else f"WITH {bound} {body}"
        if len(body.encode()) > _LONGEST:
            raise UsageError(f"the query is longer than Athena takes ({_LONGEST} bytes)")
        return body

    def _run(self, sql: str, what: str, *, database: str | None = None, cleaning: bool = False) -> Mapping[str, Any]:
        """The execution, once it has succeeded. Athena starts one query for one token, however often we ask."""
        context = {"QueryExecutionContext": {"Database": self._database}} if database is None else {}
        token = digest(self._session, sql, self._failures.get(sql, 0), size=64)
        with translated(f"starting {what} on Athena"):
            identity = self._client.start_query_execution(
                QueryString=sql,
                ClientRequestToken=token,
                ResultConfiguration={"OutputLocation": f"{self._location}/results/"},
                WorkGroup=self._workgroup,
                **context,
            )["QueryExecutionId"]
        try:
            execution = self._retry.wait(
                lambda: self._ended(identity, cleaning),
                what=f"{what} on Athena ({identity})",
                timeout=_CLEAN_UP if cleaning else self._timeout,
                sleep=time.sleep if cleaning else self._pause,
            )
        except FsxapError as error:
            self._failures[sql] = self._failures.get(sql, 0) + 1
            error.hint = "; ".join(filter(None, (error.hint, self._stopped(identity))))
            raise
        if execution["Status"]["State"] != "SUCCEEDED":
            self._failures[sql] = self._failures.get(sql, 0) + 1
            raise results.failed(execution, what)
        return execution

    def _ended(self, identity: str, cleaning: bool) -> Mapping[str, Any] | None:
        if not cleaning:
            self._cancel.check()
        with translated(f"asking Athena about query {identity}"):
            execution: Mapping[str, Any] = self._client.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
        return execution if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

    def _pause(self, seconds: float) -> None:
        self._cancel.wait(seconds)
        self._cancel.check()

    def _stopped(self, identity: str) -> str:
        """A query nobody waits for would go on scanning, and costing. Says whether it was stopped."""
        try:
            with translated(f"stopping query {identity}"):
                self._client.stop_query_execution(QueryExecutionId=identity)
        except FsxapError as refusal:
            return f"the query may still run and cost: {refusal.message}"
        return "the query was stopped"

    def _pages(self, identity: str) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {"QueryExecutionId": identity, "MaxResults": _PAGE}
        while True:
            self._cancel.check()
            with translated(f"reading the answer of query {identity}"):
                page = self._client.get_query_results(**request)
            answer = page.get("ResultSet", {})
            if "Rows" not in answer or "ColumnInfo" not in answer.get("ResultSetMetadata", {}):
                raise ServiceError("Athena answered a page without rows or columns", code="unexpected-answer")
            yield answer
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    def usage(self) -> Mapping[str, int]:
        """`athena_bytes` is what the queries scanned; Athena bills at least 10 MB for each."""
        with self._lock:
            return {"athena_queries": len(self._scanned), "athena_bytes": sum(self._scanned.values())}

    def close(self) -> None:
        """Drops this run's tables, cancelled or not. Their objects stay until the bucket's lifecycle rule."""
        with self._lock:
            self._tables.clear()
            while self._made:
                name = self._made[-1]
                self._run(f"DROP TABLE IF EXISTS `{self._database}`.`{name}`", f"dropping table {name}", cleaning=True)
                self._made.pop()


def _checked(location: str) -> str:
    fits = _LOCATION.fullmatch(location)
    if fits is None:
        raise ConfigurationError(
            f"{location!r} cannot hold Athena's tables and answers",
            hint="name a folder of the state bucket: s3://bucket/a/b",
        )
    if fits[1].endswith("-s3alias"):
        # An access point answers InvalidBucketName to Athena's results.
        raise ConfigurationError(
            f"Athena cannot write its answers to the access point {fits[1]}", hint="give it a standard bucket"
        )
    return location


def _parts(table: Table, size: int) -> Iterator[BinaryIO]:
    """The table as gzip files of about `size` bytes of JSON each; a part is open until the next is asked for."""
    rows = lines(table)
    for first in rows:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as stream:
            written = 0
            with gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as packed:
                for line in chain([first], rows):
                    written += packed.write(line)
                    if written >= size:
                        break
            stream.seek(0)
            yield cast(BinaryIO, stream)
