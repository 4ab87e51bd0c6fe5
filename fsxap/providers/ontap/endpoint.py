"""Where the REST API is, and the TLS to trust it by: a host or URL as people write it, checked before any request."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from fsxap.errors import ConfigurationError
from fsxap.providers.http1 import Endpoint


def parse(text: str) -> Endpoint:
    """A host, host:port or URL. Basic authentication is readable on the wire, so plain HTTP stays on this machine."""
    written = text.strip()
    try:
        parts = urlsplit(written if "://" in written else f"https://{written}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _unclear("it is not a host or URL") from None
    if "@" in parts.netloc:
        raise _unclear("user names and passwords do not belong in it; use --ontap-user and --ontap-secret")
    if not host or any(character.isspace() for character in host) or parts.query or parts.fragment:
        raise _unclear("it is not a host or URL")
    if parts.path.rstrip("/") not in ("", "/api"):
        raise _unclear("it has a path other than /api")
    if parts.scheme not in ("https", "http"):
        raise _unclear(f"its scheme is {parts.scheme}")
    if parts.scheme == "http" and not is_loopback(host):
        raise _unclear("the password would travel in clear; use https")
    return Endpoint(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def _unclear(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the ONTAP endpoint cannot be used: {why}",
        code="endpoint",
        hint="for example --ontap management.fs-0123456789abcdef0.fsx.eu-west-1.amazonaws.com",
    )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def tls(ca_file: str | Path = "", *, insecure: bool = False) -> ssl.SSLContext:
    """Verified against the platform's roots, or against `ca_file` alone when it is given."""
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no PEM certificate"
        raise ConfigurationError(
            f"CA file {ca_file} cannot be used: {why}", code="ca-file", hint="give a PEM file with --ontap-ca"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        # ONTAP's own certificates lack extensions that RFC 5280 asks of a CA, and a user may pin a leaf:
        # both are sound when the file names exactly what to trust.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
