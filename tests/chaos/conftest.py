"""The campaign's own use case is for the campaign alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import fsxap.usecases


@pytest.fixture(autouse=True, scope="package")
def its_own_catalogue() -> Iterator[None]:
    before = list(fsxap.usecases.__path__)
    yield
    fsxap.usecases.__path__[:] = before
