"""Sensor logs made Parquet and analysed, and inspection pictures held against their references."""

from __future__ import annotations

import codecs
import re
from zoneinfo import ZoneInfo

from fsxap.engine.types import Footprint, Grant, Match, Param, Params, UseCase, boolean, words
from fsxap.model import Item
from fsxap.usecases.manufacturing_analytics import findings, images, limits, together
from fsxap.usecases.manufacturing_analytics.golden import SUFFIXES as PICTURES
from fsxap.usecases.manufacturing_analytics.process import LOGS, process
from fsxap.usecases.manufacturing_analytics.sample import write_sample
from fsxap.usecases.manufacturing_analytics.sniff import parse_schema
from fsxap.usecases.manufacturing_analytics.summary import summarise

_PROJECT_VERSION = re.compile(
    r"arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project/[\w.-]{1,255}/version/[\w.-]{1,255}/\d+", re.ASCII
)


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


def _model(text: str) -> str:
    if text and not _PROJECT_VERSION.fullmatch(text):
        raise ValueError(
            "the ARN of a Custom Labels model: arn:aws:rekognition:REGION:ACCOUNT:project/NAME/version/NAME/NUMBER"
        )
    return text


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError(f"a number above 0, not {text}")
    return value


PARAMS = (
    Param("threshold", "how many robust deviations a spike stands out by", 5.0, _positive),
    Param("window", "readings around a point that it is held against, and the shortest stuck run", 15, _window),
    Param("drift", "how many deviations of its noise a sensor drifts by, at least", 3.0, _positive),
    Param("rate", "share of a line's sensors that is off in one hour, from which that is a finding", 0.5, _positive),
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
    Param("model", "ARN of a running Rekognition Custom Labels model that judges pictures instead", "", _model),
    Param("good", "labels of that model that mean a good part; without any, every label is a defect", (), words),
    Param("labels", "let Rekognition say what pictures show in general; never a verdict", False, boolean),
    Param("reject", "score from which a picture fails", 0.6, _positive),
    Param("review", "score from which a picture is to be looked at", 0.3, _positive),
    Param("link_minutes", "a failed picture is linked to anomalies of its line that ended so long ago", 10, int),
    Param("across_rows", "readings of sensors in several files that are analysed together, at most", 2_000_000, int),
    Param("max_size", "larger logs are not read, in bytes when unpacked", 1 << 36, int),
    Param("max_bytes", "larger pictures are not read, in bytes", 1 << 27, int),
    Param("max_pixels", "pictures with more pixels are not read", 100_000_000, int),
)


def units(item: Item, params: Params) -> dict[str, int]:
    asked = item.key.lower().endswith(PICTURES) and params["labels"] and not params["model"]
    return {"bytes_read": item.size} | ({"rekognition_images": 1} if asked else {})


USE_CASE = UseCase(
    name="manufacturing-analytics",
    title="Sensor and inspection analytics",
    aliases=("uc3", "manufacturing"),
    match=Match((*LOGS, *PICTURES)),
    params=PARAMS,
    process=process,
    summarise=summarise,
    engines=("sql", "labels"),
    rules=findings.RULES | together.RULES | images.RULES,
    footprint=Footprint(
        memory=3008,
        timeout=900,
        grants=(
            Grant(("s3:GetObject", "s3:ListBucket"), ("source",)),
            Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), ("sink",)),
            Grant(("rekognition:DetectCustomLabels",), ("parameter:model",), lambda params: bool(params["model"])),
            # The action does not support resources.
            Grant(("rekognition:DetectLabels",), ("*",), lambda params: bool(params["labels"])),
        ),
        packages=("duckdb", "sqlglot", "pytz", "numpy", "opencv-python-headless", "pillow"),
        packed=("opencv-python-headless",),
    ),
    units=units,
    sample=write_sample,
)
