"""Zips for arm64 on a machine that is not: their native parts load in an emulated processor, and ask no newer glibc
than Lambda has."""

from __future__ import annotations

import platform
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.prove.tools import BUILD, Verdict, asked, environment, run, told
from fsxap.deploy import package
from fsxap.deploy.render import RUNTIME
from fsxap.engine import catalog
from fsxap.engine.packed import ARCHIVE
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
LOADS = Path(__file__).with_name("load_natives.py")


def wheels(names: list[str]) -> Iterator[Verdict]:
    reader, why = environment("elf", ELF)
    if reader is None:
        yield "arm64 zips", None, why
        return
    python, why = _emulated()
    if python is None:
        yield "arm64 zips under qemu", None, why
    try:
        # The red twin: what was made for another processor.
        other = package.download(("numpy",), "x86_64")
        zips = {name: package.build(catalog.load(name), BUILD / "zips") for name in names}
    except FsxapError as error:
        # Without an index nothing can be said; a zip that is too large is a fault.
        yield "arm64 zips", None if error.code == "packaging" else 1, error.message
        return
    for name, made in zips.items():
        task = BUILD / "tasks" / name
        shutil.rmtree(task, ignore_errors=True)
        for path in (made.path, task / ARCHIVE):
            if path.is_file():
                with zipfile.ZipFile(path) as archive:
                    archive.extractall(task)
        yield from told(f"arm64 {name}: processor, glibc, libraries", *asked(reader, READS, [str(task)]))
        if python is not None:
            code, said = run(*python, LOADS, task, name)
            yield f"arm64 {name} under qemu: {(said.strip() or 'it said nothing').splitlines()[-1]}", code, said
    yield from told("x86_64 is seen in its files", [] if asked(reader, READS, [str(other)])[0] else ["it is not"])
    if python is not None:
        code, said = run(*python, LOADS, other)
        yield from told("x86_64 does not load under qemu", [] if code else [said])


def _emulated() -> tuple[tuple[str | Path, ...] | None, str]:
    """A Python for arm64 and what runs it, unpacked and not installed; None and the reason where there can be none."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return None, f"it is for Linux on x86_64, and this is {platform.system()} on {platform.machine()}"
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
                return None, f"apt-get {words[0]}: {said.strip().splitlines()[-1]}"
        for file in (folder / "packages").glob("*.deb"):
            code, said = run("dpkg-deb", "-x", file, root)
            if code:
                return None, f"dpkg-deb: {said.strip()}"
        # Where a system keeps its libraries, the packages expect this to be.
        (root / "lib").symlink_to("usr/lib")
        (folder / "ready").touch()
    return (qemu, "-L", root, root / "usr" / "bin" / f"python{RUNTIME}", "-I", "-S"), ""
