from __future__ import annotations

import socket

import pytest

from fsxap.errors import Unreachable
from fsxap.providers import reach


def test_a_listening_port_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert reach.resolve("127.0.0.1", port) == ("127.0.0.1",)
        reach.connect("127.0.0.1", port)
    with pytest.raises(Unreachable, match="takes no connection") as closed:
        reach.connect("127.0.0.1", port)
    assert closed.value.code == "unreachable"


def test_a_port_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    with pytest.raises(Unreachable, match="silent for 3 s"):
        reach.connect("192.0.2.1", 443)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
def test_names_without_an_address(host: str) -> None:
    with pytest.raises(Unreachable) as unknown:
        reach.resolve(host, 443)
    assert unknown.value.code == "dns"
