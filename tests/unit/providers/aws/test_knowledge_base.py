"""Bedrock's Retrieve by its own model of requests and answers, and `ask --kb` over it: what reaches a model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fsxap.cli import asking, main
from fsxap.errors import AccessDenied, NotFound, ServiceError
from fsxap.model import Item
from fsxap.passages import Found
from fsxap.providers.aws.knowledge_base import changes, retrieve
from tests.unit.patterns.audits import ALICE, BOB, allow, folder, ntfs, summary, write
from tests.unit.patterns.audits import rows as audit_rows

KB, ALIAS = "ABCDEFGHIJ", "records-abc123-ext-s3alias"


def result(key: str, text: str, score: float = 0.5, page: int | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "content": {"text": text, "type": "TEXT"},
        "location": {"type": "S3", "s3Location": {"uri": f"s3://{ALIAS}/{key}"}},
        "score": score,
    }
    return row if page is None else row | {"metadata": {"x-amz-bedrock-kb-document-page-number": page}}


def asked(question: str, number: int) -> dict[str, Any]:
    search = {"vectorSearchConfiguration": {"numberOfResults": number}}
    return {"knowledgeBaseId": KB, "retrievalQuery": {"text": question}, "retrievalConfiguration": search}


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1")


def test_passages_with_key_and_page(session: boto3.Session) -> None:
    client = session.client("bedrock-agent-runtime")
    web = {"content": {"text": "w"}, "location": {"type": "WEB", "webLocation": {"url": "https://x"}}}
    rows = [result("in/a b.pdf", "one", 0.9, 3), web, result("c.txt", "two")]
    with Stubber(client) as stub:
        stub.add_response("retrieve", {"retrievalResults": rows}, asked("when?", 5))
        assert retrieve(client, KB, "when?", 5) == [
            (ALIAS, Found("in/a b.pdf", 3, "one", 0.9)),
            (ALIAS, Found("c.txt", 0, "two", 0.5)),
        ]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ResourceNotFoundException", 404, NotFound),
        ("AccessDeniedException", 403, AccessDenied),
        ("ValidationException", 400, ServiceError),
    ],
)
def test_refusals(session: boto3.Session, code: str, status: int, kind: type[Exception]) -> None:
    client = session.client("bedrock-agent-runtime")
    with Stubber(client) as stub, pytest.raises(kind):
        stub.add_client_error("retrieve", code, "no", status)
        retrieve(client, KB, "when?")


def test_when_documents_changed_is_asked_once_each() -> None:
    seen: list[str] = []

    def head(_bucket: str, key: str) -> str:
        seen.append(key)
        if key == "gone":
            raise NotFound("no such key")
        return "2026-01-01T00:00:00Z"

    found = [(ALIAS, Found(key, 0, "", 0.0)) for key in ("a", "gone", "a")]
    assert changes(head, found) == {"a": "2026-01-01T00:00:00Z", "gone": ""} and seen == ["a", "gone"]


class Aws:
    """Bedrock on recorded shapes, and the access point's HEAD."""

    def __init__(self, session: boto3.Session, rows: list[dict[str, Any]]) -> None:
        self.session, self.rows = session, rows
        self.prompts: list[str] = []
        self.numbers: list[int] = []

    def client(self, service: str, **_: Any) -> Any:
        made = self.session.client(service)
        made.meta.events.register("before-call", self._answer)
        return made

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        body = json.loads(params["body"])
        if model.name == "Retrieve":
            self.numbers.append(body["retrievalConfiguration"]["vectorSearchConfiguration"]["numberOfResults"])
            return Reply(), {"retrievalResults": self.rows}
        self.prompts.append(params["body"].decode() if isinstance(params["body"], bytes) else params["body"])
        text = "The lease ends on 31 March 2028 [1]."
        message = {"role": "assistant", "content": [{"text": text}]}
        usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
        return Reply(), {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}


class Reply:
    status_code = 200


ROWS = [
    result("board.txt", "Payroll of the board: 250,000 EUR.", 0.9),
    result("lease.txt", "The lease ends on 31 March 2028.", 0.8),
    result("new.txt", "Younger than the audit.", 0.7),
    result("unheard.txt", "Never audited.", 0.6),
]


@pytest.fixture
def world(session: boto3.Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    made = Aws(session, ROWS)
    today = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    audited = [ntfs(f"/vol/{name}.txt", allow(who)) for name, who in (("board", BOB), ("lease", ALICE), ("new", ALICE))]
    write(tmp_path / "acl.jsonl", [*audit_rows(folder(), *audited, end=False), summary(started=today)])

    class Store:
        def head(self, key: str) -> Item:
            return Item(key, 1, "2999-01-01T00:00:00Z" if key == "new.txt" else "2026-01-01T00:00:00Z")

    monkeypatch.setattr(asking, "connect_aws", lambda _settings: made)
    monkeypatch.setattr(asking, "open_store", lambda _location, _aws: Store())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FSXAP_STATE", str(tmp_path / "state"))
    return made


def ask(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["ask", "when does the lease end?", "--kb", KB, "--output", "jsonl", *flags])
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err


def test_what_may_not_be_read_reaches_neither_a_model_nor_the_answer(
    world: Aws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FSXAP_BEDROCK_MODEL", "amazon.nova-lite-v1:0")
    code, records, err = ask(capsys, "--as", ALICE, "--acl", "acl.jsonl")
    assert [row["key"] for row in records if row["type"] == "passage"] == ["lease.txt"]
    answer = records[-1]
    assert answer["text"] == "The lease ends on 31 March 2028 [1]." and answer["generator"] == "amazon.nova-lite-v1:0"
    assert answer["withheld"] == {"changed-since-audit": 1, "no-entry": 1, "not-readable": 1}
    assert code == 1 and world.numbers == [100]
    (prompt,) = world.prompts
    for hidden in ("250,000", "board", "unheard", "Younger", "Never audited"):
        assert hidden not in prompt + err + json.dumps(records)


def test_without_a_trustee_everything_is_found(world: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    code, records, _ = ask(capsys, "--top", "4")
    assert code == 0 and world.numbers == [4] and not world.prompts
    assert [row["rank"] for row in records[:-1]] == [1, 2, 3, 4] and "withheld" not in records[-1]


@pytest.mark.parametrize(
    "flags", [("--as", ALICE), ("--acl", "acl.jsonl"), ("-s", "."), ("--vectors",), ("--rebuild",)]
)
def test_flags_that_do_not_go_together(world: Aws, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]) -> None:
    assert ask(capsys, *flags)[0] == 2 and not world.numbers
