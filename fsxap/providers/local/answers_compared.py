"""Two answers that should be one, by DuckDB: their rows counted, and hashed without regard to order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsxap.providers.local import duck
from fsxap.providers.tables import identifier

_WHOLE = 2**64


@dataclass(frozen=True, slots=True)
class Sum:
    """`checksum` is 16 hexadecimal digits: the sum of the rows' hashes."""

    rows: int
    checksum: str


def compared(
    scratch: Path, expected: str, written: Sequence[Path], inputs: Sequence[Path], *, table: str = ""
) -> tuple[Sum, Sum]:
    """(DuckDB's answer, what is written). `expected` is a query, over a table of the Parquet `inputs` if that is named.

    Floats are compared by nine digits: engines add in different orders.
    """
    duckdb = duck.module()
    folder = duck.private_folder(scratch)
    database = duckdb.connect(":memory:", config=duck.options(folder, threads=2, memory="1GB"))
    try:
        database.execute("SET allowed_directories=[?]", [str(folder)])
        database.execute("SET allowed_paths=?", [[str(each) for each in (*inputs, *written)]])
        for setting in duck.SETTINGS:
            database.execute(setting)
        if table:
            _view(database, table, inputs)
        _view(database, "written", written)
        return _sum(database, expected), _sum(database, "SELECT * FROM written")
    except duckdb.Error as error:
        raise duck.translated(duckdb, error, "work out the answer to compare with") from error
    finally:
        database.close()


def columns(scratch: Path, file: Path) -> dict[str, str]:
    """Of one Parquet file, with their types as Athena spells them."""
    duckdb = duck.module()
    database = duckdb.connect(":memory:", config=duck.options(duck.private_folder(scratch), threads=1, memory="256MB"))
    try:
        database.execute("SET allowed_paths=?", [[str(file)]])
        database.execute("SET enable_external_access=false")
        _view(database, "first", [file])
        return {name: kind.lower() for name, kind, *_ in database.execute("DESCRIBE first").fetchall()}
    except duckdb.Error as error:
        raise duck.translated(duckdb, error, "read the columns of the first file") from error
    finally:
        database.close()


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _view(database: Any, name: str, files: Sequence[Path]) -> None:
    listed = ", ".join(quoted(each) for each in files)
    source = f"read_parquet([{listed}], union_by_name=true, hive_partitioning=false)"
    database.execute(f"CREATE VIEW {identifier(name)} AS SELECT * FROM {source}")  # noqa: S608 - quoted names


def _sum(database: Any, query: str) -> Sum:
    """The names of columns are hashed with their values; their order is not."""
    described = database.execute(f"DESCRIBE {query}").fetchall()
    texts = ", ".join(part for name, kind, *_ in sorted(described) for part in _text(name, kind))
    hashed = f"SELECT count(*), sum(hash([{texts}])::HUGEINT) FROM ({query}) AS answer"  # noqa: S608 - quoted names
    ((rows, total),) = database.execute(hashed).fetchall()
    return Sum(int(rows), f"{int(total or 0) % _WHOLE:016x}")


def _text(name: str, kind: str) -> tuple[str, str]:
    label, column = "'" + name.replace("'", "''") + "'", '"' + name.replace('"', '""') + '"'
    if kind in ("DOUBLE", "FLOAT"):
        return label, f"printf('%.9g', {column})"
    if kind.startswith("TIMESTAMP"):
        # With or without a zone: both engines are in UTC.
        return label, f"epoch_us({column})::VARCHAR"
    return label, f"{column}::VARCHAR"
