"""`fsxap demo sftp` and OpenSSH's own client: an invoice that comes by SFTP is what the next run does."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.program import Program
from tests.unit.usecases.idp.pdf import pdf

pytest.importorskip("asyncssh")
pytest.importorskip("pypdfium2")
SFTP = shutil.which("sftp")
pytestmark = pytest.mark.skipif(SFTP is None, reason="OpenSSH's sftp client is not installed")


@dataclass
class Served:
    fsxap: Program
    process: subprocess.Popen[str]
    said: list[str]

    @property
    def volume(self) -> Path:
        return self.fsxap.here / "fsxap-demo" / "volume"

    def command(self, program: str) -> list[str]:
        """The command that was printed for somebody to try."""
        (found,) = [text.partition(f"{program} ")[2] for text in self.said if f": {program} " in text]
        return shlex.split(found)

    def sftp(self, *lines: str) -> subprocess.CompletedProcess[str]:
        # The batch first: options after it, and nothing of whoever runs the tests.
        command = [SFTP or "", "-F", "none", "-o", "IdentityAgent=none", "-b", "-", *self.command("sftp")]
        batch = "\n".join([*lines, ""])
        return subprocess.run(
            command, input=batch, capture_output=True, text=True, cwd=self.fsxap.here, timeout=60, check=False
        )

    def run_idp(self) -> dict[str, str]:
        done = self.fsxap(*self.command("fsxap"), "--output", "jsonl")
        assert done.code == 0, done.err
        return {record["item"]["key"]: record["status"] for record in done.of("result")}


@pytest.fixture
def served(fsxap: Program) -> Iterator[Served]:
    process = fsxap.start("demo", "sftp")
    assert process.stderr is not None
    said = []
    for text in process.stderr:
        said.append(text.strip())
        if "Ctrl-C" in text:
            break
    yield Served(fsxap, process, said)
    process.kill()
    process.communicate()


def invoice(path: Path, number: int) -> None:
    rows = ["Northwind Supplies Ltd", "INVOICE", f"Invoice number: INV-{number:04}", "Invoice date: 2026-11-20"]
    rows += ["Due date: 2026-12-20", "Subtotal: 100.00 EUR", "VAT 20 %: 20.00 EUR", "Total: 120.00 EUR"]
    path.write_bytes(pdf([[(20.0, 20.0 + 10 * row, text) for row, text in enumerate(rows)]]))


def test_an_invoice_that_comes_is_what_the_next_run_does(served: Served) -> None:
    here = served.fsxap.here
    for number in (1, 2):
        invoice(here / f"invoice {number}.pdf", number)
    home = "finance/invoices/supplier"
    done = served.sftp('put "invoice 1.pdf"', "ls -l")
    assert done.returncode == 0, done.stderr
    assert re.search(r"invoice 1\.pdf", done.stdout)
    assert served.run_idp() == {f"{home}/invoice 1.pdf": "ok"}
    assert served.run_idp() == {f"{home}/invoice 1.pdf": "unchanged"}

    done = served.sftp("mkdir 2026", "cd 2026", 'put "invoice 2.pdf"', 'get "invoice 2.pdf" back.pdf')
    assert done.returncode == 0, done.stderr
    assert (here / "back.pdf").read_bytes() == (here / "invoice 2.pdf").read_bytes()
    assert served.run_idp() == {
        f"{home}/2026/invoice 2.pdf": "ok",
        f"{home}/invoice 1.pdf": "unchanged",
    }

    for line in ("get ../../../hr/x", "get /etc/passwd", 'rename "invoice 1.pdf" b.pdf', "ln -s /etc etc"):
        assert served.sftp(line).returncode != 0
    done = served.sftp("cd ..", "pwd", "ls -a")
    assert "Remote working directory: /" in done.stdout and "payroll" not in done.stdout
    assert not (served.volume / home / "etc").exists()

    users = here / "fsxap-demo/sftp/users.yaml"
    assert served.fsxap("deploy", "sftp", "--users", users, "--render", "out").code == 0

    served.process.send_signal(signal.SIGINT)
    out, err = served.process.communicate(timeout=30)
    assert served.process.returncode == 0 and "Traceback" not in err and out == ""
    assert (here / "fsxap-demo/state/sftp-host-key").stat().st_mode & 0o777 == 0o600
    assert not list((here / "fsxap-demo/sftp/incoming").iterdir())


def test_a_client_that_is_killed_leaves_nothing_to_pick_up(served: Served) -> None:
    large = served.fsxap.here / "large.pdf"
    with large.open("wb") as file:
        file.truncate(400 * 2**20)
    command = [SFTP or "", "-F", "none", "-o", "IdentityAgent=none", "-l", "8000", "-b", "-", *served.command("sftp")]
    client = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=served.fsxap.here
    )
    assert client.stdin is not None
    client.stdin.write("put large.pdf\n")
    client.stdin.flush()
    incoming = served.fsxap.here / "fsxap-demo/sftp/incoming"
    assert patiently(lambda: any(path.stat().st_size for path in incoming.iterdir()))
    client.kill()
    client.communicate()
    assert patiently(lambda: not list(incoming.iterdir()))
    assert not list(served.volume.rglob("large.pdf"))


def patiently(holds: Callable[[], bool]) -> bool:
    for _ in range(300):
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_sftp_goes_with_nothing_else(fsxap: Program) -> None:
    assert fsxap("demo", "sftp", "idp").code == 2
    assert fsxap("demo", "idp", "--users", "x").code == 2
    done = fsxap("demo", "sftp", "--users", "none.yaml")
    assert done.code == 253 and "none.yaml" in done.err
