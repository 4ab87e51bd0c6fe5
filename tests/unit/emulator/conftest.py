from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.emulator.world import World, folder, site


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("vol1"))


@pytest.fixture
def world(root: Path) -> World:
    return World(site(root))
