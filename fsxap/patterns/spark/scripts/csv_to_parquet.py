"""CSV to Parquet: every column as text, or as the types of --schema."""

from __future__ import annotations

from typing import Any

from publishing import files, options, publish, session


def main() -> None:
    parser = options("CSV to Parquet")
    parser.add_argument("--schema", default="", help='all columns in order, as in "ts timestamp, value double"')
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--multiline", choices=("yes", "no"), default="no", help="quoted values may have line ends")
    given = parser.parse_args()
    spark = session("fsxap csv-to-parquet")
    reader = files(spark, ".csv")
    chosen = {"header": "true", "sep": given.delimiter, "quote": '"', "escape": '"', "encoding": "UTF-8"}
    # Spark takes the first file's header for all of them, unless each is held against it.
    chosen.update(mode="FAILFAST", enforceSchema="false", multiLine="true" if given.multiline == "yes" else "false")
    reader = reader.options(**chosen)
    text = reader.schema(reader.csv(given.source).schema).csv(given.source)
    publish(spark, typed(text, given.schema), given.out)


def typed(frame: Any, schema: str) -> Any:
    if not schema:
        return frame
    wanted = [part.split() for part in schema.split(",")]
    if [name for name, _ in wanted] != frame.columns:
        raise SystemExit(f"the files have the columns {', '.join(frame.columns)}")
    return frame.select(*(frame[name].cast(kind).alias(name) for name, kind in wanted))


if __name__ == "__main__":
    main()
