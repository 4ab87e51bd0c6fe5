"""Textract on botocore's wire: made-up pages become blocks, a token starts one job, answers have states and parts."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fsxap.errors import NotFound
from fsxap.model import Item
from tests.unit.providers.aws_wire import Refusal, client

Block = dict[str, Any]


class Ids:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> str:
        return f"b{next(self._numbers)}"


def geometry(left: float, top: float, width: float = 0.1, height: float = 0.02, turn: int = 0) -> dict[str, Any]:
    """A place on an upright page, as it lies when the page is turned clockwise by `turn` degrees before it is sent."""
    points = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    for _ in range(turn // 90):
        points = [(1 - y, x) for x, y in points]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = {"Left": min(xs), "Top": min(ys), "Width": max(xs) - min(xs), "Height": max(ys) - min(ys)}
    return {"BoundingBox": box, "Polygon": [{"X": x, "Y": y} for x, y in points]}


@dataclass
class Sheet:
    """Writes blocks of one page."""

    page: int = 1
    turn: int = 0
    blocks: list[Block] = field(default_factory=list)
    ids: Ids = field(default_factory=Ids)

    def block(self, kind: str, place: tuple[float, ...] = (), sure: float = 90.0, **more: Any) -> Block:
        made: Block = {"BlockType": kind, "Id": f"p{self.page}-{self.ids()}", "Page": self.page, "Confidence": sure}
        if place:
            made["Geometry"] = geometry(*place, turn=self.turn)
        self.blocks.append(made | more)
        return self.blocks[-1]

    def words(self, text: str, left: float, top: float, sure: float = 90.0) -> list[Block]:
        return [
            self.block("WORD", (left + 0.12 * at, top), sure, Text=word, TextType="PRINTED")
            for at, word in enumerate(text.split())
        ]

    def line(self, text: str, left: float = 0.1, top: float = 0.1) -> Block:
        words = self.words(text, left, top)
        return self.block("LINE", (left, top, 0.12 * len(words)), Text=text, Relationships=related("CHILD", words))

    def pair(self, label: str, value: str, left: float = 0.1, top: float = 0.5) -> None:
        held = self.block(
            "KEY_VALUE_SET",
            (left + 0.5, top),
            80.0,
            EntityTypes=["VALUE"],
            Relationships=related("CHILD", self.words(value, left + 0.5, top)),
        )
        self.block(
            "KEY_VALUE_SET",
            (left, top),
            EntityTypes=["KEY"],
            Relationships=related("CHILD", self.words(label, left, top)) + related("VALUE", [held]),
        )

    def tick(self, label: str, chosen: bool, left: float = 0.1, top: float = 0.6) -> None:
        status = "SELECTED" if chosen else "NOT_SELECTED"
        box = self.block("SELECTION_ELEMENT", (left, top, 0.02), SelectionStatus=status)
        if not label:
            return
        held = self.block("KEY_VALUE_SET", (left, top), EntityTypes=["VALUE"], Relationships=related("CHILD", [box]))
        words = self.words(label, left + 0.1, top)
        self.block(
            "KEY_VALUE_SET",
            (left + 0.1, top),
            EntityTypes=["KEY"],
            Relationships=related("CHILD", words) + related("VALUE", [held]),
        )

    def table(self, rows: Sequence[Sequence[str]], merged: Iterable[tuple[int, int, int]] = ()) -> None:
        """`merged` are row, first column and how many columns."""
        cells: dict[tuple[int, int], Block] = {}
        places = ((down, across, text) for down, row in enumerate(rows, 1) for across, text in enumerate(row, 1))
        for down, across, text in places:
            place = (0.1 * across, 0.3 + 0.03 * down)
            words = self.words(text, *place)
            cells[down, across] = self.block(
                "CELL",
                place,
                RowIndex=down,
                ColumnIndex=across,
                RowSpan=1,
                ColumnSpan=1,
                Relationships=related("CHILD", words),
            )
        spans = [
            self.block(
                "MERGED_CELL",
                (0.1 * first, 0.3 + 0.03 * down, 0.1 * width),
                RowIndex=down,
                ColumnIndex=first,
                RowSpan=1,
                ColumnSpan=width,
                Relationships=related("CHILD", [cells[down, first + at] for at in range(width)]),
            )
            for down, first, width in merged
        ]
        self.block(
            "TABLE",
            (0.1, 0.3, 0.8, 0.2),
            Relationships=related("CHILD", cells.values()) + related("MERGED_CELL", spans),
        )

    def answer(self, alias: str, question: str, text: str) -> None:
        result = self.block("QUERY_RESULT", (0.7, 0.7), 70.0, Text=text)
        self.block("QUERY", Query={"Text": question, "Alias": alias}, Relationships=related("ANSWER", [result]))


def related(kind: str, blocks: Iterable[Block]) -> list[dict[str, Any]]:
    ids = [block["Id"] for block in blocks]
    return [{"Type": kind, "Ids": ids}] if ids else []


class Bucket:
    """A store in memory at an S3 location."""

    def __init__(self, location: str = "s3://state/textract") -> None:
        self.location = location
        self.objects: dict[str, bytes] = {}
        self.puts: list[str] = []

    def put(self, key: str, body: Any) -> str:
        self.puts.append(key)
        self.objects[key] = body if isinstance(body, bytes) else body.read()
        return f"{self.location}/{key}"

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        if key not in self.objects:
            raise NotFound(f"{key} is not there")
        return self.objects[key]

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def head(self, key: str) -> Item:
        return Item(key, len(self.read(key)))

    def locate(self, key: str) -> str:
        return f"{self.location}/{key}"


@dataclass
class Job:
    operation: str
    body: bytes
    features: tuple[str, ...]
    polls: int = 0


Write = Callable[[bytes, tuple[str, ...]], list[Sheet]]
"""From a document and the features asked for to what stands on its pages."""


@dataclass
class TextractService:
    """`write` makes the pages; jobs take `slow` polls and answer in parts of `part` blocks."""

    write: Write
    bucket: Bucket = field(default_factory=Bucket)
    slow: int = 2
    part: int = 7
    expense: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    fail: str = ""
    refuse: list[str] = field(default_factory=list)
    """Error codes the next calls end with."""
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    client: Any = None

    def __post_init__(self) -> None:
        self.client = client("textract", self.answer)

    def called(self, prefix: str) -> int:
        return sum(operation.startswith(prefix) for operation, _ in self.requests)

    def answer(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.requests.append((operation, params))
        if self.refuse:
            raise Refusal(self.refuse.pop(0), "refused")
        if operation.startswith("Start"):
            return self._start(operation, params)
        if operation.startswith("Get"):
            return self._get(params)
        body = base64.b64decode(params["Document"]["Bytes"])
        assert len(body) <= 10 * 1024 * 1024
        return self._whole(operation, body, features(params))

    def _whole(self, operation: str, body: bytes, asked: tuple[str, ...]) -> dict[str, Any]:
        sheets = self.write(body, asked)
        if not operation.startswith(("Get", "Start")) and len(sheets) > 1:
            raise Refusal("UnsupportedDocumentException", "more than one page")
        blocks = [block for sheet in sheets for block in sheet.blocks]
        answer: dict[str, Any] = {"DocumentMetadata": {"Pages": len(sheets)}}
        if "Expense" in operation:
            answer["ExpenseDocuments"] = [{"ExpenseIndex": 1, "Blocks": blocks, **each} for each in self.expense]
        else:
            answer["Blocks"] = blocks
        if operation == "AnalyzeExpense":
            return answer
        name = "DetectDocumentText" if "Text" in operation else "AnalyzeDocument"
        return answer | {f"{'AnalyzeExpense' if 'Expense' in operation else name}ModelVersion": "1.0"}

    def _start(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        token = params["ClientRequestToken"]
        if token not in self.tokens:
            place = params["DocumentLocation"]["S3Object"]
            prefix = self.bucket.location.removeprefix("s3://")
            key = f"{place['Bucket']}/{place['Name']}".removeprefix(f"{prefix}/")
            if key not in self.bucket.objects:
                raise Refusal("InvalidS3ObjectException", "unable to get object")
            self.tokens[token] = f"job{len(self.tokens) + 1}"
            self.jobs[self.tokens[token]] = Job(operation, self.bucket.objects[key], features(params))
        return {"JobId": self.tokens[token]}

    def _get(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["JobId"] not in self.jobs:
            raise Refusal("InvalidJobIdException", "unknown")
        job = self.jobs[params["JobId"]]
        job.polls += 1
        if job.polls <= self.slow:
            return {"JobStatus": "IN_PROGRESS"}
        if self.fail:
            return {"JobStatus": "FAILED", "StatusMessage": self.fail}
        whole = self._whole(job.operation, job.body, job.features)
        answer = whole | {"JobStatus": "PARTIAL_SUCCESS" if self.warnings else "SUCCEEDED", "Warnings": self.warnings}
        if "Blocks" in whole:
            start, size = int(params.get("NextToken", "0")), min(self.part, params["MaxResults"])
            answer["Blocks"] = whole["Blocks"][start : start + size]
            if start + size < len(whole["Blocks"]):
                answer["NextToken"] = str(start + size)
        return answer


def features(params: dict[str, Any]) -> tuple[str, ...]:
    asked = tuple(params.get("FeatureTypes", ()))
    assert ("QUERIES" in asked) == ("QueriesConfig" in params)
    assert len(params.get("QueriesConfig", {}).get("Queries", ())) <= 15
    return asked
