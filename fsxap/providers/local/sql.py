"""SQL without AWS: queries in Athena's dialect, answered by DuckDB over a private folder that close() removes."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fsxap.errors import FsxapError
from fsxap.ports import Table
from fsxap.providers.local import duck
from fsxap.providers.local.dialect import to_duckdb
from fsxap.providers.tables import ColumnType, column_types, lines


class DuckSql:
    """One database file for the tables of a run, so that memory stays below `memory` whatever their size.

    Queries may read the private folder and nothing else: no other file, no network, no extension. Safe from any
    thread; one load at a time.
    """

    def __init__(self, scratch: Path, *, threads: int = 2, memory: str = "1GB") -> None:
        duckdb = duck.module()
        self.engine = f"duckdb {duckdb.__version__}"
        self._duckdb = duckdb
        self._lock = threading.Lock()
        self._queries = 0
        self._tables: dict[str, dict[str, ColumnType]] = {}
        self._folder = duck.private_folder(scratch)
        options = duck.options(self._folder, threads=threads, memory=memory)
        try:
            self._database = duckdb.connect(str(self._folder / "tables.duckdb"), config=options)
            self._database.execute("SET allowed_directories=[?]", [str(self._folder)])
            for setting in (*duck.SETTINGS, "SET lock_configuration=true"):
                self._database.execute(setting)
        except duckdb.Error as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise duck.translated(duckdb, error, "open a database in the scratch folder") from error

    def load(self, tables: Sequence[Table]) -> None:
        """Replaces tables of the same name. Rows go through a file and are never held together in memory."""
        with self._lock:
            for table in tables:
                self._load(table)

    def _load(self, table: Table) -> None:
        types = column_types(table)
        # Names are checked identifiers and types our own words; every value goes through the file.
        spelled = ", ".join(f"'{name}': '{kind.duckdb()}'" for name, kind in types.items())
        reader = f"read_json(?, format='newline_delimited', columns={{{spelled}}})"
        spool = self._folder / "rows.jsonl"
        try:
            with os.fdopen(os.open(spool, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.writelines(lines(table))
            self._database.execute(f'CREATE OR REPLACE TABLE "{table.name}" AS FROM {reader}', [str(spool)])
        except OSError as error:
            raise duck.no_room(error) from error
        except self._duckdb.Error as error:
            raise duck.translated(self._duckdb, error, f"load table {table.name}") from error
        finally:
            spool.unlink(missing_ok=True)
        self._tables[table.name] = types

    def query(self, sql: str) -> Iterator[dict[str, Any]]:
        """Runs at once, hands out the rows in batches. Times are UTC, dates `date`, decimals `Decimal`."""
        spoken = to_duckdb(sql, self._columns())
        self._queries += 1
        cursor = self._database.cursor()
        try:
            cursor.execute(spoken)
            names = duck.result_columns([(column[0], str(column[1].id)) for column in cursor.description])
        except self._duckdb.Error as error:
            cursor.close()
            raise duck.translated(self._duckdb, error, "run the query") from error
        except FsxapError:
            cursor.close()
            raise
        return duck.rows(self._duckdb, cursor, names)

    def _columns(self) -> dict[str, ColumnType]:
        """Types by column name, without the names that tables disagree about."""
        found: dict[str, set[ColumnType]] = {}
        for types in list(self._tables.values()):
            for name, kind in types.items():
                found.setdefault(name, set()).add(kind)
        return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}

    def usage(self) -> Mapping[str, int]:
        """Queries run here cost nothing; they are counted so that runs can be compared."""
        return {"duckdb_queries": self._queries}

    def close(self) -> None:
        """The tables are gone with their folder. Closing twice is no error."""
        self._database.close()
        shutil.rmtree(self._folder, ignore_errors=True)
