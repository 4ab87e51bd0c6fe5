from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import Program


@pytest.fixture
def fsxap(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small tree with planted permissions."""
    root = tmp_path / "data"
    for name in ("hr/pay/2025.csv", "hr/pay/2026.csv", "public/notice.txt", "名前/[red]x.txt", "sp ace/a+b%.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "public").chmod(0o777)
    return root
