"""TLS for loopback: a certificate authority of its own, and certificates it signs."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from fsxap.errors import MissingExtra


class Authority:
    """Owns the CA's key, in memory only, and the PEM file clients are given."""

    def __init__(self, ca_file: Path) -> None:
        try:
            import trustme
        except ImportError as error:
            raise MissingExtra("demo", "trustme, which makes the emulator's certificates,") from error
        self._authority: Any = trustme.CA()
        self.ca_file = ca_file
        self._authority.cert_pem.write_to_path(str(ca_file))

    def context(self, host: str = "") -> ssl.SSLContext:
        """For a server that is reached at loopback, or claims to be another host."""
        names = (host,) if host else ("127.0.0.1", "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority.issue_cert(*names).configure_cert(context)
        return context
