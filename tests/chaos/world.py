"""The process that answers: an S3 bucket with Comprehend, an ONTAP emulator, and a fault-injecting proxy before each.

It is told the weather line by line on its standard input, and answers each line when the change is made.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.chaos.proxy import Proxy, Weather
from tests.chaos.wire import LOOPBACK, listen

FOLDERS = 500
"""Of the volume that the emulator serves."""


def main(authority_file: Path) -> None:
    import trustme

    from fsxap.emulator.server import serve
    from fsxap.emulator.synthetic import Synthetic
    from tests.chaos.origin import Origin

    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(authority_file))
    contexts = []
    for each in (authority, stranger):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        each.issue_cert(LOOPBACK).configure_cert(context)
        contexts.append(context)
    origin = Origin()
    with serve([Synthetic(FOLDERS)], tls=False) as emulator:
        s3 = Proxy(listen(origin.serve, lambda connection: connection), *contexts)
        ontap = Proxy(emulator.port, *contexts, ontap=True)
        about = {"s3": listen(s3.serve, s3.wrap), "ontap": listen(ontap.serve, ontap.wrap)}
        print(json.dumps(about | {"user": emulator.user, "password": emulator.password}), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            told: dict[str, Any] = {"met": s3.weather.met + ontap.weather.met, "asked": origin.asked}
            if "objects" in asked:
                origin.objects, origin.asked = {key: body.encode() for key, body in asked["objects"].items()}, 0
            if "weather" in asked:
                s3.weather = ontap.weather = Weather(**asked["weather"])
            if "below" in asked:
                prefix = asked["below"]
                told["found"] = {
                    key[len(prefix) :]: body.decode("latin-1")
                    for key, body in origin.objects.items()
                    if key.startswith(prefix)
                }
            print(json.dumps(told), flush=True)


class World:
    """The campaign's end of it."""

    def __init__(self, scratch: Path) -> None:
        self.authority = scratch / "authority.pem"
        command = [sys.executable, "-m", "tests.chaos.world", str(self.authority)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about: dict[str, Any] = self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def tell(self, **what: Any) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._read()

    def url(self, which: str) -> str:
        return f"https://{LOOPBACK}:{self.about[which]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
