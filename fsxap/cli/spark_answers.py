"""The answer DuckDB gives to what a Spark job was asked, and the verdict on the two."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsxap.cli.session import Session
from fsxap.engine.locations import Location
from fsxap.errors import FsxapError, NotFound, ServiceError, UsageError
from fsxap.model import Item, Unlisted
from fsxap.patterns.spark import answers
from fsxap.ports import Store

if TYPE_CHECKING:
    from fsxap.usecases.manufacturing_analytics.limits import Limits

LARGEST = 2 << 30
"""Bytes that are fetched from an access point to be worked out here as well."""
_HEADER = 1 << 20


@dataclass(frozen=True)
class Question:
    """What a job reads, and what it was asked."""

    session: Session
    job: str
    values: Mapping[str, Any]
    source: Location
    store: Store
    items: list[Item]

    def options(self) -> list[str]:
        """What only a look into the input tells."""
        if self.job != "sensor-anomalies":
            return []
        limits = (json.dumps(astuple(each)) for each in self._limits)
        return [f"--readings={self._spark_readings}", *(f"--limit={each}" for each in limits)]

    @cached_property
    def _limits(self) -> tuple[Limits, ...]:
        from fsxap.usecases.manufacturing_analytics.limits import given, load

        try:
            return load(given(str(self.values["limits"])), self.store)
        except ValueError as error:
            raise UsageError(f"limits: {error}") from error

    @cached_property
    def _readings(self) -> tuple[str, dict[str, str]]:
        """The query that makes readings of the table `rows`, in Athena's SQL, and the columns of that table."""
        from fsxap.providers.local.answers_compared import columns
        from fsxap.usecases.manufacturing_analytics.layout import layout

        first = self.items[0]
        found = columns(self.session.scratch, self._here(self.store, first.key, "first.parquet", self.source))
        shape = layout(list(found.items()), "")
        if shape is None:
            raise UsageError(f"{first.key} has no readings", hint="columns: a timestamp, a number, names of sensors")
        return shape.readings({}), found

    @property
    def _spark_readings(self) -> str:
        from fsxap.providers.local.spark_dialect import to_spark

        text, found = self._readings
        ((_, select, _),) = to_spark(text, {"rows": found})
        return select

    def verdict(self, sink: Store) -> dict[str, Any]:
        """Rows and checksums of both; `verified` is None with a reason where DuckDB was not asked."""
        manifest = self._manifest(sink)
        told: dict[str, Any] = {"rows": {"spark": manifest["rows"]}, "files": len(manifest["files"])}
        if self.values["verify"] == "no":
            return told | {"verified": None, "reason": "verify=no"}
        size = sum(item.size for item in self.items)
        if self.source.kind == "s3" and size > LARGEST:
            return told | {"verified": None, "reason": f"{size} bytes are too many to fetch for DuckDB"}
        from fsxap.providers.local.answers_compared import compared

        out = Location("s3") if sink.location.startswith("s3://") else Location("folder", path=sink.location)
        written = [
            self._here(sink, f"rows/{each['name']}", f"out-{number}.parquet", out)
            for number, each in enumerate(manifest["files"])
        ]
        inputs = [
            self._here(self.store, item.key, f"in-{number}{answers.SUFFIXES[self.job]}", self.source)
            for number, item in enumerate(self.items)
        ]
        self.session.progress.stage("DuckDB's answer")
        table = "rows" if self.job == "sensor-anomalies" else ""
        mine, theirs = compared(self.session.scratch, self._expected(inputs), written, inputs, table=table)
        same = mine == theirs and theirs.rows == manifest["rows"]
        rows = {"spark": theirs.rows, "duckdb": mine.rows}
        return told | {
            "verified": same,
            "rows": rows,
            "checksum": {"spark": theirs.checksum, "duckdb": mine.checksum},
        }

    def _expected(self, inputs: list[Path]) -> str:
        files = [str(path) for path in inputs]
        if self.job == "acl-analysis":
            return answers.acl(files)
        if self.job == "csv-to-parquet":
            delimiter = str(self.values["delimiter"])
            with inputs[0].open("rb") as stream:
                head = io.StringIO(stream.read(_HEADER).decode("utf-8-sig", "replace"), newline="")
            header = next(csv.reader(head, delimiter=delimiter))
            return answers.csv(files, header, str(self.values["schema"]), delimiter)
        from fsxap.providers.local.dialect import to_duckdb
        from fsxap.usecases.manufacturing_analytics.findings import settings
        from fsxap.usecases.manufacturing_analytics.limits import query
        from fsxap.usecases.manufacturing_analytics.sql import QUERIES
        from fsxap.usecases.manufacturing_analytics.sql_drift import QUERY

        numbers, (readings, _) = settings(self.values), self._readings
        queries = (*QUERIES, QUERY, *([query(self._limits)] if self._limits else ()))
        return answers.anomalies({each.rule: to_duckdb(each.sql(numbers, readings)) for each in queries})

    def _manifest(self, sink: Store) -> dict[str, Any]:
        """What the job says it wrote, and nothing else is there: a file of another attempt would be read with it."""
        try:
            found: dict[str, Any] = json.loads(sink.read("_manifest.json"))
            named = {each["name"]: each["size"] for each in found["files"]}
        except NotFound as error:
            raise ServiceError("the job ended without its manifest", code="spark-job") from error
        except (ValueError, LookupError, TypeError) as error:
            raise ServiceError("the job's manifest cannot be read", code="spark-job") from error
        there = {
            item.key.removeprefix("rows/"): item.size
            for item in sink.list("rows/")
            if not isinstance(item, Unlisted) and item.size
        }
        if there != named:
            raise ServiceError("what the job wrote is not what its manifest names", code="spark-job")
        return found

    def _here(self, store: Store, key: str, name: str, place: Location) -> Path:
        """The file as it lies in a folder, or fetched."""
        if place.kind == "folder":
            return Path(place.path, key)
        path = self.session.scratch / name
        try:
            with store.open(key) as body, path.open("wb") as file:
                shutil.copyfileobj(body, file)
        except OSError as error:
            raise FsxapError(f"cannot keep {key} in the scratch folder: {error.strerror}", code="scratch") from error
        return path
