"""What an audit is about: every path once, and what hides paths beside it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fsxap.acl.model import Entry
from fsxap.acl.site import Site
from fsxap.model import Failure, Unlisted
from fsxap.usecases.legal_compliance import audit


def test_a_folder_that_cannot_be_listed_is_counted_beside_its_own_verdict() -> None:
    """Its permissions can be read, so under one key that good result would hide that nothing below it was seen."""
    found = [
        Entry("/v/hr", "directory"),
        Unlisted("/v/hr", Failure("unavailable", "503")),
        Unlisted("/v/tmp", Failure("vanished", "deleted")),
    ]
    ontap = SimpleNamespace(
        fingerprint=lambda: None,
        site=Site,
        shares=tuple,
        volumes=lambda: ("v",),
        walk=lambda *_arguments, **_options: iter(found),
    )
    params = {"path": "", "files": False, "depth": None}
    kit: Any = SimpleNamespace(ontap=ontap, run="r", params=params, memo=lambda _name, make: make())
    assert [entry.key for entry in audit.discover(kit)] == ["/v/hr", "/v/hr/", "/v/tmp"]
