"""Notifications by Amazon SNS."""

from __future__ import annotations

from typing import Any

from fsxap.providers.aws.errors import translated
from fsxap.providers.notices import body_text, subject_line


class SnsNotifier:
    """Publishes to one topic. Whoever subscribes reads it, so a body holds counts, never text of a document."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client, self._topic = client, topic_arn

    def notify(self, subject: str, body: str) -> None:
        with translated(f"publishing to {self._topic}"):
            self._client.publish(TopicArn=self._topic, Subject=subject_line(subject), Message=body_text(body))
