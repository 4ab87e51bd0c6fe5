"""An ONTAP on loopback whose answers are computed beforehand: the emulator's, recorded, and served by a C program.

Python that computes and encrypts an answer takes longer than the client needs to read it, so behind the emulator a scan
measures the emulator. Needs a C compiler and OpenSSL's headers.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import ontap_scan
from benchmarks.s3_origin import compiled

SOURCE = Path(__file__).parent / "origin" / "replay.c"
RECORD = """
import sys
from urllib.parse import quote
from fsxap.cli import main
from fsxap.providers import http1
asked, to = http1.Connections.get, open(sys.argv[1], "wb")
def get(self, target, limit):
    answer = asked(self, target, limit)
    if answer.status == 200:
        wire = quote(target, safe=http1._TARGET).encode()
        to.write(b"".join((wire, b"\\t%d\\n" % len(answer.body), answer.body)))
    return answer
http1.Connections.get = get
code = main(sys.argv[2:])
to.close()
sys.exit(code)
"""


def record(folders: int, to: Path) -> None:
    """Every answer that one scan of so many folders gets from the emulator."""
    with ontap_scan.emulator(folders, 0) as server, tempfile.TemporaryDirectory() as folder:
        arguments = ontap_scan.arguments(server, 8, Path(folder) / "out.jsonl")
        environ = ontap_scan.environment(server, folder)
        subprocess.run([sys.executable, "-c", RECORD, to, *arguments], env=environ, check=True)


@contextmanager
def replayed(recorded: Path, latency: float) -> Iterator[ontap_scan.Server]:
    """Any user and password will do; the latency is in seconds, of each answer."""
    import trustme

    with tempfile.TemporaryDirectory() as name:
        authority, ca = trustme.CA(), Path(name, "ca.pem")
        made = authority.issue_cert("127.0.0.1")
        chain, key = Path(name, "chain.pem"), Path(name, "key.pem")
        authority.cert_pem.write_to_path(str(ca))
        made.private_key_pem.write_to_path(str(key))
        chain.write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))
        command = [compiled(SOURCE, "-lssl", "-lcrypto"), recorded, chain, key, str(latency * 1000)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            yield ontap_scan.Server(server.stdout.readline().strip(), "admin", "any", str(ca), server.pid)
            server.stdin.close()
