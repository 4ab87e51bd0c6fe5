from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fsxap.errors import ConfigurationError
from fsxap.usecases.healthcare_dicom.key import FILE, load


def test_a_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    environ = {"FSXAP_STATE": str(tmp_path / "state")}
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load("", environ, tmp_path), range(16)))
    assert len(keys) == 1
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE]


def test_references(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("a secret of enough bytes\n")
    path.chmod(0o600)
    assert load(f"file:{path}", {}, tmp_path) == b"a secret of enough bytes"
    assert load("env:KEY", {"KEY": "another secret, long enough"}, tmp_path) == b"another secret, long enough"


@pytest.mark.parametrize("reference", ["env:NONE", "env:SHORT", "file:none", "hunter2", "file:\0", "arn:aws:x"])
def test_an_unusable_reference_is_a_configuration_error_that_quotes_no_key(reference: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(reference, {"SHORT": "hunter2"}, tmp_path)
    assert "hunter2" not in caught.value.message


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("a secret of enough bytes\n")
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load(f"file:{path}", {}, tmp_path)


def test_functions_without_a_folder_of_their_own_need_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="one key for all"):
        load("", {"FSXAP_STATE_BUCKET": "s3://bucket/state"}, tmp_path)
