from __future__ import annotations

from typing import Any

import pytest

from fsxap.providers.ontap.estimate import calls

COUNTED = {"subdir_count": 9, "file_count": 100}


@pytest.mark.parametrize(
    ("used", "analytics", "files", "number"),
    [
        (110, COUNTED, False, 20),
        (110, COUNTED, True, 120),
        (None, COUNTED, True, 120),
        (110, {}, False, 220),
        (110, {**COUNTED, "incomplete_data": True}, True, 220),
        (110, {"subdir_count": 9}, True, 220),
        (None, {}, False, None),
    ],
)
def test_calls(used: int | None, analytics: dict[str, Any], files: bool, number: int | None) -> None:
    assert calls(used, analytics, files=files) == number
