"""Narratives by Bedrock's Converse, checked against the facts before anyone reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsxap.errors import AccessDenied, ServiceError
from fsxap.ports import Narrative
from fsxap.providers import prose
from fsxap.providers.aws.errors import translated

_WHOLE = ("end_turn", "stop_sequence")


class BedrockNarrator:
    """`model` is a model id or, where a region has no on-demand throughput for it, an inference profile's id or ARN."""

    def __init__(self, client: Any, model: str, max_tokens: int = 1500) -> None:
        self._client, self._model, self._max_tokens = client, model, max_tokens

    def narrate(self, title: str, facts: Mapping[str, Any], template: str) -> Narrative:
        return prose.narrate(self.ask, f"bedrock {self._model}", title, facts, template)

    def ask(self, system: str, user: str) -> prose.Reply:
        try:
            with translated(f"asking the model {self._model}"):
                answer = self._client.converse(
                    modelId=self._model,
                    system=[{"text": system}],
                    messages=[{"role": "user", "content": [{"text": user}]}],
                    inferenceConfig={"maxTokens": self._max_tokens, "temperature": 0.0},
                )
        except AccessDenied as error:
            error.hint = (
                "request access to the model in the Bedrock console of this region, and allow bedrock:InvokeModel: "
                "for an inference profile on inference-profile/* and on foundation-model/* in all its regions"
            )
            raise
        try:
            # Reasoning models put blocks without text before the answer.
            blocks = answer["output"]["message"]["content"]
            text = "".join(block["text"] for block in blocks if "text" in block)
            tokens = answer["usage"]
            usage = {
                "bedrock_input_tokens": int(tokens["inputTokens"]),
                "bedrock_output_tokens": int(tokens["outputTokens"]),
            }
            return prose.Reply(text, usage, answer["stopReason"] in _WHOLE)
        except (LookupError, TypeError) as error:
            raise ServiceError(
                f"the model {self._model} answered without a message", code="unexpected-answer"
            ) from error
