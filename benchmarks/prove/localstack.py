"""LocalStack's community engine without Docker: its environment, what it needs from a network, and its fence.

Whatever runs in it runs in namespaces of its own, where nothing but loopback exists: it would listen on every address.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.prove.places import HOSTS
from fsxap.deploy import package
from fsxap.deploy.render import RUNTIME
from fsxap.engine import catalog

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "prove"
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
NATIVE = {"healthcare-dicom": "x86_64", "idp": "x86_64", "manufacturing-analytics": "arm64", "media-vfx": "arm64"}
"""Use cases with native packages, and for what: those that run do so here."""
INSIDE = 'ip link set lo up && mount --bind "$1" /etc/hosts && shift && exec "$@"'


def python(version: str) -> Path | None:
    """An interpreter that runs: a command may be a shim for one that is not chosen."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for found in (shutil.which(f"python{version}"), *sorted(versions.glob(f"{version}.*/bin/python{version}"))):
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return Path(found)
    return None


def localstack(_names: list[str]) -> Iterator[tuple[str, int | None, str]]:
    """Stacks in an engine of CloudFormation, which takes Python 3.11 and no other; code as Lambda runs it."""
    engine, functions = python("3.11"), python(RUNTIME)
    if engine is None or functions is None or shutil.which("unshare") is None:
        yield "localstack", None, f"needs Python 3.11, Python {RUNTIME} and unshare (Linux)"
        return
    # Nothing is cached outside the checkout.
    environ = {**os.environ, "XDG_CACHE_HOME": str(BUILD / "cache"), "PYTHONPATH": str(ROOT)}
    for what, commands in _lacking(engine, functions):
        for command in commands:
            done = subprocess.run([*map(str, command)], env=environ, capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"localstack: {what}", 1, done.stderr
                return
        (BUILD / what / "ready").touch()
    shutil.rmtree(BUILD / "run", ignore_errors=True)
    (BUILD / "hosts").write_text(HOSTS, encoding="utf-8")
    fence = (
        "unshare",
        "-rnm",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        INSIDE,
        "sh",
        BUILD / "hosts",
    )
    inside = (sys.executable, "-m", "benchmarks.prove.deployed", BUILD, functions)
    done = subprocess.run([*map(str, (*fence, *inside))], cwd=ROOT, env=environ, text=True, check=False)
    yield "localstack", done.returncode, f"logs are in {BUILD / 'run'}"


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
    needed = {name: package.native(catalog.load(name)) for name in NATIVE}
    yield "cache", [(sys.executable, "-c", fetch, NATIVE[name], *packages) for name, packages in needed.items()]
