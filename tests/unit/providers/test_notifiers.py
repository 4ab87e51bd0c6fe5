"""Notifications: what is sent, where, and what a hostile name can do to it."""

import io
import json
import re
import stat
import threading
from pathlib import Path

import botocore.session
import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsxap.errors import AccessDenied, ConfigurationError
from fsxap.ports import Notifier
from fsxap.providers.aws.sns import SnsNotifier
from fsxap.providers.local.notifier import LineNotifier
from fsxap.providers.notices import BODY_LIMIT, body_text, subject_line

STEADY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
TOPIC = "arn:aws:sns:eu-west-1:111122223333:fsxap"


@pytest.fixture
def sns() -> object:
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session.create_client("sns", region_name="eu-west-1")


def test_sns_gets_topic_subject_and_body(sns: object) -> None:
    expected = {"TopicArn": TOPIC, "Subject": "legal-compliance: 3 critical ? ?", "Message": "files 12\nfindings 3"}
    with Stubber(sns) as stub:
        stub.add_response("publish", {"MessageId": "m-1"}, expected)
        SnsNotifier(sns, TOPIC).notify("legal-compliance: 3\ncritical ⚠ \x1b", "files 12\r\nfindings 3")
        stub.assert_no_pending_responses()


def test_a_refusal_of_sns_names_the_topic(sns: object) -> None:
    with Stubber(sns) as stub:
        stub.add_client_error("publish", "AuthorizationError", "not authorized to perform: SNS:Publish", 403)
        with pytest.raises(AccessDenied, match=re.escape(TOPIC)):
            SnsNotifier(sns, TOPIC).notify("s", "b")


@STEADY
@given(st.text())
def test_any_subject_is_one_sns_takes(subject: str) -> None:
    line = subject_line(subject)
    assert 0 < len(line) < 100
    assert line.isascii()
    assert line.isprintable()
    assert not line.startswith(" ")


@STEADY
@given(st.text())
def test_any_body_is_plain_lines_of_bounded_length(body: str) -> None:
    text = body_text(body)
    assert 0 < len(text) <= BODY_LIMIT
    assert all(line.isprintable() for line in text.split("\n"))
    assert body_text(text) == text


def test_what_is_cut_says_so() -> None:
    assert subject_line("x" * 200) == "x" * 96 + "..."
    assert body_text("1\n" * 2000).endswith("\n(cut short)")
    assert (subject_line(""), body_text("")) == ("fsxap", "(no details)")


def test_a_line_on_a_stream() -> None:
    stream = io.StringIO()
    notifier: Notifier = LineNotifier(stream, clock=lambda: "2026-01-01T00:00:00Z")
    notifier.notify("3 critical", "files 12\nfindings 3")
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue()) == {
        "type": "notification",
        "time": "2026-01-01T00:00:00Z",
        "subject": "3 critical",
        "body": "files 12\nfindings 3",
    }


def test_lines_at_the_end_of_a_private_file(tmp_path: Path) -> None:
    target = tmp_path / "notices.jsonl"
    notifier = LineNotifier(target)
    threads = [threading.Thread(target=notifier.notify, args=(f"run {n}", "x" * 500)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    LineNotifier(target).notify("again", "")
    subjects = [json.loads(line)["subject"] for line in target.read_text().splitlines()]
    assert sorted(subjects) == ["again", *(f"run {n}" for n in range(8))]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot write a notification"):
        LineNotifier(tmp_path / "missing" / "notices.jsonl").notify("s", "b")
