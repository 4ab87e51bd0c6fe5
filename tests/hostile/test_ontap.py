"""An ONTAP that lies: whatever it answers, a scan ends with an answer or a clear refusal, in time, on its own host."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fsxap.emulator.certificate import Authority
from fsxap.emulator.server import Emulator, serve
from fsxap.emulator.synthetic import Synthetic
from tests.e2e.program import Done, Program
from tests.unit.providers.ontap.scripted import Reply, Served, serving

Lie = Callable[[Any], Reply]
PASSWORD = "canary-Passw0rd-7712"
STRANGE = "\x1b[31mred\x1b[0m [bold]x[/bold] <script>alert(1)</script>\r\n../..\u202e\x00"


def everywhere(change: Callable[[Any], Any]) -> Lie:
    """The answer with each of its values changed."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            value = {name: changed(each) for name, each in value.items()}
        elif isinstance(value, list):
            value = [changed(each) for each in value]
        return change(value)

    return lambda body: Reply(changed(body))


def whole(raw: bytes, **more: Any) -> Lie:
    return lambda _body: Reply(raw, **more)


def with_(**fields: Any) -> Lie:
    return lambda body: Reply({**body, **fields})


def next_at(href: Any) -> Lie:
    return with_(_links={"next": {"href": href}})


LIES: dict[str, Lie] = {
    "html": whole(b"<html>\x1b[31m<h1>Log in</h1>"),
    "nothing": whole(b""),
    "not-utf8": whole(b'{"records":[{"name":"\xff\xfe"}]}'),
    "nested-without-end": whole(b"[" * 200_000),
    "nested-objects": whole(b'{"records":' * 50_000),
    "a-number": whole(b"7"),
    "null": whole(b"null"),
    "a-list": whole(b"[[]]"),
    "infinity": whole(b'{"records":[],"num_records":1e999}'),
    "a-very-long-number": whole(b'{"records":[],"num_records":1' + b"0" * 9999 + b"}"),
    "bomb": whole(gzip.compress(b" " * (200 << 20), 1), headers=(("Content-Encoding", "gzip"),)),
    "redirected": whole(b"", status=302, headers=(("Location", "https://localhost:9/api/cluster"),)),
    "no-records": with_(records=None),
    "records-are-text": with_(records="text"),
    "records-are-numbers": with_(records=[1, None, "x", []]),
    "records-are-empty": with_(records=[{}, {}]),
    "records-counted-wrong": with_(num_records=10**30),
    "records-counted-below-nothing": with_(num_records=-1),
    "next-elsewhere": next_at("https://localhost:9/api/cluster"),
    "next-beside": next_at("//localhost:9/api/cluster"),
    "next-is-a-script": next_at("javascript:alert(1)"),
    "next-is-a-list": next_at([1]),
    "next-is-empty": next_at(""),
    "next-leaves-the-api": next_at("/../../etc/passwd"),
    "texts-are-strange": everywhere(lambda value: value + STRANGE if isinstance(value, str) else value),
    "texts-are-numbers": everywhere(lambda value: 7 if isinstance(value, str) else value),
    "texts-are-long": everywhere(lambda value: value * 20_000 if isinstance(value, str) else value),
    "texts-are-empty": everywhere(lambda value: "" if isinstance(value, str) else value),
    "texts-are-paths": everywhere(lambda value: "../../etc" if isinstance(value, str) else value),
    "numbers-are-texts": everywhere(lambda value: "seven" if isinstance(value, int) else value),
    "numbers-are-negative": everywhere(lambda value: -(10**30) if type(value) is int else value),
    "lists-are-objects": everywhere(lambda value: {"is": value} if isinstance(value, list) else value),
    "objects-are-lists": everywhere(lambda value: [value] if isinstance(value, dict) else value),
    "all-is-null": everywhere(lambda value: value if isinstance(value, (dict, list)) else None),
    "refused-in-colour": lambda _body: Reply({"error": {"message": STRANGE, "code": STRANGE}}, 400),
    "refused-with-a-list": lambda _body: Reply({"error": [STRANGE]}, 403),
    "refused-with-text": lambda _body: Reply({"error": STRANGE}, 500),
}


@pytest.fixture(scope="module")
def honest() -> Iterator[Emulator]:
    with serve([Synthetic(12)], tls=False, password=PASSWORD) as running:
        yield running


def answer(honest: Emulator, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(honest.url.removeprefix("http://"), timeout=10)
    token = base64.b64encode(f"{honest.user}:{PASSWORD}".encode()).decode()
    connection.request("GET", target, headers={"Authorization": f"Basic {token}"})
    got = connection.getresponse()
    body = got.read()
    connection.close()
    return got.status, body


def scan(served: Served, honest: Emulator, here: Path, *more: str) -> Done:
    return Program(here)(
        *("scan-acl", "--ontap", served.url, "--ontap-user", honest.user, "--ontap-secret", "env:PW"),
        *("--ontap-ca", "ca.pem", "--volume", "synthetic", "--emit", "all", "--workers", "2", *more),
        PW=PASSWORD,
        AWS_MAX_ATTEMPTS="2",
        timeout=60,
    )


AT_ONCE = ("html", "bomb", "redirected", "next-elsewhere", "all-is-null", "refused-in-colour")
"""Told from the first answer on; all lies are told once a scan has begun."""


@pytest.mark.parametrize(("lie", "honestly"), [*((lie, 7) for lie in LIES), *((lie, 0) for lie in AT_ONCE)])
def test_a_lie_is_no_bug(lie: str, honestly: int, honest: Emulator, tmp_path: Path) -> None:
    context = Authority(tmp_path / "ca.pem").context()

    def script(target: str) -> Reply:
        status, raw = answer(honest, target)
        if len(served.requests) <= honestly:
            return Reply(raw, status)
        return LIES[lie](json.loads(raw))

    with serving(script, context=context) as served:
        done = scan(served, honest, tmp_path, "--report", "report.html")
    assert done.code in (0, 1, 2, 253, 254), done.err
    if lie == "no-records" and honestly:
        assert done.code == 254, "what is counted and not shown is not nothing"
    assert len(served.requests) < 300
    for text in (done.out, done.err):
        assert "\x1b" not in text
        assert "Traceback" not in text
        assert PASSWORD not in text
    assert all(len(line) < 4000 for line in done.err.splitlines())
    page = tmp_path / "report.html"
    assert not page.exists() or "<script>alert" not in page.read_text(encoding="utf-8")
    assert set(os.listdir(tmp_path)) <= {"ca.pem", "state", "home", "report.html"}
