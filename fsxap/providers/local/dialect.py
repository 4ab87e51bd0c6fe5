"""Athena's SQL said in DuckDB's: one SELECT, with a cure or a refusal for each construct the two answer differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsxap.errors import MissingExtra, ServiceError, UsageError
from fsxap.providers.tables import ColumnType

_DATE_UNITS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}


def to_duckdb(sql: str, columns: Mapping[str, ColumnType] | None = None) -> str:
    """The query in DuckDB's dialect. UsageError for what would run and answer something else than Athena.

    `columns` are the types of the tables' columns, by name: they tell arrays of rows from arrays of scalars.
    """
    try:
        import sqlglot
        from sqlglot import errors
        from sqlglot.optimizer.annotate_types import annotate_types
    except ImportError as error:
        raise MissingExtra("sql", "sqlglot") from error
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="athena") if statement is not None]
    except errors.ParseError as error:
        first = error.errors[0]
        where = f"line {first.get('line')}, column {first.get('col')}: {first.get('description')}"
        raise ServiceError(f"cannot read the query: {where}", code="query-failed") from error
    except errors.TokenError as error:
        raise ServiceError("cannot read the query: an unfinished text or name in it", code="query-failed") from error
    # Trino has no SELECT INTO, but the parser knows it and DuckDB would get CREATE TABLE.
    if len(statements) != 1 or not isinstance(statements[0], sqlglot.exp.Query) or statements[0].find(sqlglot.exp.Into):
        raise UsageError("only one SELECT can be run", hint="a query reads the tables it was given and changes nothing")
    _check_names(statements[0], sqlglot.exp)
    query = annotate_types(statements[0], dialect="athena")
    # Deepest first: a replaced node is a copy, and must hold what was replaced inside it.
    for node in reversed(list(query.walk(bfs=True))):
        cured = _cure(node, columns or {}, sqlglot.exp)
        if cured is not None:
            node.replace(cured)
    try:
        return str(query.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE))
    except errors.UnsupportedError as error:
        raise UsageError(f"DuckDB cannot run this query: {error}") from error


def _check_names(query: Any, exp: Any) -> None:
    """Without a name Athena says _col0 and DuckDB repeats the expression; upper case is not kept by both."""
    for number, column in enumerate(query.selects, 1):
        if not isinstance(column, exp.Alias | exp.Column | exp.Star | exp.Dot):
            raise UsageError(f"column {number} of the answer has no name", hint="give it one with AS")
        if column.output_name != column.output_name.lower():
            raise UsageError(f"the name of column {number} of the answer is not in lower case")


def _cure(node: Any, columns: Mapping[str, ColumnType], exp: Any) -> Any:
    """What to put in the node's place; None leaves it there."""
    if isinstance(node, exp.RegexpExtract):
        # Without a match Trino says NULL, DuckDB an empty text.
        return exp.Nullif(this=node.copy(), expression=exp.Literal.string(""))
    if isinstance(node, exp.Substring):
        return _substring(node, exp)
    if isinstance(node, exp.Format):
        # DuckDB's format() wants {}, and prints %s as it stands.
        raise UsageError("format() differs between Athena and DuckDB", hint="use concat() or ||, with cast()")
    if isinstance(node, exp.Div):
        # DuckDB's integer_division sees the columns' types; the parser would rewrite by those it can guess.
        node.set("typed", False)
        return None
    if isinstance(node, exp.Unnest):
        return _unnested(node, columns, exp)
    if isinstance(node, exp.Add | exp.Sub):
        return _moved(node, exp)
    if isinstance(node, exp.DateAdd):
        return _kept_date(node, node.this, node.args.get("unit"), exp)
    return None


def _substring(node: Any, exp: Any) -> Any:
    """Trino counts from 1, and 0 or anything beyond the text is empty; DuckDB moves such a start to the text's edge."""
    start = node.args.get("start")
    if isinstance(start, exp.Literal) and start.name.isdigit() and int(start.name) > 0:
        return None
    inside = exp.and_(
        exp.NEQ(this=exp.Paren(this=start.copy()), expression=exp.Literal.number(0)),
        exp.LTE(this=exp.Abs(this=start.copy()), expression=exp.Length(this=node.this.copy())),
    )
    outside = exp.Not(this=exp.Paren(this=inside))
    return exp.Case(ifs=[exp.If(this=outside, true=exp.Literal.string(""))], default=node.copy())


def _unnested(node: Any, columns: Mapping[str, ColumnType], exp: Any) -> Any:
    """Trino spreads an array of rows over one column a field; DuckDB gives one column of structs unless told."""
    names, arrays = node.alias_column_names, node.expressions
    if not names:
        raise UsageError("unnest without column names", hint="name them: unnest(...) as t(a, b)")
    if len(arrays) > 1:
        return None
    known = columns.get(arrays[0].name) if isinstance(arrays[0], exp.Column) else None
    element = known.fields[0][1] if known is not None and known.name == "array" else None
    width = len(names) if element is None else len(element.fields) if element.name == "row" else 1
    if width != len(names):
        raise UsageError(
            f"unnest({arrays[0].sql(dialect='athena')}) gives {width} columns and {len(names)} are named",
            hint="an array of rows gives one column for each field, in order",
        )
    if width == 1 and (element is None or element.name != "row"):
        return None
    depth = exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2))
    picked = [exp.Explode(this=arrays[0].copy(), expressions=[depth])]
    alias = node.args["alias"].copy()
    if ordinal := node.args.get("offset"):
        picked.append(exp.func("generate_subscripts", arrays[0].copy(), exp.Literal.number(1)))
        alias.append("columns", ordinal.copy())
    return exp.Subquery(this=exp.select(*picked), alias=alias)


def _moved(node: Any, exp: Any) -> Any:
    """`date ± interval`: a DATE in Trino, a TIMESTAMP in DuckDB."""
    sides = [node.this, node.expression]
    intervals = [side for side in sides if side.is_type(exp.DataType.Type.INTERVAL) or _interval(side, exp)]
    if len(intervals) != 1:
        return None
    (moved,) = [side for side in sides if side is not intervals[0]]
    span = intervals[0].find(exp.Interval)
    return _kept_date(node, moved, span.args.get("unit") if span else None, exp)


def _interval(side: Any, exp: Any) -> bool:
    return isinstance(side.unnest(), exp.Interval)


def _kept_date(node: Any, moved: Any, unit: Any, exp: Any) -> Any:
    kinds = exp.DataType.Type
    if moved.is_type(kinds.DATE):
        if unit is None or unit.name.upper() not in _DATE_UNITS:
            raise UsageError("a date moves by days, weeks, months or years only", hint="cast it to timestamp first")
        return exp.cast(node.copy(), kinds.DATE)
    if moved.type is None or moved.is_type(kinds.UNKNOWN):
        raise UsageError(
            f"the type of {moved.sql(dialect='athena')} is not known, so neither is that of its sum with an interval",
            hint="write cast(... as date) or cast(... as timestamp) around it",
        )
    return None
