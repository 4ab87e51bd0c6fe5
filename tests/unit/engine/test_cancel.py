from __future__ import annotations

import os
import signal
import time

import pytest

from fsxap.engine.cancel import Cancel, on_signals
from fsxap.errors import Interrupted


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_stops_cleanly_and_the_second_kills(signum: int, code: int) -> None:
    before = signal.getsignal(signum)
    cancel = Cancel()
    with on_signals(cancel):
        os.kill(os.getpid(), signum)
        assert cancel.wait(1)
        assert signal.getsignal(signum) is signal.SIG_DFL
    assert signal.getsignal(signum) is before
    with pytest.raises(Interrupted) as stopped:
        cancel.check()
    assert stopped.value.exit == code


def test_a_deadline_cancels_in_time() -> None:
    left = [30.0, 11.0, 9.0]
    cancel = Cancel(remaining=lambda: left.pop(0))
    assert [cancel.is_set(), cancel.is_set(), cancel.is_set()] == [False, False, True]
    assert cancel.error().code == "deadline"


def test_waiting_ends_when_cancelled() -> None:
    cancel = Cancel()
    assert not cancel.wait(0.01)
    cancel.set()
    before = time.monotonic()
    assert cancel.wait(60)
    assert time.monotonic() - before < 30
