"""From flags to a narrowed listing: shared by discover and run-uc."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from fsxap.cli.session import Session
from fsxap.engine.scope import Scope, parse_moment, parse_size
from fsxap.engine.types import UseCase
from fsxap.errors import ConfigurationError, UsageError
from fsxap.listed import Page
from fsxap.model import Item, Unlisted
from fsxap.ports import Paged

if TYPE_CHECKING:
    from fsxap.engine.sealed import SealedDisk


def scope_of(
    *,
    prefix: str = "",
    include: list[str] | None = None,
    exclude: list[str] | None = None,
    newer_than: str = "",
    older_than: str = "",
    min_size: str = "",
    max_size: str = "",
    stable_for: int = 0,
    limit: int | None = None,
    items: str = "",
) -> Scope:
    """The filter flags as written, read."""
    return Scope(
        prefix=prefix,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        newer_than=parse_moment(newer_than) if newer_than else "",
        older_than=parse_moment(older_than) if older_than else "",
        min_size=parse_size(min_size) if min_size else None,
        max_size=parse_size(max_size) if max_size else None,
        stable_for=stable_for,
        limit=limit,
        items=items,
    )


def narrow(session: Session, where: str, scope: Scope, *, use_case: str, changed: bool) -> Iterator[Page]:
    """The listing by the page where the store has pages, else as one."""
    from fsxap.engine import catalog, locations
    from fsxap.engine.stores import connect_aws, open_store

    case = catalog.find(use_case) if use_case else None
    location = locations.parse(where)
    store = open_store(location, lambda: connect_aws(session.settings))
    whole = store.pages(scope.prefix) if isinstance(store, Paged) else iter([store.list(scope.prefix)])
    pages = scope.select_pages(whole, case.match if case else None)
    if changed and case:
        return iter([undone(session, case, location.url, chain.from_iterable(pages))])
    return pages


def undone(
    session: Session, case: UseCase, source: str, listing: Iterable[Item | Unlisted]
) -> Iterator[Item | Unlisted]:
    """What the ledger of (use case, source) does not hold as done, with whatever parameters it was done."""
    from fsxap.engine import ledger
    from fsxap.engine.runs import newest
    from fsxap.engine.state import folder_name

    state, seal = session.state(), ""
    if case.seal is not None:
        state = _sealed(session, case)
        seal = state.seal.fingerprint
    folder = folder_name(case.name, source, seal)
    newest(state, folder)
    lines = state.lines(f"{folder}/ledger")
    for kind, entry, _row in ledger.join(listing, ledger.rows(lines), None, lambda _row: False):
        if entry is not None and kind in ("todo", "unlisted"):
            yield entry


def _sealed(session: Session, case: UseCase) -> SealedDisk:
    """The state as the key of the settings, or else the state folder's own, opens it."""
    from fsxap.cli.running import Order, make_kit
    from fsxap.engine import params
    from fsxap.engine.sealed import Seal, SealedDisk

    values = params.parse(case, [], session.settings.sections["params"].get(case.name, {}))
    assert case.seal is not None
    secret = case.seal(make_kit(session, Order(case, values, None, Scope()), "", preview=True))
    return SealedDisk(session.state(), Seal(secret))


def notice(session: Session, entry: Unlisted) -> int:
    """Say what was not listed; 1 when something is missing because of it."""
    if entry.skipped:
        session.progress.note(f"skipped {entry.key}: {entry.failure.message}")
        return 0
    session.warn(f"not listed: {entry.key}: {entry.failure.message}")
    return 1


def manifest_items(path: str) -> Callable[[], Iterator[Item]]:
    """Items of a manifest file, or of stdin, which can be read once only and so is kept."""
    if path == "-":
        lines = sys.stdin.buffer.readlines()
        return lambda: _items(lines, "stdin")
    if not Path(path).is_file():
        raise UsageError(f"no manifest at {path}", hint="fsxap discover ... -o manifest.jsonl makes one")

    def read() -> Iterator[Item]:
        with Path(path).open("rb") as stream:
            yield from _items(stream, path)

    return read


def _items(lines: Iterable[bytes], name: str) -> Iterator[Item]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            kind = row.get("type", "item")
            if row.get("v", 1) != 1:
                raise ConfigurationError(
                    f"{name}, line {number} is a record of version {row['v']}, which this fsxap does not know",
                    code="record-version",
                    hint="upgrade fsxap, or make the manifest anew with discover -o FILE",
                )
            if kind == "item":
                yield Item.from_record(row)
        except (ValueError, AttributeError, KeyError, RecursionError) as error:
            raise ConfigurationError(
                f"{name}, line {number} is not an item record", hint="discover -o FILE writes them"
            ) from error
