from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsxap.engine.sealed import Seal, SealedDisk, SealingStream
from fsxap.engine.state import DiskState
from fsxap.errors import ConfigurationError

SEAL = Seal(b"a secret of one site")


class Sink:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


@given(st.lists(st.binary().filter(lambda line: b"\n" not in line)), st.lists(st.integers(0, 400)))
def test_lines_come_back_however_the_writes_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    whole, sink = b"".join(line + b"\n" for line in lines), Sink()
    stream = SealingStream(sink, SEAL)  # type: ignore[arg-type]
    ends = [*sorted(cuts), len(whole)]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        stream.write(whole[start:end])
    assert [SEAL.open(line) for line in sink.data.splitlines()] == lines


def test_what_holds_keys_is_sealed_and_what_is_about_the_run_is_not(tmp_path: Path) -> None:
    state = SealedDisk(DiskState(tmp_path), SEAL)
    for name in ("case/ledger", "case/runs/1/manifest.jsonl", "case/runs/1/kept", "case/runs/1/results/a.jsonl"):
        with state.writer(name) as stream:
            stream.write(b'{"key":"DOE/JANE.dcm"}\n')
        assert b"DOE" not in state.path(name).read_bytes()
        assert list(state.lines(name)) == [b'{"key":"DOE/JANE.dcm"}']
    with closing(state.append("case/runs/1/results/b.jsonl")) as grown:
        grown.write(b"one\n")
    with closing(state.append("case/runs/1/results/b.jsonl")) as grown:
        grown.write(b"two\n")
    assert list(state.lines("case/runs/1/results/b.jsonl")) == [b"one", b"two"]
    with state.writer("case/runs/1/run.json") as stream:
        stream.write(b"{}\n")
    assert state.path("case/runs/1/run.json").read_bytes() == b"{}\n"


def test_another_key_or_an_altered_line_is_an_error_and_no_result(tmp_path: Path) -> None:
    state = SealedDisk(DiskState(tmp_path), SEAL)
    with state.writer("ledger") as stream:
        stream.write(b"line\n")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        list(SealedDisk(DiskState(tmp_path), Seal(b"another secret")).lines("ledger"))
    state.path("ledger").write_bytes(state.path("ledger").read_bytes().replace(b'"gA', b'"gB'))
    with pytest.raises(ConfigurationError, match="altered"):
        list(state.lines("ledger"))
    state.path("ledger").write_bytes(b"[1]\n")
    with pytest.raises(ConfigurationError):
        list(state.lines("ledger"))


def test_a_token_tells_records_apart_and_depends_on_the_key() -> None:
    record = {"prefix": "DOE_JANE/"}
    assert SEAL.token(record) == Seal(b"a secret of one site").token(dict(record))
    assert SEAL.token(record) != SEAL.token({}) and SEAL.token(record) != Seal(b"other").token(record)
    assert SEAL.fingerprint != Seal(b"other").fingerprint
