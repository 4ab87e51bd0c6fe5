"""`fsxap cost`: what a run, or a month of a deployed pipeline, would cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.deploy import target_names
from fsxap.cli.listing import manifest_items, narrow, notice
from fsxap.cli.options import command, option
from fsxap.cli.output import written
from fsxap.cli.run_uc import param_pairs
from fsxap.cli.session import Session
from fsxap.engine.scope import Scope, parse_size
from fsxap.engine.types import Pattern
from fsxap.errors import UsageError
from fsxap.model import Item, Record, Unlisted

if TYPE_CHECKING:
    from fsxap.engine.estimate import Choice, Sample
    from fsxap.engine.types import UseCase

EXAMPLES = """\
  fsxap cost legal-compliance -s ./folder --schedule "rate(1 hour)" --new-per-run 20

  fsxap cost healthcare-dicom --count 1000 --size 500KB -P images=1 --compare local,aws

  fsxap cost uc3 --items manifest.jsonl --tier production --region eu-west-1\
"""
ITEM = typer.Option("--count", help="estimate N items without looking", min=0, show_default=False)
LEAST = 2
"""Files without which a sample has no range."""
LOOK = typer.Option("--look", help="items opened to count pages and pictures; 0 for none", min=0)
FRESH = typer.Option("--new-per-run", help="items that come before each run", min=0, show_default=False)


def register(app: typer.Typer) -> None:
    command(app, "cost", EXAMPLES, settings=("source", "engines"))(cost)


def cost(
    session: Session,
    use_case: Annotated[
        str, typer.Argument(help="use case or pattern", autocompletion=target_names, show_default=False)
    ] = "",
    items: Annotated[str, option("--items", help="the items of this manifest; - is stdin", metavar="FILE")] = "",
    count: Annotated[int | None, ITEM] = None,
    size: Annotated[str, option("--size", help="of each item of --count, for example 200KB")] = "0",
    param: Annotated[
        list[str] | None,
        option(
            "-P",
            "--param",
            help="parameter of the use case, or a measure: pages, images, characters, seconds of an item; "
            "queries, scanned, input_tokens, output_tokens of a run",
            metavar="NAME=VALUE",
            complete=param_pairs,
        ),
    ] = None,
    schedule: Annotated[
        str, option("--schedule", help="a month of a deployed pipeline: rate(1 hour), cron(0 6 ? * MON-FRI *)")
    ] = "",
    new_per_run: Annotated[int, FRESH] = 0,
    tier: Annotated[str, option("--tier", help="of a deployed pipeline: demo, or production with alarms")] = "",
    compare: Annotated[
        list[str] | None,
        option("--compare", help="beside it: local,aws; demo,production; rate(1 day); NAME=VALUE", metavar="WHAT"),
    ] = None,
    prices: Annotated[str, option("--prices", help="price file instead of the known prices", metavar="FILE")] = "",
    refresh_prices: Annotated[
        bool, option("--refresh-prices", help="first read the region's prices from AWS's Price List API and keep them")
    ] = False,
    look: Annotated[int, LOOK] = 200,
    report: Annotated[str, option("--report", help="write tables and charts to this HTML file", metavar="FILE")] = "",
) -> int:
    """Estimate what a use case costs: one run, or with a schedule or tier a month of its pipeline."""
    from fsxap.cli import choices, looking, pattern_cost
    from fsxap.cli.prices import known, refresh
    from fsxap.deploy import targets
    from fsxap.engine import estimate
    from fsxap.engine.stores import connect_aws

    figures = refresh(session, prices, lambda: connect_aws(session.settings)) if refresh_prices else known(prices)
    if not use_case:
        if refresh_prices:
            return 0
        raise UsageError("cost needs a use case", hint=f"there are: {', '.join(targets.names())}")
    case = targets.find(use_case)
    if isinstance(case, Pattern):
        of = _of_pattern(session, items, count, size)
        return pattern_cost.tell(session, case, of, schedule or choices.RATE, new_per_run, param or (), figures)
    wish = choices.Wish(
        tuple(param or ()),
        schedule or (choices.RATE if tier else ""),
        tier or "demo",
        session.settings.text("engines"),
        new_per_run,
    )
    remote = choices.source_is_remote(session, case)
    wishes = [wish, *choices.alternatives(wish, compare or ())]
    asked = [choices.choice(case, each, session.settings, remote=remote, backlog=count or 0) for each in wishes]
    listing = _listing(session, case, items, count)
    if listing is None:
        like = Item(f"item{next(iter(case.match.suffixes), '')}", parse_size(size))
        found = estimate.repeated(asked, like, count or 0)
    else:
        counting = looking.opened(session, asked) if look else None
        found = estimate.sample(asked, listing.items(), counting, max(look, LEAST))
        asked = _with_backlog(asked, found)
        if counting is not None:
            counting.say(found[0])
    rows = list(estimate.records(asked, found, figures, session.settings.text("region")))
    for record in rows:
        session.output.write(record)
    if report:
        _report(session, case, rows, report)
    _say_assumed(session, asked[0], found[0])
    return 1 if listing is not None and listing.missing else 0


def _of_pattern(session: Session, items: str, count: int | None, size: str) -> Iterable[Item]:
    if count is not None:
        return [Item("item", parse_size(size))] * count
    listing = _listing(session, None, items, count)
    return listing.items() if listing else ()


def _report(session: Session, case: UseCase, rows: list[Record], file: str) -> None:
    from fsxap import __version__
    from fsxap.engine.estimate import sections
    from fsxap.reports.sheet import write_sheet

    where = session.settings.text("region") or "no region named"
    with written(file) as stream:
        write_sheet(f"Cost of {case.title}", f"{case.name} · {where}", sections(rows), __version__, stream)
    session.progress.note(f"report written to {file}")


@dataclass(slots=True)
class Listing:
    """Items of a source or manifest; `missing` counts what could not be listed."""

    session: Session
    entries: Iterable[Item | Unlisted]
    missing: int = 0

    def items(self) -> Iterator[Item]:
        self.session.progress.stage("counting")
        for entry in self.entries:
            self.session.cancel.check()
            if isinstance(entry, Unlisted):
                self.missing += notice(self.session, entry)
                continue
            self.session.progress.advance()
            yield entry


def _listing(session: Session, case: UseCase | None, items: str, count: int | None) -> Listing | None:
    """None where items are only counted."""
    if count is not None:
        if items:
            raise UsageError("--count and --items are two answers to one question", hint="give one of them")
        return None
    if items:
        return Listing(session, Scope().select(manifest_items(items)(), case.match if case else None))
    where = session.settings.text("source")
    if not where:
        raise UsageError("cost needs items", hint="give -s LOCATION, --items FILE, or --count N --size 200KB")
    pages = narrow(session, where, Scope(), use_case=case.name if case else "", changed=False)
    return Listing(session, chain.from_iterable(pages))


def _with_backlog(asked: list[Choice], found: list[Sample]) -> list[Choice]:
    return [
        replace(each, month=replace(each.month, backlog=its.items)) if each.month else each
        for each, its in zip(asked, found, strict=True)
    ]


def _say_assumed(session: Session, choice: Choice, found: Sample) -> None:
    from fsxap.costs.measures import assumed

    settled = {name: 0 for name, number in found.counted.items() if number == found.looked}
    told = assumed(choice.engines, settled | dict(choice.measures))
    if choice.stack and not choice.stack.measured:
        told.append(f"seconds={choice.stack.item_ms / 1000:g} of an item")
    if told:
        session.progress.note(f"assumed, and halved and doubled for low and high: {', '.join(told)}; -P says otherwise")
