"""LocalStack's community engine without Docker: its environment, what it needs from a network, and its fence.

Whatever runs in it runs in namespaces of its own, where nothing but loopback exists: it would listen on every address.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.prove.places import HOSTS
from benchmarks.prove.tools import BUILD, HERE, ROOT, python, run
from benchmarks.prove.verdicts import Verdict, last
from fsxap.deploy import package
from fsxap.deploy.render import RUNTIME
from fsxap.engine import catalog

PINS = """\
cbor2==5.8.0
pyopenssl==25.3.0
cryptography==46.0.5
localstack-twisted==25.5.0
moto-ext==5.1.25
werkzeug==3.1.6
antlr4-python3-runtime==4.13.2
service-identity==24.2.0
plux==1.14.0
rolo==0.8.1
psutil==7.0.0
"""
"""What localstack-core left open has moved on without it."""
ENGINE = ("localstack-core[runtime]==4.9.2", "service-identity")
BOTO = ("boto3==1.42.54", "botocore==1.42.54")
LAMBDA = ("awslambdaric==4.2.2", *BOTO)
"""What Lambda's own runtime holds."""
INSIDE = 'ip link set lo up && mount --bind "$1" /etc/hosts && shift && exec "$@"'
FENCE = ("unshare", "-rnm", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", INSIDE, "sh")
"""Goes before a file of host names and a command."""


def localstack(_names: list[str]) -> Iterator[Verdict]:
    """Stacks in an engine of CloudFormation, which takes Python 3.11 and no other; code as Lambda runs it."""
    engine, functions = python("3.11"), python(RUNTIME)
    if engine is None or functions is None:
        yield "localstack", None, f"needs Python 3.11 and Python {RUNTIME}"
        return
    (BUILD / "hosts").write_text(HOSTS, encoding="utf-8")
    if why := _unfenced():
        yield "localstack", None, why
        return
    for what, commands in _lacking(engine, functions):
        for command in commands:
            code, said = run(*command, where=ROOT)
            if code:
                yield "localstack", None, f"{what} could not be installed: {last(said)}"
                return
        (BUILD / what / "ready").touch()
    shutil.rmtree(BUILD / "run", ignore_errors=True)
    inside = (*FENCE, BUILD / "hosts", sys.executable, "-m", "benchmarks.prove.deployed", BUILD, functions)
    words, environ = [str(part) for part in inside], {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as deployed:
        assert deployed.stdout is not None
        for line in deployed.stdout:
            what, code, said = json.loads(line)
            yield f"localstack {what}", code, said
    if deployed.returncode:
        yield "localstack", 1, f"it ended with {deployed.returncode}; logs are in {BUILD / 'run'}"


def _unfenced() -> str:
    """Why there can be no fence here; empty where there can."""
    if lacking := [name for name in ("unshare", "mount", "ip") if shutil.which(name) is None]:
        return f"{', '.join(lacking)} not installed"
    code, said = run(*FENCE, BUILD / "hosts", "true")
    return f"namespaces are not allowed here: {last(said)}" if code else ""


def _lacking(engine: Path, functions: Path) -> Iterator[tuple[str, list[tuple[str | Path, ...]]]]:
    """Folders that are not there yet, with what makes them."""
    pip = ("-m", "pip", "install", "--quiet")
    if not (BUILD / "localstack" / "ready").exists():
        (BUILD / "localstack.txt").write_text(PINS, encoding="utf-8")
        own = BUILD / "localstack" / "bin" / "python"
        made = (engine, "-m", "venv", "--clear", BUILD / "localstack")
        pinned = (own, *pip, "-c", BUILD / "localstack.txt", *ENGINE)
        yield "localstack", [made, pinned, (own, *pip, "--no-deps", *BOTO)]
    if not (BUILD / "runtime" / "ready").exists():
        yield "runtime", [(functions, *pip, "--upgrade", "--target", BUILD / "runtime", *LAMBDA)]
    # Wheels for Lambda, which nobody can fetch behind the fence.
    (BUILD / "cache").mkdir(exist_ok=True)
    fetch = "import sys; from fsxap.deploy.package import download; download(tuple(sys.argv[2:]), sys.argv[1])"
    needed = [package.native(catalog.load(name)) for name in catalog.names()]
    yield "cache", [(sys.executable, "-c", fetch, HERE, *packages) for packages in needed if packages]
