"""Packages that stay zipped until they are imported."""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from fsxap.engine import packed


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package and, beside it, what it needs in a folder of its own, as wheels bring their libraries."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    path = tmp_path / packed.ARCHIVE
    with zipfile.ZipFile(path, "w") as made:
        code = "from pathlib import Path\nlibrary = Path(__file__).parents[1] / 'seldom_needed.libs' / 'lib.so'\n"
        made.writestr("seldom_needed/__init__.py", code)
        made.writestr("seldom_needed/part.py", "answer = 42\n")
        made.writestr("seldom_needed.libs/lib.so", b"elf")
        made.writestr("seldom_alone.py", "answer = 43\n")
        made.writestr(
            "seldom_needed-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: seldom-needed\nVersion: 1.2\n"
        )
    yield path
    for name in [name for name in sys.modules if name.startswith("seldom_")]:
        del sys.modules[name]


def test_it_is_unpacked_when_first_imported(archive: Path, tmp_path: Path) -> None:
    packed.offer(archive)
    assert not list((tmp_path / "tmp").iterdir())
    made = importlib.import_module("seldom_needed")
    assert made.library.read_bytes() == b"elf"
    assert importlib.import_module("seldom_needed.part").answer == 42
    assert importlib.import_module("seldom_alone").answer == 43
    assert len(list((tmp_path / "tmp").iterdir())) == 1


def test_what_is_packed_has_its_version_without_being_unpacked(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("seldom-needed")
    packed.offer(archive)
    assert metadata.version("seldom-needed") == "1.2"
    assert metadata.version("pytest") == pytest.__version__
    assert {"seldom-needed", "pytest"} <= {found.name for found in metadata.distributions()}
    assert not list((tmp_path / "tmp").iterdir())


def test_another_process_finds_it_unpacked(archive: Path, tmp_path: Path) -> None:
    packed.offer(archive)
    importlib.import_module("seldom_alone")
    (place,) = (tmp_path / "tmp").iterdir()
    (place / "seldom_needed" / "part.py").write_text("answer = 'as it was left'\n")
    sys.meta_path.pop()
    packed.offer(archive)
    assert importlib.import_module("seldom_needed.part").answer == "as it was left"


def test_it_is_offered_once_and_what_it_lacks_is_missing(archive: Path) -> None:
    packed.offer(archive)
    packed.offer(archive)
    assert sum(isinstance(each, packed.Packed) for each in sys.meta_path) == 1
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("seldom_seen")


def test_without_an_archive_nothing_is_offered(tmp_path: Path) -> None:
    before = list(sys.meta_path)
    packed.offer(tmp_path / packed.ARCHIVE)
    assert sys.meta_path == before
