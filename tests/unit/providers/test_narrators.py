"""Language models at the border: what their refusals, redirects and odd answers become."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from fsxap.errors import (
    AccessDenied,
    ConfigurationError,
    FsxapError,
    NotFound,
    ServiceError,
    Throttled,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from fsxap.providers.aws.bedrock import BedrockNarrator
from fsxap.providers.local.narrator import OpenAiNarrator
from fsxap.retry import Retry
from tests.unit.providers.aws_wire import Refusal, client, converse

ONCE = Retry(attempts=1)
FACTS = {"files": 3, "name": "SECRET.txt"}


@pytest.mark.parametrize(
    ("code", "status", "message", "error", "hint"),
    [
        (
            "ValidationException",
            400,
            "Invocation of model ID amazon.nova-lite-v1:0 with on-demand throughput isn’t supported. Retry with an"
            " inference profile.",
            FsxapError,
            "inference profile",
        ),
        (
            "AccessDeniedException",
            403,
            "You don't have access to the model with the specified model ID.",
            AccessDenied,
            "access",
        ),
        (
            "AccessDeniedException",
            403,
            "not authorized to perform: bedrock:InvokeModel",
            AccessDenied,
            "inference-profile/*",
        ),
        ("ThrottlingException", 429, "Too many tokens", Throttled, ""),
        ("ServiceUnavailableException", 503, "busy", Unavailable, ""),
        ("ValidationException", 400, "The provided model identifier is invalid.", FsxapError, ""),
    ],
)
def test_bedrocks_refusals_say_what_to_do(
    code: str, status: int, message: str, error: type[FsxapError], hint: str
) -> None:
    def refuse(_operation: str, _params: dict[str, Any]) -> dict[str, Any]:
        raise Refusal(code, message, status)

    narrator = BedrockNarrator(client("bedrock-runtime", refuse), "amazon.nova-lite-v1:0", 100)
    with pytest.raises(error) as caught:
        narrator.narrate("t", FACTS, "{files}")
    assert "amazon.nova-lite-v1:0" in caught.value.message
    assert hint in caught.value.hint
    assert "SECRET" not in f"{caught.value.message}{caught.value.hint}"


def test_bedrock_request_names_the_model_and_reads_past_reasoning() -> None:
    seen = []

    def answer(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        seen.append(params["modelId"])
        reply = json.loads(json.dumps(converse("3 files.")))
        thought = {"reasoningContent": {"reasoningText": {"text": "SECRET thought"}}}
        reply["output"]["message"]["content"].insert(0, thought)
        return dict(reply)

    profile = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0"
    narrative = BedrockNarrator(client("bedrock-runtime", answer), profile, 100).narrate("t", FACTS, "{files}")
    assert seen == [profile]
    assert narrative.text == "3 files."
    assert narrative.usage == {"bedrock_input_tokens": 100, "bedrock_output_tokens": 20}
    assert narrative.generator == f"bedrock {profile}"


class Server:
    """Answers every POST with what it was told to; keeps the requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[tuple[int, bytes]] = []
        self.requests: list[dict[str, str]] = []


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            here.requests.append(dict(self.headers))
            status, body = here.answers.pop(0)
            self.send_response(status)
            if status == 307:
                self.send_header("Location", f"{here.url}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        here = Server(f"http://127.0.0.1:{http.server_port}/v1")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield here
        http.shutdown()
        thread.join()


@pytest.fixture
def server(running: Server) -> Server:
    running.answers, running.requests = [], []
    return running


def completion(text: str | None, finish: str = "stop") -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": finish}]}).encode()


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        (401, Unauthenticated, "key"),
        (403, AccessDenied, "key"),
        (404, NotFound, "model's name"),
        (429, Throttled, ""),
        (500, Unavailable, ""),
        (503, Unavailable, ""),
        (400, ServiceError, ""),
        (307, ServiceError, ""),
    ],
)
def test_refusals_of_a_server_keep_its_words_out(
    server: Server, status: int, error: type[FsxapError], hint: str
) -> None:
    server.answers = [(status, b'{"error": "you sent SECRET.txt"}')]
    with pytest.raises(error) as caught:
        OpenAiNarrator(server.url, "m", retry=ONCE).narrate("t", FACTS, "{files}")
    assert f"HTTP {status}" in caught.value.message
    assert hint in caught.value.hint
    assert "SECRET" not in f"{caught.value.message}{caught.value.hint}"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": "3"}}], "usage": {"prompt_tokens": "many"}}',
        b"[" * 100_000,
        b" " * (2**20 + 1),
    ],
)
def test_an_answer_that_is_no_completion_is_an_error(server: Server, body: bytes) -> None:
    server.answers = [(200, body)]
    with pytest.raises(ServiceError, match="did not answer with a chat completion") as caught:
        OpenAiNarrator(server.url, "m", retry=ONCE).narrate("t", FACTS, "{files}")
    assert caught.value.code == "unexpected-answer"


def test_a_busy_server_is_asked_again(server: Server) -> None:
    server.answers = [(503, b""), (429, b""), (200, completion("3 files."))]
    narrative = OpenAiNarrator(server.url, "m", retry=Retry(attempts=3, base=0)).narrate("t", FACTS, "{files}")
    assert narrative.text == "3 files."
    assert narrative.generator == f"m at {server.url.removeprefix('http://').removesuffix('/v1')}"


def test_a_null_text_falls_back(server: Server) -> None:
    server.answers = [(200, completion(None)), (200, completion("3 files.", "length"))]
    assert OpenAiNarrator(server.url, "m", retry=ONCE).narrate("t", FACTS, "{files} in all").text == "3 in all"


def test_no_key_no_authorization_header(server: Server) -> None:
    server.answers = [(200, completion("3 files."))]
    OpenAiNarrator(server.url, "m", retry=ONCE, environ={"OPENAI_API_KEY": "k-1"}).narrate("t", FACTS, "{files}")
    assert "Authorization" not in server.requests[0]


def test_a_server_that_is_not_there_or_hangs_up() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=lambda: listener.accept()[0].close())
        thread.start()
        with pytest.raises(Unavailable, match="broke off"):
            OpenAiNarrator(f"http://127.0.0.1:{port}", "m", retry=ONCE).narrate("t", FACTS, "{files}")
        thread.join()
    with pytest.raises(Unreachable, match="no connection"):
        OpenAiNarrator(f"http://127.0.0.1:{port}", "m", retry=ONCE).narrate("t", FACTS, "{files}")


def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    import ssl

    trustme = pytest.importorskip("trustme")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", "127.0.0.1").configure_cert(context)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """The client hangs up in the handshake, which is what is tested."""

    with Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler) as http:
        http.socket = context.wrap_socket(http.socket, server_side=True)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"https://127.0.0.1:{http.server_port}/v1"
        with pytest.raises(Unreachable) as caught:
            OpenAiNarrator(url, "m", retry=ONCE).narrate("t", FACTS, "{files}")
        http.shutdown()
        thread.join()
    assert caught.value.code == "certificate"
    assert "SSL_CERT_FILE" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example/v1",
        "http://127.0.0.1.example/v1",
        "http://10.0.0.1/v1",
        "ftp://models.example/v1",
        "models.example/v1",
        "https://",
        "https://user:SECRET@models.example/v1",
        "https://models.example/v1?key=SECRET",
        "https://models.example:port/v1",
        "http://[::1",
        "",
    ],
)
def test_facts_go_over_tls_or_stay_on_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        OpenAiNarrator(url, "m")
    assert "SECRET" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize("url", ["https://models.example/v1", "http://localhost:11434/v1", "http://[::1]:8080/v1/"])
def test_urls_that_are_taken(url: str) -> None:
    OpenAiNarrator(url, "m")


@pytest.mark.parametrize("environ", [{}, {"KEY": " "}])
def test_a_key_that_is_named_must_be_there(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="KEY holds no key"):
        OpenAiNarrator("https://models.example/v1", "m", "KEY", environ=environ)
