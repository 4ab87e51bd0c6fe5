"""A request as botocore was about to sign it, so that the same can be asked for something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Learnt:
    url: str
    headers: Mapping[str, str]
    context: Mapping[str, Any]
    signer: Any

    def again(self, operation: str, url: str, **more: str) -> Any:
        """An AWSRequest for another URL with `more` headers, signed. Credentials that are about to expire are renewed,
        because the signer asks for them each time."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("GET", url, headers={**self.headers, **more})
        request.context = dict(self.context)
        self.signer.sign(operation, request)
        return request


def learn(request: Any, signer: Any) -> Learnt:
    """Copies, because signing adds to headers and context."""
    return Learnt(request.url, dict(request.headers.items()), dict(request.context), signer)
