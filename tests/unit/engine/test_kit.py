from __future__ import annotations

import pytest

from fsxap.engine.params import parse_engines
from fsxap.errors import UsageError


def test_engines() -> None:
    assert parse_engines(["sql=aws", "ocr=local"]) == {"sql": "aws", "ocr": "local"}
    with pytest.raises(UsageError):
        parse_engines(["sql"])
