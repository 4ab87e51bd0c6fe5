"""From the flags of `fsxap cost` to ways of running a use case: the one asked about, and those beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from fsxap.cli.session import Session
from fsxap.costs.deployment import Month, Stack
from fsxap.costs.measures import NAMES
from fsxap.costs.schedule import runs_a_month
from fsxap.engine import params
from fsxap.engine.estimate import Choice
from fsxap.engine.kit import ENGINES
from fsxap.engine.settings import Settings
from fsxap.engine.types import UseCase, labels_engine
from fsxap.errors import UsageError

RATE = "rate(1 day)"
"""How often a deployed pipeline runs when nobody says otherwise."""
TIERS = ("demo", "production")
SECONDS, PAGES = "seconds", "pages"
PAGES_PARAM = "pages_per_document"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the flags ask for; no `schedule` is one run from here, no `engines` follows the source."""

    pairs: tuple[str, ...] = ()
    schedule: str = ""
    tier: str = "demo"
    engines: str = ""
    new_per_run: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            raise UsageError(f"--tier {self.tier!r} is not one of {', '.join(TIERS)}")
        if self.engines not in ("", *ENGINES):
            raise UsageError(f"engines {self.engines!r} is not one of {', '.join(ENGINES)}")


def alternatives(wish: Wish, compare: Iterable[str]) -> Iterator[Wish]:
    """Each --compare: engines, a schedule, a tier, or another value of one parameter or measure."""
    for text in compare:
        parts = [part.strip() for part in text.split(",")]
        if set(parts) <= {*ENGINES, *TIERS}:
            for part in parts:
                other = replace(wish, engines=part) if part in ENGINES else replace(wish, tier=part)
                yield replace(other, schedule=wish.schedule or (RATE if part in TIERS else ""), label=part)
        elif text.startswith(("rate(", "cron(", "at(")):
            yield replace(wish, schedule=text, label=text)
        elif "=" in text:
            yield replace(wish, pairs=(*wish.pairs, text), label=text)
        else:
            raise UsageError(f"--compare {text!r}", hint="local,aws; demo,production; rate(1 day); or NAME=VALUE")


def choice(case: UseCase, wish: Wish, settings: Settings, *, remote: bool, backlog: int = 0) -> Choice:
    """`remote` is whether engines are AWS's when nobody chose them."""
    given, measures = _split(case, wish.pairs)
    values = params.parse(case, given, settings.sections["params"].get(case.name, {}))
    engines = _engines(case, wish, settings, measures, remote=remote)
    if "labels" in engines:
        engines["labels"] = labels_engine(values)
    plain = {name: int(number) for name, number in measures.items() if name in NAMES}
    if any(pair.startswith(f"{PAGES_PARAM}=") for pair in given):
        plain[PAGES] = values[PAGES_PARAM]
    found = Choice(wish.label, case, values, engines, plain)
    if not wish.schedule:
        return found
    try:
        runs = runs_a_month(wish.schedule)
    except ValueError as error:
        raise UsageError(f"--schedule: {error}") from None
    month = Month(runs, backlog, wish.new_per_run)
    return replace(found, month=month, stack=_stack(case, wish, engines, measures))


def _stack(case: UseCase, wish: Wish, engines: dict[str, str], measures: dict[str, Fraction]) -> Stack:
    # A function that reaches ONTAP is in a VPC, where each service it calls needs an endpoint.
    called = 1 + 2 * (engines.get("sql") == "aws") + (engines.get("narrator") == "aws")
    return Stack(
        memory=case.footprint.memory,
        item_ms=int(measures.get(SECONDS, Fraction(1)) * 1000),
        measured=SECONDS in measures,
        endpoints=called if case.footprint.needs_ontap else 0,
        needs_ontap=case.footprint.needs_ontap,
        reads_objects=not case.footprint.needs_ontap,
        production=wish.tier == "production",
    )


def _engines(
    case: UseCase, wish: Wish, settings: Settings, measures: dict[str, Fraction], *, remote: bool
) -> dict[str, str]:
    every = wish.engines or ("aws" if remote or wish.schedule else "local")
    engines = {each: every for each in case.engines if each != "ontap"} | dict(settings.sections["engine"])
    engines = {each: name for each, name in engines.items() if each in case.engines}
    asked = settings.text("bedrock_model") or {"input_tokens", "output_tokens"} & set(measures)
    if "narrator" in engines and not asked:
        # Without a model the template writes, which costs nothing.
        engines["narrator"] = "local"
    return engines


def _split(case: UseCase, pairs: Iterable[str]) -> tuple[list[str], dict[str, Fraction]]:
    """-P as parameters of the use case and measures of the estimate."""
    known = {param.name for param in case.params}
    given: list[str] = []
    measures: dict[str, Fraction] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if name == PAGES and PAGES_PARAM in known:
            given.append(f"{PAGES_PARAM}={text}")
        elif name == PAGES:
            measured = ", ".join(sorted(NAMES - {PAGES}))
            raise UsageError(f"{case.name} has no pages", hint=f"measures are {measured}, {SECONDS}")
        elif name in known or name not in NAMES | {SECONDS}:
            given.append(pair)
        else:
            measures[name] = _number(name, text)
    return given, measures


def _number(name: str, text: str) -> Fraction:
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"-P {name}={text}: not a number") from None
    if number < 0 or (name != SECONDS and number.denominator != 1):
        raise UsageError(f"-P {name}={text}: a whole number of at least 0")
    return number


def source_is_remote(session: Session, case: UseCase) -> bool:
    """Whether engines follow a source on AWS; items that are only counted are taken to lie there."""
    from fsxap.engine import locations

    where = session.settings.text("source")
    return locations.parse(where).kind == "s3" if where else not case.footprint.needs_ontap
