from __future__ import annotations

import base64
import http.client
import json
import signal
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fsxap.emulator.__main__ import main


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    secret = tmp_path / "secret"
    command = [sys.executable, "-m", "fsxap.emulator", str(tmp_path / "volume"), "--synthetic", "20"]
    with subprocess.Popen([*command, "--password-file", str(secret)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        said = json.loads(line)
        assert set(said) == {"type", "url", "user", "ca_file", "password_file"}
        assert said["password_file"] == str(secret)
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text() not in line
        place = urlsplit(said["url"])
        context = ssl.create_default_context(cafile=said["ca_file"])
        connection = http.client.HTTPSConnection("127.0.0.1", place.port or 0, context=context, timeout=10)
        token = base64.b64encode(f"{said['user']}:{secret.read_text()}".encode()).decode()
        connection.request("GET", "/api/storage/volumes", headers={"Authorization": f"Basic {token}"})
        names = {row["name"] for row in json.loads(connection.getresponse().read())["records"]}
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == ""
        assert process.wait(10) == 0
    assert names == {"volume", "synthetic"}
    assert not Path(said["ca_file"]).exists()


@pytest.mark.parametrize("broken", ["missing folder", "taken password file", "bad sidecar"])
def test_what_does_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: str) -> None:
    folder, secret = tmp_path / "volume", tmp_path / "secret"
    if broken != "missing folder":
        folder.mkdir()
    if broken == "taken password file":
        secret.write_text("something else")
    if broken == "bad sidecar":
        (folder / ".fsxap-acl.yaml").write_text("{")
    assert main([str(folder), "--plain-http", "--password-file", str(secret)]) == 253
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    if broken == "taken password file":
        assert secret.read_text() == "something else"
