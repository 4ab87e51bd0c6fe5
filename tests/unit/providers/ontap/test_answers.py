from __future__ import annotations

import json

import pytest

from fsxap.errors import (
    AccessDenied,
    FsxapError,
    NotFound,
    ServiceError,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from fsxap.providers.ontap import answers

WHAT = "GET /api/x"


def body(code: object, message: str = "entry doesn't exist") -> bytes:
    return json.dumps({"error": {"message": message, "code": code, "target": "uuid"}}, indent=2).encode()


@pytest.mark.parametrize(
    ("status", "sent", "kind", "code", "retryable"),
    [
        (401, b"", Unauthenticated, "unauthenticated", False),
        (401, b"<html>denied</html>", Unauthenticated, "unauthenticated", False),
        (401, body("6691623", "User is not authorized"), Unauthenticated, "unauthenticated", False),
        (403, body("6", "not authorized for that command"), AccessDenied, "access-denied", False),
        (403, b"", AccessDenied, "access-denied", False),
        (404, body("4"), NotFound, "not-found", False),
        (404, body(4), NotFound, "not-found", False),
        (404, b"", NotFound, "not-found", False),
        (400, body("655865", "No such file or directory"), NotFound, "not-found", False),
        (500, body("655865", "No such file or directory"), NotFound, "not-found", False),
        (404, body("6684674"), NotFound, "not-found", False),
        (404, body("4", "The volume is temporarily locked"), Unavailable, "locked", True),
        (404, body("3", "API not found"), ServiceError, "unsupported", False),
        (400, body("262197", 'The value "x" is invalid for field "fields"'), ServiceError, "invalid-field", False),
        (404, body("262179", 'Unexpected argument "x".'), ServiceError, "invalid-argument", False),
        (400, body("917752"), ServiceError, "volume-offline", False),
        (400, body("6488109"), ServiceError, "flexcache", False),
        (400, body("655399", "bad property"), ServiceError, "ontap-655399", False),
        (418, b"", ServiceError, "http-418", False),
        (302, b"", ServiceError, "redirect", False),
        (429, body("4"), Throttled, "throttled", True),
        (500, body("4"), Unavailable, "unavailable", True),
        (503, b"<html>busy</html>", Unavailable, "unavailable", True),
        (400, b'{"error": "text"}', ServiceError, "http-400", False),
        (400, body("not digits"), ServiceError, "http-400", False),
    ],
)  # fmt: skip
def test_refusals(status: int, sent: bytes, kind: type[FsxapError], code: str, retryable: bool) -> None:
    error = answers.refusal(status, sent, WHAT)
    assert type(error) is kind
    assert (error.code, error.retryable) == (code, retryable)
    assert error.message.startswith(f"ONTAP answered {status} to {WHAT}")


@pytest.mark.parametrize(
    ("status", "sent", "words"),
    [
        (401, b"", ("lock", "fsxadmin-readonly", "secret")),
        (403, body("6"), ("fsxadmin-readonly", "vsadmin-readonly", "role")),
    ],
)
def test_hints_say_what_to_do(status: int, sent: bytes, words: tuple[str, ...]) -> None:
    hint = answers.refusal(status, sent, WHAT).hint
    assert all(word in hint for word in words)


def test_the_field_and_the_code_are_named() -> None:
    message = answers.refusal(400, body("262197", 'The value "inode_generation" is invalid'), WHAT).message
    assert '"inode_generation"' in message
    assert "262197" in message


def test_a_long_message_is_cut() -> None:
    assert len(answers.refusal(400, body("1", "x" * 5000), WHAT).message) < 400


@pytest.mark.parametrize("sent", [b"", b"<html>", b"[]", b"null", b'{"records": [', b'"text"', b"\xff\xfe"], ids=repr)
def test_what_is_no_json_object(sent: bytes) -> None:
    assert answers.parse(sent) is None


def test_an_answer_that_says_nothing_is_worth_another_try() -> None:
    error = answers.malformed(WHAT, "the body is not a JSON object")
    assert error.code == "malformed-answer"
    assert error.retryable


def test_control_characters_and_foreign_bytes_are_read() -> None:
    assert answers.parse(b'{"message": "one\ntwo\x01", "name": "caf\xe9"}') == {
        "message": "one\ntwo\x01",
        "name": "caf\udce9",
    }
