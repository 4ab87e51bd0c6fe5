"""Who has which access, over the output of `scan-acl --emit acls`: entries and paths by trustee, access and level."""

from __future__ import annotations

from publishing import files, options, publish, session

SCHEMA = (
    "type string, path string, kind string, "
    "aces array<struct<trustee: string, access: string, level: string, inherited: boolean>>"
)


def main() -> None:
    given = options("permissions of an audit, counted").parse_args()
    spark = session("fsxap acl-analysis")
    from pyspark.sql import functions as f

    read = files(spark, ".jsonl").schema(SCHEMA).option("mode", "FAILFAST").json(given.source)
    entries = read.where("type = 'acl'").select("path", "kind", f.explode("aces").alias("ace"))
    by = entries.select("path", "kind", "ace.*").groupBy("trustee", "access", "level", "inherited", "kind")
    counted = by.agg(
        f.count(f.lit(1)).alias("entries"), f.countDistinct("path").alias("paths"), f.min("path").alias("first_path")
    )
    publish(spark, counted, given.out)


if __name__ == "__main__":
    main()
