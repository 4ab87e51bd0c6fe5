"""`fsxap crosswalk`: from pseudonyms back to the originals, for who has the key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import ConfigurationError

EXAMPLES = """\
  fsxap crosswalk back.sealed --key file:site.key

  fsxap crosswalk back.sealed --key env:SITE_KEY --new P0123456789ABCDEF\
"""


def register(app: typer.Typer) -> None:
    command(app, "crosswalk", EXAMPLES)(crosswalk)


def crosswalk(
    session: Session,
    file: Annotated[Path, typer.Argument(help="what run-uc healthcare-dicom -P crosswalk=FILE wrote")],
    key: Annotated[
        str, option("--key", help="env:NAME, file:PATH or a secret's name; default: the state folder's", metavar="REF")
    ] = "",
    new: Annotated[str, option("--new", help="only what became this pseudonym", metavar="TEXT")] = "",
    old: Annotated[str, option("--old", help="only what this original became", metavar="TEXT")] = "",
) -> int:
    """Read an encrypted crosswalk: patients, UIDs and files, each with what it became."""
    from fsxap.cli.running import Order, make_kit
    from fsxap.engine import catalog, params
    from fsxap.engine.scope import Scope
    from fsxap.usecases.healthcare_dicom.crosswalk import open_crosswalk
    from fsxap.usecases.healthcare_dicom.process import secret
    from fsxap.usecases.healthcare_dicom.pseudonyms import Pseudonyms

    case = catalog.find("healthcare-dicom")
    values = params.parse(case, [f"key={key}"] if key else [], {})
    pseudonyms = Pseudonyms(secret(make_kit(session, Order(case, values, None, Scope()), "", preview=True)))
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}", code="crosswalk") from error
    found = 0
    for pair in open_crosswalk(body, pseudonyms):
        if new in ("", pair.new) and old in ("", pair.old):
            session.output.write({"type": "pair", **pair._asdict()})
            found += 1
    if not found and (new or old):
        raise ConfigurationError(
            f"{file} does not hold it", code="not-found", hint="names are compared whole, letter by letter"
        )
    return 0
