"""What a session adds to a command: above all, how it was stopped."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fsxap.cli.session import Session
from fsxap.errors import Interrupted

COMMON = {"config": "", "verbose": 0, "quiet": True, "out": "", "output": "jsonl", "query": "", "no_input": True}


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (None, 130)])
def test_whoever_notices_it_first_the_signal_decides_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signum: int | None, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Interrupted) as stopped, Session.opened(COMMON) as session:
        if signum is not None:
            session.cancel.set(signum)
        raise Interrupted("stopped while waiting")
    assert stopped.value.exit == code
