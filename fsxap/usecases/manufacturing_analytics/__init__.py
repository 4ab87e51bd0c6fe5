"""Sensor logs made Parquet and analysed, and inspection pictures held against their references."""

from __future__ import annotations

import codecs
from zoneinfo import ZoneInfo

from fsxap.engine.types import Footprint, Grant, Match, Param, UseCase
from fsxap.model import Item
from fsxap.usecases.manufacturing_analytics import findings, images, limits
from fsxap.usecases.manufacturing_analytics.golden import SUFFIXES as PICTURES
from fsxap.usecases.manufacturing_analytics.process import LOGS, process
from fsxap.usecases.manufacturing_analytics.sample import write_sample
from fsxap.usecases.manufacturing_analytics.sniff import parse_schema
from fsxap.usecases.manufacturing_analytics.summary import summarise


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError):
        raise ValueError(f"{text!r} is no time zone; say for example Asia/Tokyo") from None


def _encoding(text: str) -> str:
    try:
        return text if text == "auto" else codecs.lookup(text).name
    except LookupError:
        raise ValueError(f"{text!r} is no encoding; say auto, utf-8, utf-16, cp932 or the like") from None


def _window(text: str) -> int:
    readings = int(text)
    if not 7 <= readings <= 101:
        raise ValueError(f"from 7 to 101 readings, not {readings}")
    return readings


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError(f"a number above 0, not {text}")
    return value


PARAMS = (
    Param("threshold", "how many robust deviations a spike stands out by", 5.0, _positive),
    Param("window", "readings around a point that it is held against, and the shortest stuck run", 15, _window),
    Param("drift", "how many deviations of its noise a sensor drifts by, at least", 3.0, _positive),
    Param("timezone", "zone of times without an offset", "UTC", _zone),
    Param("encoding", "of the logs: auto, or a name such as cp932", "auto", _encoding),
    Param("schema", "columns as name:type,name:type; told from the file by default", (), parse_schema),
    Param("limits", "CSV file of limits (sensor, metric, lsl, usl, lcl, ucl), here or in the source", "", limits.given),
    Param(
        "golden", "folder of reference pictures by product, here or in the source; auto: golden/ of the source", "auto"
    ),
    Param(
        "method",
        "how pictures are judged: against their reference, or as a texture by many good pictures",
        "reference",
        choices=("reference", "texture"),
    ),
    Param("reject", "score from which a picture fails", 0.6, _positive),
    Param("review", "score from which a picture is to be looked at", 0.3, _positive),
    Param("link_minutes", "a failed picture is linked to anomalies of its line that ended so long ago", 10, int),
    Param("across_rows", "readings of sensors in several files that are analysed together, at most", 2_000_000, int),
    Param("max_size", "larger logs are not read, in bytes when unpacked", 1 << 36, int),
    Param("max_bytes", "larger pictures are not read, in bytes", 1 << 27, int),
    Param("max_pixels", "pictures with more pixels are not read", 100_000_000, int),
)


def units(item: Item, _params: object) -> dict[str, int]:
    return {"bytes_read": item.size}


USE_CASE = UseCase(
    name="manufacturing-analytics",
    title="Sensor and inspection analytics",
    aliases=("uc3", "manufacturing"),
    match=Match((*LOGS, *PICTURES)),
    params=PARAMS,
    process=process,
    summarise=summarise,
    engines=("sql",),
    rules=findings.RULES | images.RULES,
    footprint=Footprint(
        memory=3008,
        timeout=900,
        grants=(
            Grant(("s3:GetObject", "s3:ListBucket"), ("source",)),
            Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), ("sink",)),
        ),
        packages=("duckdb", "sqlglot", "pytz", "numpy", "opencv-python-headless", "pillow"),
    ),
    units=units,
    sample=write_sample,
)
