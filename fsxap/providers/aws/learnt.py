"""A request as botocore was about to sign it, so that the same can be asked for something else, over connections of
our own: the rest of botocore's way costs several times as much as reading 100 KB."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from fsxap.providers.http1 import Connections, Endpoint


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


def base_of(url: str) -> str:
    """As far as its path."""
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"


def connections_to(client: Any, url: str, ca_bundle: str) -> Connections | None:
    """None where the way there has what is not ours to do: a proxy, or a certificate of the client's."""
    from botocore.httpsession import get_cert_path
    from botocore.utils import get_environ_proxies

    config, place = client.meta.config, urlsplit(url)
    proxies = get_environ_proxies(url) if config.proxies is None else config.proxies
    if proxies.get(place.scheme) or config.client_cert:
        return None
    secure = place.scheme == "https"
    try:
        context = ssl.create_default_context(cafile=ca_bundle or get_cert_path(True)) if secure else None
    except OSError:
        # A folder of certificates, say; botocore got along with it.
        return None
    return Connections(
        Endpoint(place.scheme, place.hostname or "", place.port or (443 if secure else 80)),
        {},
        context=context,
        connect_seconds=config.connect_timeout,
        read_seconds=config.read_timeout,
    )


def is_of_transport(error: Exception) -> bool:
    """Whether a connection of our own failed, and not the program."""
    from urllib3.exceptions import HTTPError

    return isinstance(error, HTTPError | HTTPException | OSError)
