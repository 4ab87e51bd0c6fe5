"""Which prices a command counts with: a file, the user's own refreshed ones, or those of the package."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsxap.cli.session import Session
from fsxap.costs.pricing import Prices
from fsxap.engine.settings import user_folder
from fsxap.errors import ConfigurationError


def user_file() -> Path | None:
    """Where refreshed prices are kept; None without a home folder."""
    import os

    folder = user_folder(os.environ)
    return folder / "prices.json" if folder else None


def known(path: str = "") -> Prices:
    """`path`, or else the user's refreshed prices, or else the package's. ConfigurationError for a bad file."""
    kept = user_file()
    if path:
        return _read(Path(path))
    return _read(kept) if kept and kept.is_file() else Prices.bundled()


def _read(path: Path) -> Prices:
    try:
        return Prices.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise ConfigurationError(
            f"{path} is not a price file: {error}", code="prices", hint="fsxap cost --refresh-prices writes one"
        ) from error


def refresh(session: Session, path: str, connect: Callable[[], Any]) -> Prices:
    """Prices of the region from the Price List API over the known ones, written to `path` or the user's folder."""
    from fsxap.providers.aws import price_list

    target = Path(path) if path else user_file()
    if target is None:
        raise ConfigurationError("there is no home folder to keep prices in", hint="name a file with --prices")
    aws = connect()
    region = aws.region
    found, missing = price_list.read_prices(aws.client("pricing", region=price_list.REGION), region)
    old = known(path if path and target.is_file() else "")
    about = {row["unit"]: row for row in old.rows}
    new = tuple(
        {
            "unit": each.unit,
            "service": about[each.unit]["service"],
            "item": about[each.unit]["item"],
            "per": each.per,
            "usd": each.usd,
            "region": region,
            "dated": each.dated,
            "source": each.source,
            "certainty": "good",
        }
        for each in found
    )
    replaced = {(row["unit"], row["region"]) for row in new}
    kept = tuple(row for row in old.rows if (row["unit"], row["region"]) not in replaced)
    prices = Prices(datetime.now(UTC).strftime("%Y-%m-%d"), kept + new, old.free)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        partial.write_text(prices.text(), encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        raise ConfigurationError(f"prices cannot be written to {target}: {error.strerror}", code="prices") from error
    for line in missing:
        session.warn(f"not refreshed: {line}")
    others = sorted({row["service"] for row in kept if row["unit"] not in price_list.UNITS})
    session.progress.note(
        f"{len(new)} prices of {region} written to {target}; not looked up there: {', '.join(others)}"
    )
    return prices
