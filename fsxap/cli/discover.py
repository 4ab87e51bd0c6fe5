"""`fsxap discover`: what is there, as records, in key order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated

import typer

from fsxap.cli.listing import narrow, notice, scope_of
from fsxap.cli.options import command, option
from fsxap.cli.run_uc import case_names
from fsxap.cli.session import Session
from fsxap.errors import UsageError
from fsxap.listed import Files, Page
from fsxap.model import Item, Summary, Tally, Unlisted, now

EXAMPLES = """\
  fsxap discover ./folder --include '*.pdf' --newer-than 7d

  fsxap discover s3://my-ap-ext-s3alias/contracts --count

  fsxap discover ./scans --use-case idp --changed -o manifest.jsonl\
"""


def register(app: typer.Typer) -> None:
    command(app, "discover", EXAMPLES, settings=("source",))(discover)


def discover(
    session: Session,
    location: Annotated[
        str, typer.Argument(help="folder, s3:// URL, alias or ARN; same as -s", show_default=False)
    ] = "",
    use_case: Annotated[
        str, option("--use-case", help="only this use case's file types", metavar="NAME", complete=case_names)
    ] = "",
    include: Annotated[list[str] | None, option("--include", help="only keys like this", metavar="GLOB")] = None,
    exclude: Annotated[list[str] | None, option("--exclude", help="no keys like this", metavar="GLOB")] = None,
    prefix: Annotated[str, option("--prefix", help="only keys that begin so", metavar="TEXT")] = "",
    newer_than: Annotated[str, option("--newer-than", help="ISO time, or an age such as 7d", metavar="TIME")] = "",
    older_than: Annotated[str, option("--older-than", help="ISO time, or an age such as 7d", metavar="TIME")] = "",
    min_size: Annotated[str, option("--min-size", help="for example 10MB", metavar="SIZE")] = "",
    max_size: Annotated[str, option("--max-size", help="for example 1GiB", metavar="SIZE")] = "",
    changed: Annotated[bool, option("--changed", help="only what --use-case has not done yet")] = False,
    stable_for: Annotated[
        int, option("--stable-for", help="leave out files modified in the last N seconds", metavar="SECONDS")
    ] = 0,
    limit: Annotated[int | None, typer.Option("--limit", help="stop after N", min=0, show_default=False)] = None,
    count: Annotated[bool, option("--count", help="one summary instead of items")] = False,
) -> int:
    """List the files of a folder or access point as item records, in key order, streamed."""
    where = location or session.settings.text("source")
    if not where:
        raise UsageError("discover needs a location", hint="fsxap discover ./folder, or -s s3://ALIAS/prefix")
    if changed and not use_case:
        raise UsageError("--changed asks what a use case has not done", hint="name it with --use-case")
    scope = scope_of(
        prefix=prefix,
        include=include,
        exclude=exclude,
        newer_than=newer_than,
        older_than=older_than,
        min_size=min_size,
        max_size=max_size,
        stable_for=stable_for,
    )
    pages = narrow(session, where, scope, use_case=use_case, changed=changed)
    if count:
        return _count(session, where, chain.from_iterable(pages), limit)
    session.progress.stage("listing")
    if limit is None and session.output.plain:
        return _lines(session, pages)
    return _items(session, chain.from_iterable(pages), limit)


def _lines(session: Session, pages: Iterable[Page]) -> int:
    """What `_items` does, with one write for a page."""
    code = 0
    for page in pages:
        if not isinstance(page, Files):
            code = max(code, _items(session, page, None))
            continue
        session.cancel.check()
        if page.rows:
            session.output.raw("\n".join(page.lines()))
            session.progress.advance(len(page.rows))
    return code


def _items(session: Session, listing: Iterable[Item | Unlisted], limit: int | None) -> int:
    code = number = 0
    for entry in listing:
        if isinstance(entry, Unlisted):
            code = max(code, notice(session, entry))
            continue
        if limit is not None and number >= limit:
            break
        session.cancel.check()
        session.output.write(entry.record())
        number += 1
        session.progress.advance()
    return code


def _count(session: Session, where: str, listing: Iterable[Item | Unlisted], limit: int | None) -> int:
    """One summary: `ok` is what was listed, `data` its bytes and range of times."""
    tally, size, oldest, newest, code = Tally(), 0, "", "", 0
    started = now()
    session.progress.stage("counting")
    for entry in _limited(listing, limit):
        session.cancel.check()
        if isinstance(entry, Unlisted):
            tally.count("skipped" if entry.skipped else "failed")
            code = max(code, notice(session, entry))
            continue
        tally.count("ok")
        size += entry.size
        oldest = min(oldest or entry.modified, entry.modified)
        newest = max(newest, entry.modified)
        session.progress.advance()
    data = {"items": tally.coverage["ok"], "bytes": size, "oldest": oldest, "newest": newest}
    summary = Summary("discover", "", where, started, 0.0, tally.coverage, tally.findings, data=data)
    session.output.write(summary.record())
    return code


def _limited(listing: Iterable[Item | Unlisted], limit: int | None) -> Iterator[Item | Unlisted]:
    taken = 0
    for entry in listing:
        if limit is not None and taken >= limit:
            return
        taken += isinstance(entry, Item)
        yield entry
