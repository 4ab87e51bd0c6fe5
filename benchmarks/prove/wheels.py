"""Zips, for arm64 on a machine that is not: rendering repeats its bytes, native parts load in an emulated processor and
ask no newer glibc than Lambda has, and what stays zipped is unpacked when it is imported."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from benchmarks.prove.tools import BUILD, asked, environment, python, run
from benchmarks.prove.verdicts import Verdict, last, told
from benchmarks.prove.zips import inside, rendered, twice, unpacked
from fsxap.deploy import package
from fsxap.deploy.render import RUNTIME
from fsxap.engine import catalog
from fsxap.errors import FsxapError

SUITE = "trixie"
"""The release of Debian whose Python is Lambda's."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PYTHON = (
    f"python{RUNTIME}-minimal", f"libpython{RUNTIME}-minimal", f"libpython{RUNTIME}-stdlib", "libc6", "libgcc-s1",
    "libstdc++6", "zlib1g", "libexpat1", "libssl3t64", "libzstd1", "libffi8", "libbz2-1.0", "liblzma5",
    "libsqlite3-0", "libuuid1",
)  # fmt: skip
ELF = "pyelftools==0.33"
READS = Path(__file__).with_name("answer_elf.py")
CONFIGURATION = """\
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; "amd64"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::parts "/dev/null";
"""
"""An apt of its own, which knows nothing of this machine's."""
Python = tuple[str | Path, ...]
"""What runs it."""
LOADS = Path(__file__).with_name("load_natives.py")


def wheels(names: list[str]) -> Iterator[Verdict]:
    reader, why = environment("elf", ELF)
    if reader is None:
        yield "arm64 zips", None, why
        return
    emulated, why = _emulated()
    if emulated is None:
        yield "arm64 zips under qemu", None, why
    for name in names:
        folder, verdict = twice(name, "arm64")
        yield verdict
        if folder is not None:
            task = unpacked(folder)
            places = [str(place) for place in (task, inside(task)) if place is not None]
            unfit = list(chain.from_iterable(asked(reader, READS, places)))
            yield from told(f"arm64 {name}: processor, glibc, libraries", unfit)
            if emulated is not None:
                yield _loaded(f"arm64 {name} under qemu", emulated, task, name)
    yield from _here([name for name in names if catalog.load(name).footprint.packed])
    yield from _twin(reader, emulated)


def _loaded(what: str, python: Python, task: Path, name: str) -> Verdict:
    code, said = run(*python, "-I", "-S", LOADS, task, name)
    return f"{what}: {last(said)}", code, said


def _here(names: list[str]) -> Iterator[Verdict]:
    """What stays zipped is unpacked in this processor too."""
    own = python(RUNTIME)
    for name in names:
        if own is None or _machine() != ("Linux", "x86_64"):
            yield f"x86_64 {name}", None, f"needs Python {RUNTIME}, on Linux and x86_64"
            continue
        folder, verdict = rendered(name, "x86_64")
        yield verdict
        if folder is not None:
            yield _loaded(f"x86_64 {name}", (own,), unpacked(folder), name)


def _twin(reader: Path, emulated: Python | None) -> Iterator[Verdict]:
    """What was made for another processor is seen, and does not load."""
    try:
        other = package.download(("numpy",), "x86_64")
    except FsxapError as error:
        yield "x86_64 is seen in its files", None, error.message
        return
    yield from told("x86_64 is seen in its files", [] if asked(reader, READS, [str(other)])[0] else ["it is not"])
    if emulated is not None:
        code, said = run(*emulated, "-I", "-S", LOADS, other)
        yield from told("x86_64 does not load under qemu", [] if code else [said])


def _machine() -> tuple[str, str]:
    return platform.system(), platform.machine()


def _emulated() -> tuple[Python | None, str]:
    """A Python for arm64 and what runs it, unpacked and not installed; None and the reason where there can be none."""
    if _machine() != ("Linux", "x86_64"):
        return None, f"it is for Linux on x86_64, and this is {' on '.join(_machine())}"
    if lacking := [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]:
        return None, f"{' and '.join(lacking)} not installed"
    if not KEYRING.is_file():
        return None, f"{KEYRING} is not there, and packages that nobody has signed are not run"
    folder = BUILD / "arm64"
    root = folder / "root"
    qemu = root / "usr" / "bin" / "qemu-aarch64"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("state/lists/partial", "cache/archives/partial", "packages", "root"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        source = f"deb [signed-by={KEYRING}] http://deb.debian.org/debian {SUITE} main\n"
        (folder / "sources.list").write_text(source)
        (folder / "apt.conf").write_text(CONFIGURATION.format(folder=folder))
        apt = ("env", f"APT_CONFIG={folder / 'apt.conf'}", "apt-get", "-qq")
        for words in (("update",), ("download", "qemu-user:amd64", *PYTHON)):
            code, said = run(*apt, *words, where=folder / "packages")
            if code:
                return None, f"apt-get {words[0]}: {last(said)}"
        for file in (folder / "packages").glob("*.deb"):
            code, said = run("dpkg-deb", "-x", file, root)
            if code:
                return None, f"dpkg-deb: {said.strip()}"
        # Where a system keeps its libraries, the packages expect this to be.
        (root / "lib").symlink_to("usr/lib")
        (folder / "ready").touch()
    return (qemu, "-L", root, root / "usr" / "bin" / f"python{RUNTIME}"), ""
