"""Owns where documents may be sent: the data's own region, or another one that somebody named and accepted."""

from __future__ import annotations

from collections.abc import Sequence

from fsxap.errors import ConfigurationError


def choose(
    service: str, *, home: str, chosen: str, accepted: bool, known: Sequence[str], setting: str, instead: str
) -> str:
    """The region of `service` for data in `home`: `chosen` where one is, and another than home only when `accepted`.

    `known` are the regions that have the service; a chosen one may be newer than that list. `setting` is where a
    region is chosen, `instead` how to do without the service.
    """
    if not chosen and home not in known:
        raise ConfigurationError(
            f"{service} does not exist in {home}",
            code="no-service-in-region",
            hint=f"set {setting} to one of {', '.join(known)} and accept_cross_region to true, which lets text and "
            f"pictures leave the region; or do without: {instead}",
        )
    if chosen and chosen != home and not accepted:
        raise ConfigurationError(
            f"documents would be sent from {home} to {service} in {chosen}",
            code="cross-region",
            hint="set accept_cross_region to true if they may leave the region",
        )
    return chosen or home
