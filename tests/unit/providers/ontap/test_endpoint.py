from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from fsxap.errors import ConfigurationError
from fsxap.providers.ontap import endpoint
from fsxap.providers.ontap.endpoint import Endpoint


@pytest.mark.parametrize(
    ("written", "meant", "shown"),
    [
        ("fs.example.com", Endpoint("https", "fs.example.com", 443), "fs.example.com"),
        (" https://FS.example.com/ ", Endpoint("https", "fs.example.com", 443), "fs.example.com"),
        ("https://fs.example.com:8443/api", Endpoint("https", "fs.example.com", 8443), "fs.example.com:8443"),
        ("10.0.0.9:444", Endpoint("https", "10.0.0.9", 444), "10.0.0.9:444"),
        ("https://[fd00::1]", Endpoint("https", "fd00::1", 443), "[fd00::1]"),
        ("http://127.0.0.1:8080", Endpoint("http", "127.0.0.1", 8080), "127.0.0.1:8080"),
        ("http://localhost", Endpoint("http", "localhost", 80), "localhost:80"),
        ("http://[::1]:81/api/", Endpoint("http", "::1", 81), "[::1]:81"),
    ],
)
def test_what_people_write(written: str, meant: Endpoint, shown: str) -> None:
    assert endpoint.parse(written) == meant
    assert str(meant) == shown


@pytest.mark.parametrize(
    "written",
    [
        "",
        "http://10.0.0.9",
        "http://fs.example.com",
        "http://127.0.0.1.example.com",
        "ftp://fs.example.com",
        "https://fs.example.com/other",
        "https://fs.example.com/api?x=1",
        "https://fs.example.com:port",
        "https://fs.example.com:99999",
        "two words",
        "https://",
        "https://[fd00::1",
    ],
)
def test_what_is_refused(written: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        endpoint.parse(written)
    assert caught.value.code == "endpoint"
    assert caught.value.hint


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        endpoint.parse("https://admin:hunter2@fs.example.com")
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_verification_is_on() -> None:
    context = endpoint.tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unusable_ca_file(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        endpoint.tls(path)
    assert caught.value.code == "ca-file"
    assert str(path) in caught.value.message
