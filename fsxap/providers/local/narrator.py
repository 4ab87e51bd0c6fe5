"""Narratives without AWS: the filled template, or any OpenAI-compatible endpoint a user configures."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

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
from fsxap.ports import Narrative
from fsxap.providers import prose
from fsxap.retry import Retry

_CONNECT, _READ = 10.0, 120.0
_LARGEST = 2**20


class TemplateNarrator:
    """The same text for the same facts, always."""

    def narrate(self, title: str, facts: Mapping[str, Any], template: str) -> Narrative:  # noqa: ARG002  # the port's
        return Narrative(prose.fill(template, facts), prose.TEMPLATE, {})


class OpenAiNarrator:
    """A chat-completions endpoint: a hosted one over TLS, or a model server on this machine.

    `base_url` ends before `/chat/completions`. `api_key_env` names the environment variable that holds the key;
    empty for a server that wants none. The facts are sent there, so it is used only where configured.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key_env: str = "",
        *,
        max_tokens: int = 1500,
        retry: Retry | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        import urllib3

        self._url, self._host = _checked(base_url)
        self._model, self._max_tokens, self._retry = model, max_tokens, retry or Retry()
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if api_key_env:
            key = environ.get(api_key_env, "").strip()
            if not key:
                raise ConfigurationError(f"the environment variable {api_key_env} holds no key for {self._host}")
            self._headers["Authorization"] = f"Bearer {key}"
        timeout = urllib3.Timeout(connect=_CONNECT, read=_READ)
        # A redirect could take the key and the facts to another host.
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def narrate(self, title: str, facts: Mapping[str, Any], template: str) -> Narrative:
        return prose.narrate(self.ask, f"{self._model} at {self._host}", title, facts, template)

    def ask(self, system: str, user: str) -> prose.Reply:
        body = {
            "model": self._model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": 0,
            "max_tokens": self._max_tokens,
            "stream": False,
        }
        return self._read(self._retry.call(lambda: self._post(json.dumps(body).encode())))

    def _post(self, body: bytes) -> bytes:
        from urllib3.exceptions import HTTPError

        try:
            response = self._pool.request(
                "POST", self._url, body=body, headers=self._headers, redirect=False, preload_content=False
            )
            try:
                answer = response.read(_LARGEST + 1)
            finally:
                response.close()
        except HTTPError as error:
            raise self._not_answered(error) from error
        if response.status != 200:
            raise self._refused(response.status)
        return bytes(answer)

    def _read(self, answer: bytes) -> prose.Reply:
        try:
            if len(answer) > _LARGEST:
                raise ValueError("larger than any text asked for")
            document = json.loads(answer)
            choice, usage = document["choices"][0], document.get("usage") or {}
            return prose.Reply(
                str(choice["message"]["content"] or ""),
                {
                    "llm_input_tokens": int(usage.get("prompt_tokens", 0)),
                    "llm_output_tokens": int(usage.get("completion_tokens", 0)),
                },
                choice.get("finish_reason") == "stop",
            )
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ServiceError(
                f"{self._host} did not answer with a chat completion",
                code="unexpected-answer",
                hint="check that the base URL ends where /chat/completions follows, as in https://host/v1",
            ) from error

    def _not_answered(self, error: Exception) -> FsxapError:
        from urllib3 import exceptions

        if isinstance(error, exceptions.SSLError):
            return Unreachable(
                f"the certificate of {self._host} is not trusted",
                code="certificate",
                hint="add its issuer to the system's trust store, or name it in SSL_CERT_FILE",
            )
        if isinstance(error, exceptions.NewConnectionError | exceptions.NameResolutionError):
            return Unreachable(f"no connection to {self._host}", hint="check the base URL, and that the server runs")
        if isinstance(error, exceptions.ConnectTimeoutError):
            return Unreachable(f"no connection to {self._host} within {_CONNECT:.0f} s", hint="check the base URL")
        return Unavailable(f"{self._host} broke off its answer ({type(error).__name__})")

    def _refused(self, status: int) -> FsxapError:
        """The answer's own text is left out: servers repeat the request in it."""
        said = f"{self._host} answered HTTP {status} for model {self._model}"
        if status in (401, 403):
            denied = Unauthenticated if status == 401 else AccessDenied
            return denied(said, hint="check the key in the environment variable, and which models it may use")
        if status == 404:
            return NotFound(said, hint="check the model's name and the base URL, as in https://host/v1")
        if status == 429:
            return Throttled(said)
        return Unavailable(said) if status >= 500 else ServiceError(said)


def _checked(base_url: str) -> tuple[str, str]:
    """The URL to post to, and the host as errors and reports name it."""
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username is not None:
        raise ConfigurationError(
            "the base URL of the language model is not one", hint="write https://host/v1, without key, query or user"
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(f"facts and key would go to {host} unencrypted", hint="use https://")
    return f"{base_url.rstrip('/')}/chat/completions", f"{host}:{port}" if port else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
