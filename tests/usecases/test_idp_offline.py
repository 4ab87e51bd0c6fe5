"""idp without a network: a process in a name space of its own that has no way out reads every kind of file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fsxap.usecases.idp.sample import write_sample
from tests.e2e.program import Program

CUT_OFF = ("unshare", "--map-root-user", "--net")


@pytest.fixture
def cut_off(tmp_path: Path) -> Program:
    try:
        subprocess.run([*CUT_OFF, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no name spaces for users here: {error}")
    return Program(tmp_path, CUT_OFF)


def test_nothing_is_downloaded_at_run_time(cut_off: Program, tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    write_sample(tmp_path / "in")
    done = cut_off("run-uc", "idp", "-s", tmp_path / "in", "--to", tmp_path / "out", "-P", "searchable_pdf=yes")
    assert done.code == 0, done.err
    found = {record["item"]["key"]: record for record in done.of("result")}
    assert {record["status"] for record in found.values()} == {"ok"}
    assert found["receipts/bakery.png"]["usage"]["ocr_pages"] == 1
    assert found["receipts/bakery.png"]["data"]["fields"]["total"]["value"]
    assert (tmp_path / "out" / "receipts" / "bakery.png.searchable.pdf").is_file()
