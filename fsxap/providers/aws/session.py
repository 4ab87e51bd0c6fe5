"""One AWS session: profile, region, credentials and the clients made from them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fsxap import __version__
from fsxap.errors import ConfigurationError
from fsxap.providers.aws.errors import translated
from fsxap.retry import Retry

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 60
"""Seconds. A missing route in a VPC gives no error at all, so only the time-outs find it."""

CONNECTIONS = 64
"""Kept alive per client; botocore's own limit of 10 would reconnect for every further worker."""


class Aws:
    """Credentials and region by botocore's rules, except that AWS_REGION counts, as in the AWS CLI.

    Order of the region: `region`, AWS_REGION, AWS_DEFAULT_REGION, the profile. Endpoint URLs, CA bundle and proxies
    come from the environment and the profile where `endpoint_url` does not say otherwise. Safe from any thread.
    """

    def __init__(
        self,
        profile: str = "",
        region: str = "",
        endpoint_url: str = "",
        retry: Retry | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.retry = retry or Retry.from_environment(environ)
        # Only a profile that was asked for goes before keys in the environment, so it is kept apart from AWS_PROFILE.
        self._wanted_profile, self._endpoint = profile, endpoint_url
        self._wanted_region = region or environ.get("AWS_REGION", "")
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._made: Any = None
        self._credentials: Any = None

    @property
    def session(self) -> Any:
        """botocore's session, for what has no client (regions, credentials)."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def profile(self) -> str:
        """The profile in use."""
        return self.session.profile or "default"

    @property
    def region(self) -> str:
        """ConfigurationError when there is none: a guess would read another region's data, or none."""
        with self._lock, translated(f"reading the profile {self.profile}"):
            region = self._wanted_region or self.session.get_config_variable("region")
        if not region:
            raise ConfigurationError(
                f"no AWS region (profile {self.profile})",
                code="no-region",
                hint="name one with --region, AWS_REGION, or `aws configure set region REGION`",
            )
        return str(region)

    @property
    def ca_bundle(self) -> str:
        """The certificates that clients trust, by botocore's rules; empty for its own."""
        with self._lock:
            return self.session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE", "")

    def client(self, service: str, *, region: str = "", **config: Any) -> Any:
        """The client of a service, made once. `region` is for services that the home region lacks; `config` are
        fields of botocore's Config, such as `read_timeout`."""
        key = f"{service} {region} {sorted(config.items())!r}"
        with self._lock:
            if key not in self._clients:
                self._check_credentials()
                with translated(f"preparing the {service} client"):
                    self._clients[key] = self._client(service, region or self.region, config)
            return self._clients[key]

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _make(self) -> Any:
        from botocore.session import Session

        session = Session(profile=self._wanted_profile or None)
        session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=read_timestamp)
        with translated("reading the AWS configuration"):
            known, wanted = session.available_profiles, session.profile
        if wanted and wanted not in known:
            raise ConfigurationError(
                f"there is no AWS profile {wanted!r}",
                code="no-profile",
                hint=f"known profiles: {', '.join(known[:20])}" if known else "aws configure sso makes one",
            )
        return session

    def _check_credentials(self) -> None:
        """Once, before the first call: here it is known which profile was tried."""
        if self._credentials is not None:
            return
        try:
            with translated(f"getting credentials for the profile {self.profile}"):
                credentials = self.session.get_credentials()
                if credentials is not None:
                    credentials.get_frozen_credentials()
        except ConfigurationError as error:
            if error.code == "expired-login":
                error.hint = self._login()
            raise
        if credentials is None:
            raise ConfigurationError(
                f"no AWS credentials (profile {self.profile})",
                code="no-credentials",
                hint=f"choose a profile with --profile, or sign in: {self._login()}",
            )
        self._credentials = credentials

    def _login(self) -> str:
        return f"aws sso login --profile {self.profile}"

    def _client(self, service: str, region: str, config: dict[str, Any]) -> Any:
        from botocore.config import Config

        # The global S3 endpoint redirects for aliases; a custom endpoint rarely has a name for every bucket.
        s3 = {"us_east_1_regional_endpoint": "regional", **({"addressing_style": "path"} if self._endpoint else {})}
        settings = {
            "retries": self.retry.for_botocore(),
            "connect_timeout": CONNECT_TIMEOUT,
            "read_timeout": READ_TIMEOUT,
            "max_pool_connections": CONNECTIONS,
            "tcp_keepalive": True,
            "user_agent_extra": f"fsxap/{__version__}",
            "s3": s3,
            **config,
        }
        return self.session.create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint or None,
            config=Config(**settings),
        )


def read_timestamp(text: Any) -> datetime:
    """ISO 8601 in UTC, S3's way, directly; botocore's own parser takes most of the time of a listing."""
    if isinstance(text, str) and text[-1:] == "Z" and text[4:5] == "-":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            # Some other form; botocore knows more of them.
            pass
    from botocore.utils import parse_timestamp

    moment: datetime = parse_timestamp(text)
    return moment
