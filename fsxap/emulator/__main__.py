"""`python -m fsxap.emulator FOLDER…`: the emulator as a process of its own, until it is told to stop."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from fsxap.emulator.server import RELEASE, serve
from fsxap.emulator.synthetic import Synthetic
from fsxap.emulator.trees import Folder, Tree
from fsxap.errors import FsxapError
from fsxap.model import dumps


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one line of JSON with url, user, ca_file and password_file once it accepts connections."""
    chosen = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    with tempfile.TemporaryDirectory(prefix="fsxap-emulator-") as scratch:
        try:
            volumes: list[Tree] = [Folder(folder) for folder in chosen.folder]
            if chosen.synthetic:
                volumes.append(Synthetic(chosen.synthetic, chosen.files_per_folder))
            password = secrets.token_urlsafe(18)
            file = _write_secret(chosen.password_file or Path(scratch) / "password", password)
            emulator = serve(
                volumes,
                tls=not chosen.plain_http,
                user=chosen.user,
                password=password,
                port=chosen.port,
                release=chosen.release,
            )
        except (FsxapError, OSError, ValueError) as error:
            sys.stderr.write(f"{error}\n")
            return 253
        with emulator:
            if chosen.latency:
                emulator.set_faults(latency=chosen.latency)
            said = {
                "type": "emulator",
                "url": emulator.url,
                "user": emulator.user,
                "ca_file": str(emulator.ca_file or ""),
                "password_file": str(file),
            }
            sys.stdout.write(dumps(said) + "\n")
            sys.stdout.flush()
            stop.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fsxap.emulator", description=main.__doc__)
    parser.add_argument("folder", nargs="*", type=Path, help="a folder to serve as a volume")
    parser.add_argument("--synthetic", type=int, default=0, metavar="N", help="also serve a computed tree of N folders")
    parser.add_argument("--files-per-folder", type=int, default=0, metavar="N", help="files in each computed folder")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--user", default="fsxadmin")
    parser.add_argument("--password-file", type=Path, help="where the password is written, mode 0600")
    parser.add_argument("--plain-http", action="store_true", help="no TLS")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="delay of every answer")
    parser.add_argument("--release", default=RELEASE, help="the ONTAP release to be")
    return parser


def _write_secret(path: Path, secret: str) -> Path:
    """Readable by its owner from the first byte on; a file or link that is there already is refused."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
    return path


if __name__ == "__main__":
    sys.exit(main())
