"""Athena's SQL said in Spark's, step by step: types decide what a division is, unnested numbers stay in their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fsxap.errors import MissingExtra, UsageError


def to_spark(sql: str, tables: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, bool]]:
    """(Name, SELECT, whether several read it) of each common table and, without a name, of the query itself.

    Spark works a common table out again for each that reads it, and so on for those below it. `tables` gives each
    table's columns with their types, in Athena's spelling.
    """
    try:
        import sqlglot
        from sqlglot.optimizer.annotate_types import annotate_types
        from sqlglot.optimizer.qualify import qualify
    except ImportError as error:
        raise MissingExtra("sql", "sqlglot") from error
    exp = sqlglot.exp
    query: Any = qualify(
        sqlglot.parse_one(sql, read="athena"),
        schema=dict(tables),
        dialect="athena",
        expand_stars=False,
        validate_qualify_columns=False,
        quote_identifiers=False,
    )
    _spread(query, exp)
    # The parser does not know by itself that max_by(a, b) is as a is.
    first: Any = {"annotator": lambda annotator, node: annotator._annotate_by_args(node, "this")}
    known = sqlglot.Dialect.get_or_raise("athena").EXPRESSION_METADATA | {exp.ArgMax: first, exp.ArgMin: first}
    query = annotate_types(query, schema=dict(tables), dialect="athena", expression_metadata=known)
    for node in reversed(list(query.find_all(exp.Div))):
        _divide(node, exp)
    readers = Counter(table.name for table in query.find_all(exp.Table))
    steps = [(cte.alias, cte.this, readers[cte.alias] > 1) for cte in query.ctes]
    query.set("with_", None)
    return [
        (name, select.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE), shared)
        for name, select, shared in [*steps, ("", query, False)]
    ]


def _spread(query: Any, exp: Any) -> None:
    """Spark's LATERAL VIEW comes after all joins, too late for their conditions: a subquery is where it was written."""
    for node in list(query.find_all(exp.Unnest)):
        (column,) = node.alias_column_names
        made = exp.select(exp.alias_(exp.Explode(this=node.expressions[0].copy()), column)).subquery("made")
        node.replace(exp.select(exp.alias_(exp.cast(column, "bigint"), column)).from_(made).subquery(node.alias))


def _divide(node: Any, exp: Any) -> None:
    """7/2 is 3 in Athena and 3.5 in Spark, whose `div` is exact where a cast of a quotient is not."""
    kinds = [side.type.this for side in (node.left, node.right)]
    whole, unknown = exp.DataType.INTEGER_TYPES, exp.DataType.Type.UNKNOWN
    if unknown in kinds and exp.DataType.Type.DOUBLE not in kinds:
        raise UsageError(f"the types in {node.sql(dialect='athena')} are not known", hint="cast one of them")
    if all(kind in whole for kind in kinds):
        left, right = (exp.paren(side.copy(), copy=False) for side in (node.left, node.right))
        node.replace(exp.paren(exp.IntDiv(this=left, expression=right), copy=False))
