"""Jobs for Spark: CSV to Parquet, permissions counted, sensor anomalies; on this machine or on EMR Serverless."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from fsxap.engine.types import Param, Params, Pattern, Workload

RELEASE = "emr-7.9.0"
"""Spark 3.5.5 with EMRFS. From 7.10 on, S3A is behind s3://, whose commit to an access point nobody has tried."""
COMMITTER = "com.amazon.emr.committer.EmrOptimizedSparkSqlParquetOutputCommitter"
DEFAULTS = {
    # Parts of an upload are nowhere to be seen until they are completed: neither a rename nor a condition is needed.
    "spark.sql.parquet.fs.optimized.committer.optimization-enabled": "true",
    "spark.sql.parquet.output.committer.class": COMMITTER,
    # Both would bring back the renaming committer.
    "spark.sql.sources.partitionOverwriteMode": "static",
    "spark.speculation": "false",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.sql.session.timeZone": "UTC",
}
VCPU, MEMORY = 4, 16
"""Of EMR's worker, if nothing else is said."""
WORKERS = 3
PER_VCPU = 10_000_000
"""Bytes a second that are read, worked on and written."""
LEAST = 120
"""Seconds of a job that reads nothing."""


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(f"{text} is not a positive number")
    return value


def _window(text: str) -> int:
    value = int(text)
    if not 4 <= value <= 10_000:
        raise ValueError("a window has 4 to 10000 readings")
    return value


def _schema(text: str) -> str:
    """`name type` by commas, of types that both engines have."""
    for part in text.split(","):
        name, _, kind = part.strip().partition(" ")
        if not name.isidentifier() or kind.strip() not in TYPES:
            raise ValueError(f"{part.strip()!r} is not a name and one of {', '.join(TYPES)}")
    return text


def _delimiter(text: str) -> str:
    if len(text) != 1 or text in "\r\n\"\\\0'":
        raise ValueError("one character, and no quote")
    return text


TYPES = ("string", "double", "int", "bigint", "boolean", "date", "timestamp")
RUN = (
    Param("job", "what to do", "csv-to-parquet", choices=("acl-analysis", "csv-to-parquet", "sensor-anomalies")),
    Param("schema", 'csv-to-parquet: all columns, as in "ts timestamp, value double"; else all text', "", _schema),
    Param("delimiter", "csv-to-parquet: what is between columns", ",", _delimiter),
    Param("multiline", "csv-to-parquet: quoted values may have line ends", "no", choices=("yes", "no")),
    Param("threshold", "sensor-anomalies: robust deviations that a spike stands out by", 5.0, _positive),
    Param("window", "sensor-anomalies: readings around a point, and the shortest stuck run", 15, _window),
    Param("drift", "sensor-anomalies: robust deviations that a level moves by", 3.0, _positive),
    Param("limits", "sensor-anomalies: CSV of limits (sensor, metric, lsl, usl, lcl, ucl), here or in the source", ""),
    Param("verify", "work the answer out by DuckDB too, and compare", "yes", choices=("yes", "no")),
    Param("stack", "the stack on whose application it runs, for locations in S3", "fsxap-spark"),
    Param("minutes", "a job on EMR Serverless that takes longer is stopped", 720, int),
)


def context(_params: Params) -> Mapping[str, Any]:
    return {
        "release": RELEASE,
        "defaults": DEFAULTS,
        "athena": False,
        "applications": {
            "Fn::Sub": "arn:${AWS::Partition}:emr-serverless:${AWS::Region}:${AWS::AccountId}:/applications/*"
        },
    }


def month(work: Workload) -> Mapping[str, int]:
    """A month of jobs that each read everything again."""
    each = ceil(LEAST + work.size / (PER_VCPU * VCPU * (WORKERS - 1)))
    seconds = ceil(work.runs * each * WORKERS)
    return {
        "emr_vcpu_seconds": seconds * VCPU,
        "emr_memory_gb_seconds": seconds * MEMORY,
        "s3_get_requests": ceil(work.runs * (work.items + Fraction(work.size, 64 * 2**20))),
        "s3_put_requests": ceil(work.runs * (work.items / 1000 + 20)),
        "kms_keys": 1,
    }


PATTERN = Pattern(
    name="spark",
    title="Spark jobs over the files of an access point",
    context=context,
    month=month,
    run=RUN,
    assumed="a driver and two executors of 4 vCPU; 10 MB a second for each vCPU; each run reads all",
    services=("emr-serverless",),
)
