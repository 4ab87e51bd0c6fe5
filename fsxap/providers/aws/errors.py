"""The border to AWS: errors of botocore and its transport become ours, with a cause and what to do next.

Messages of AWS are kept short and without long quotations, because some services quote the document they were sent.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from fsxap.errors import AccessDenied, ConfigurationError, FsxapError, ServiceError, Throttled, Unavailable
from fsxap.providers.aws.signals import SIGNALS, Signal

_QUOTED = re.compile(r"'[^']{64,}'|\"[^\"]{64,}\"|(?<=[Vv]alue )'.*?'(?= at )", re.DOTALL)
_LONGEST = 400


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Around a call of AWS; `what` was going on and with what, as in "listing s3://bucket/prefix"."""
    try:
        yield
    except Exception as error:
        if isinstance(error, _known()):
            raise translate(error, what=what) from error
        raise


def _known() -> tuple[type[Exception], ...]:
    """Errors of botocore and its transport."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    transport = (HTTPError, HTTPException, ConnectionError, TimeoutError, ssl.SSLError)
    return ClientError, BotoCoreError, ResponseParserError, *transport


def translate(error: Exception, *, what: str) -> FsxapError:
    """Any error of an AWS call as ours; one that is ours already comes back as it is."""
    if isinstance(error, FsxapError):
        return error
    known = recognise(error)
    message = f"{what}: {_reason(error)}"
    answer = _answer(error)
    if known is not None:
        # What needs another setting stops a run like any ConfigurationError; yet a service said it, and exits so.
        ending = ServiceError.exit if answer and issubclass(known.error, ConfigurationError) else None
        return known.error(message, code=known.code, hint=known.hint, exit=ending)
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    if status == 403:
        return AccessDenied(message)
    if status == 429:
        return Throttled(message)
    if status >= 500:
        return Unavailable(message)
    return ServiceError(message, code=_kebab(_name(error)))


def recognise(error: Exception) -> Signal | None:
    """The first row of the table that describes this error."""
    names = {_name(error), *(kind.__name__ for kind in type(error).__mro__)}
    answer = _answer(error)
    status = str(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    if answer and not answer.get("Error", {}).get("Message"):
        # HEAD has no body, so all that is known is the status.
        names.add(status)
    fields = " ".join(answer.get("Error", {}))
    text = f"{error} {fields} {getattr(error, 'kwargs', {}).get('error', '')}".lower()
    operation = getattr(error, "operation_name", "")
    for signal in SIGNALS:
        if (
            not names.isdisjoint(signal.names.split())
            and signal.says in text
            and (not signal.operation or operation in signal.operation.split())
        ):
            return signal
    return None


def _answer(error: Exception) -> dict[str, Any]:
    answer = getattr(error, "response", None)
    return answer if isinstance(answer, dict) else {}


def _name(error: Exception) -> str:
    return str(_answer(error).get("Error", {}).get("Code") or type(error).__name__)


def _reason(error: Exception) -> str:
    answer = _answer(error)
    if not answer:
        if type(error).__name__ == "ParamValidationError":
            # It quotes the parameters, and one of them may be a document.
            return "the request does not fit the service's model"
        return _short(str(error) or type(error).__name__)
    meta = answer.get("ResponseMetadata", {})
    facts = [_name(error), f"HTTP {meta['HTTPStatusCode']}" if meta.get("HTTPStatusCode") else ""]
    facts.append(f"request {meta['RequestId']}" if meta.get("RequestId") else "")
    text = _short(str(answer.get("Error", {}).get("Message") or "refused without a reason"))
    return f"{text} ({', '.join(fact for fact in facts if fact)})"


def _short(text: str) -> str:
    text = _QUOTED.sub("'...'", " ".join(text.split()))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "-", name).strip("-").lower() or "service"
