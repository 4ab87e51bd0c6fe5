"""`fsxap ask` as installed: records, exit codes, what is indexed again, and what a trustee is never shown."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.e2e.program import Done, Program
from tests.unit.patterns.audits import ALICE, BOB, EVERYONE, STAFF, allow, deny, folder, ntfs, summary, write
from tests.unit.patterns.audits import rows as audit_rows

pytest.importorskip("duckdb")
LEASE = "The lease of the office in Utrecht ends on 31 March 2028."
SECRET = "Payroll of the board: 250,000 EUR for the chair."
QUOTE = "As the memo says, payroll of the board is a secret."


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    texts = {"lease.md": LEASE, "hr/board.txt": SECRET, "quote.txt": QUOTE, "jp.txt": "支払期日は月末です。"}
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1e9, 1e9))
    return root


@pytest.fixture
def acl(tmp_path: Path, docs: Path) -> Path:
    files = [ntfs(f"/{name}", allow(EVERYONE)) for name in ("lease.md", "quote.txt", "jp.txt")]
    secret = ntfs("/hr/board.txt", deny(STAFF), allow(BOB), allow(ALICE))
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return write(
        tmp_path / "acl.jsonl",
        [*audit_rows(folder("/"), folder("/hr"), *files, secret, end=False), summary(started=began, source=str(docs))],
    )


@pytest.fixture
def members(tmp_path: Path) -> Path:
    path = tmp_path / "members.csv"
    path.write_text(f"{ALICE},CORP\\Clerks\nCORP\\Clerks,{STAFF}\n{BOB},CORP\\Board\n")
    return path


def keys(done: Done) -> list[str]:
    return [row["key"] for row in done.of("passage")]


def test_records_of_an_answer(fsxap: Program, docs: Path) -> None:
    done = fsxap("ask", "when does the lease end?", "-s", docs, "--top", "1")
    assert done.code == 0, done.err
    passage, answer = done.records
    assert set(passage) == {"type", "rank", "key", "page", "text", "score"}
    assert (passage["rank"], passage["key"], passage["text"]) == (1, "lease.md", LEASE)
    assert answer["citations"] == [{"rank": 1, "key": "lease.md", "page": 0}]
    assert LEASE in answer["text"] and "no language model" in answer["generator"]
    assert keys(fsxap("ask", "支払期日", "-s", docs)) == ["jp.txt"]


def test_a_trustee_is_shown_what_they_may_read_and_counts_of_the_rest(
    fsxap: Program, docs: Path, acl: Path, members: Path
) -> None:
    """The question is the forbidden text itself, and another document quotes it."""
    asked = ("ask", SECRET, "-s", docs, "--acl", acl, "--groups", members)
    alice, bob = fsxap(*asked, "--as", ALICE), fsxap(*asked, "--as", BOB)
    assert alice.code == bob.code == 0, alice.err + bob.err
    assert keys(alice) == ["quote.txt"] and keys(bob)[0] == "hr/board.txt"
    assert "250,000" not in alice.out + alice.err and "hr/board" not in alice.out + alice.err
    assert alice.of("answer")[0]["withheld"] == {"not-readable": 1} and bob.of("answer")[0]["withheld"] == {}
    (docs / "hr/board.txt").unlink()
    without = fsxap(*asked, "--as", ALICE)
    assert without.of("passage") == alice.of("passage")


def test_what_the_audit_does_not_know_is_withheld(fsxap: Program, docs: Path, acl: Path, members: Path) -> None:
    (docs / "later.txt").write_text(SECRET)
    twin = docs / "LEASE.md"
    twin.write_text(LEASE)
    os.utime(twin, (1e9, 1e9))
    asked = ("ask", f"{SECRET} {LEASE}", "-s", docs, "--acl", acl, "--groups", members)
    done = fsxap(*asked, "--as", ALICE)
    assert done.code == 1 and set(keys(done)) == {"lease.md", "quote.txt"}
    assert done.of("answer")[0]["withheld"] == {"changed-since-audit": 1, "no-entry": 1, "not-readable": 1}
    nobody = fsxap(*asked, "--as", "CORP\\mallory")
    assert nobody.code == 1 and keys(nobody) == []
    assert nobody.of("answer")[0]["withheld"] == {"unknown-trustee": 6}


def test_an_audit_cut_short_admits_nothing(fsxap: Program, docs: Path, acl: Path) -> None:
    acl.write_text("".join(acl.read_text().splitlines(keepends=True)[:-1]))
    done = fsxap("ask", "lease", "-s", docs, "--acl", acl, "--as", ALICE)
    assert done.code == 1 and done.of("answer")[0]["withheld"] == {"audit-incomplete": 4}
    acl.write_text("{")
    assert fsxap("ask", "lease", "-s", docs, "--acl", acl, "--as", ALICE).code == 253


def test_an_audit_of_another_place_is_refused(fsxap: Program, docs: Path, acl: Path, members: Path) -> None:
    """Its files of the same names have other permissions."""
    asked = ("ask", "payroll", "--acl", acl, "--groups", members, "--as", ALICE, "-s")
    inside = fsxap(*asked, docs / "hr")
    assert inside.code == 0 and inside.of("answer")[0]["withheld"] == {"not-readable": 1}
    elsewhere = docs.parent / "elsewhere"
    docs.rename(elsewhere)
    docs.mkdir()
    refused = fsxap(*asked, elsewhere)
    assert refused.code == 2 and refused.out == ""
    said = fsxap(*asked, elsewhere, "--acl-root", "/")
    assert said.code == 0 and keys(said) == ["quote.txt"]
    part = [json.loads(line) for line in acl.read_text().splitlines()]
    write(acl, [*part[:-1], part[-1] | {"data": {"extent": {"path": "hr"}}}])
    assert fsxap(*asked, docs).code == 2


def test_only_what_changed_is_read_again(fsxap: Program, docs: Path) -> None:
    assert "4 new or changed" in fsxap("ask", "lease", "-s", docs).err
    (docs / "quote.txt").write_text("The pension begins at 67.")
    (docs / "hr/board.txt").unlink()
    done = fsxap("ask", "pension payroll", "-s", docs)
    assert keys(done) == ["quote.txt"] and "1 new or changed, 1 gone" in done.err
    kept = [path for path in (fsxap.here / "state").rglob("*") if path.is_file()]
    assert kept and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)


def test_a_file_that_cannot_be_read_is_told_of(fsxap: Program, docs: Path) -> None:
    (docs / "bad.docx").write_bytes(b"no zip")
    done = fsxap("ask", "lease", "-s", docs)
    assert done.code == 1 and keys(done) == ["lease.md"] and "bad.docx" in done.err


def test_a_forged_index_answers_nothing(fsxap: Program, docs: Path) -> None:
    import duckdb

    fsxap("ask", "lease", "-s", docs)
    (path,) = (fsxap.here / "state").rglob("words.duckdb")
    with duckdb.connect(str(path)) as database:
        database.execute("UPDATE passages SET text = 'The lease ends today, pay mallory.'")
    done = fsxap("ask", "lease", "-s", docs, "--output", "jsonl")
    assert done.code == 253 and done.out == "" and done.error["code"] == "index-tampered"
    assert fsxap("ask", "lease", "-s", docs, "--rebuild").code == 0


@pytest.mark.parametrize("flags", [(), ("--as", "x"), ("--acl", "x"), ("--kb", "K", "-s", "docs"), ("--top", "0")])
def test_usage(fsxap: Program, docs: Path, flags: tuple[str, ...]) -> None:
    assert fsxap("ask", "lease", *flags).code == 2


class Chat(BaseHTTPRequestHandler):
    bodies: list[bytes] = []  # noqa: RUF012  # one test's

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        choice = {"message": {"content": "It ends on 31 March 2028 [1]."}, "finish_reason": "stop"}
        answer = json.dumps({"choices": [choice], "usage": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def chat() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Chat)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_model_is_shown_what_the_trustee_may_read_and_nothing_else(
    fsxap: Program, docs: Path, acl: Path, members: Path, chat: HTTPServer
) -> None:
    Chat.bodies.clear()
    where = {"FSXAP_LLM_URL": f"http://127.0.0.1:{chat.server_port}/v1", "FSXAP_LLM_MODEL": "tiny"}
    asked = ("ask", "when does the lease end? " + SECRET[:20], "-s", docs, "--acl", acl, "--groups", members)
    done = fsxap(*asked, "--as", ALICE, **where)
    (answer,) = done.of("answer")
    (body,) = Chat.bodies
    assert answer["generator"] == "tiny" and answer["text"] == "It ends on 31 March 2028 [1]."
    assert LEASE.encode() in body and b"250,000" not in body
