"""What every job does the same way: options, a session, and rows published by a manifest that is written last."""

from __future__ import annotations

import argparse
import json
from typing import Any


def options(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--in", dest="source", required=True, help="folder or s3://ALIAS/prefix/ to read")
    parser.add_argument("--out", required=True, help="folder or s3://ALIAS/prefix/ to write, which must not exist yet")
    return parser


def session(name: str) -> Any:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName(name).getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    # What cannot be read as its type ends the job; it does not become NULL.
    spark.conf.set("spark.sql.ansi.enabled", "true")
    return spark


def files(spark: Any, suffix: str) -> Any:
    """A reader of all files below a folder that end like this in any case; what begins with _ or . is left out."""
    letters = "".join(f"[{each.lower()}{each.upper()}]" if each.isalpha() else each for each in suffix)
    return spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", f"*{letters}")


def publish(spark: Any, frame: Any, out: str) -> None:
    """Rows as Parquet below `out`/rows/, read back and counted, then `out`/_manifest.json.

    Nothing is overwritten or renamed, and nothing is created on a condition: on an access point none of the three is
    safe. Whoever reads the files that the manifest names sees the whole answer or, without one, none.
    """
    rows = f"{out.rstrip('/')}/rows"
    frame.write.mode("errorifexists").parquet(rows)
    made = spark.read.parquet(rows)
    hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs
    folder = hadoop.Path(rows)
    system = folder.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    written = [
        {"name": each.getPath().getName(), "size": each.getLen()}
        for each in system.listStatus(folder)
        if each.isFile() and each.getPath().getName().startswith("part-")
    ]
    manifest = {
        "columns": [[name, kind] for name, kind in made.dtypes],
        "files": sorted(written, key=lambda each: str(each["name"])),
        "rows": made.count(),
        "spark": spark.version,
    }
    stream = system.create(hadoop.Path(f"{out.rstrip('/')}/_manifest.json"), False)
    stream.write(bytearray(json.dumps(manifest, sort_keys=True).encode()))
    stream.close()
