"""An S3 on loopback with any number of made-up objects, compiled on first use; needs a C compiler.

    python -m benchmarks.s3_origin --keys 1000000 --sites 64 --size 532480 --delay-ms 80 --knee 16

prints its address and answers until its standard input closes. `--sites 0` has all keys in one directory. `--knee`
requests are served at a time; the rest wait. A page of 1000 keys costs about 0.2 ms, so what is measured is the client.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).parent / "origin" / "s3.c"


def compiled(source: Path, *flags: str) -> Path:
    """The program of a source in C, made again when that, or a header beside it, is newer."""
    built = source.with_suffix("")
    newest = max(each.stat().st_mtime for each in (source, *source.parent.glob("*.h")))
    if built.exists() and built.stat().st_mtime >= newest:
        return built
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise SystemExit("the benchmarks' servers need a C compiler: install one, or name it with CC")
    fresh = built.with_suffix(".new")
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-pthread", "-o", fresh, source, *flags], check=True)
    return fresh.replace(built)


@contextmanager
def origin(**options: float) -> Iterator[str]:
    """Its address while it runs; options as on the command line: keys, sites, size, delay_ms, knee."""
    given = [text for name, number in options.items() for text in (f"--{name.replace('_', '-')}", str(number))]
    with subprocess.Popen(
        [compiled(SOURCE), *given], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


if __name__ == "__main__":
    os.execv(compiled(SOURCE), [str(compiled(SOURCE)), *sys.argv[1:]])
