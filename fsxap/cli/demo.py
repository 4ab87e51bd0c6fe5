"""`fsxap demo`: the whole tool on a sample volume, without AWS and without ONTAP."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.engine.settings import from_process
from fsxap.errors import ConfigurationError, MissingExtra, UsageError
from fsxap.model import Result

if TYPE_CHECKING:
    from fsxap.emulator.server import Emulator
    from fsxap.engine.types import UseCase

EXAMPLES = """\
  fsxap demo

  fsxap demo legal-compliance --output jsonl | jq -r 'select(.type == "summary") | .findings'

  fsxap demo --serve

  fsxap demo sftp\
"""
MARKER = ".fsxap-demo"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo lives."""

    folder: Path

    @property
    def volume(self) -> Path:
        return self.folder / "volume"

    @property
    def secret(self) -> Path:
        return self.folder / "ontap-password"

    @property
    def ca(self) -> Path:
        return self.folder / "ontap-ca.pem"


def register(app: typer.Typer) -> None:
    command(app, "demo", EXAMPLES)(demo)


def demo(
    session: Session,
    use_cases: Annotated[
        list[str] | None, typer.Argument(help="use cases to show, all by default; or sftp, to serve the sample volume")
    ] = None,
    to: Annotated[Path, option("--to", help="folder to write the demo to", metavar="DIR")] = Path("fsxap-demo"),
    serve: Annotated[bool, option("--serve", help="keep the ONTAP emulator running and say how to reach it")] = False,
    users: Annotated[str, option("--users", help="of sftp: who may come in, as YAML", metavar="FILE")] = "",
) -> int:
    """Write a sample volume, start the bundled ONTAP emulator on loopback, run the use cases, write reports."""
    from fsxap.emulator.sample import write_sample
    from fsxap.emulator.server import serve as start
    from fsxap.emulator.trees import Folder
    from fsxap.engine import catalog

    if use_cases and "sftp" in use_cases:
        return _sftp(session, use_cases, Place(to), users)
    if users:
        raise UsageError("--users is for fsxap demo sftp")
    cases = [catalog.find(name) for name in use_cases] if use_cases else [catalog.load(n) for n in catalog.names()]
    place = Place(to)
    _prepare(place)
    # The emulator's port is another one each time, so an earlier demo's state would never be read again.
    shutil.rmtree(place.folder / "state", ignore_errors=True)
    session.progress.note(f"writing a sample volume to {place.volume}")
    write_sample(place.volume)
    with start([Folder(place.volume)]) as emulator:
        _write_access(place, emulator)
        session.progress.note(f"the ONTAP emulator answers at {emulator.url} (loopback only)")
        code = max([_show(session, case, place, emulator) for case in cases], default=0)
        if serve:
            _keep(session, place, emulator)
    return code


def _sftp(session: Session, named: list[str], place: Place, users: str) -> int:
    from fsxap.cli import demo_sftp
    from fsxap.emulator.sample import write_sample

    if named != ["sftp"]:
        raise UsageError("sftp is served until interrupted, and so goes with nothing else")
    _prepare(place)
    write_sample(place.volume)
    return demo_sftp.serve(session, place.folder, users)


def _prepare(place: Place) -> None:
    """Only a folder that is new, or an earlier demo's, is written to."""
    if place.folder.exists() and any(place.folder.iterdir()) and not (place.folder / MARKER).exists():
        raise ConfigurationError(
            f"{place.folder} exists and is not a demo folder", code="not-empty", hint="choose another one with --to DIR"
        )
    place.folder.mkdir(parents=True, exist_ok=True)
    (place.folder / MARKER).write_text("made by fsxap demo; safe to delete\n", encoding="utf-8")


def _write_access(place: Place, emulator: Emulator) -> None:
    """What a client needs, where the printed commands look for it."""
    place.secret.unlink(missing_ok=True)
    place.secret.touch(mode=0o600)
    place.secret.write_text(emulator.password, encoding="utf-8")
    if emulator.ca_file:
        place.ca.write_bytes(emulator.ca_file.read_bytes())


def _flags(place: Place, emulator: Emulator) -> dict[str, str]:
    flags = {
        "ontap": emulator.url,
        "ontap_user": emulator.user,
        "ontap_secret": f"file:{place.secret}",
        "volume": "*",
        "state": str(place.folder / "state"),
    }
    return flags | ({"ontap_ca": str(place.ca)} if emulator.ca_file else {})


def _show(session: Session, case: UseCase, place: Place, emulator: Emulator) -> int:
    """Run one use case on the sample. Findings are the point of a demo, so they do not fail it."""
    from fsxap.cli import running
    from fsxap.engine import locations, params
    from fsxap.engine.scope import Scope

    chosen = {"state": str(place.folder / "state")}
    report = place.folder / f"{case.name}.html"
    line = ["fsxap", "run-uc", case.name]
    if case.footprint.needs_ontap:
        chosen = _flags(place, emulator)
        source, to = None, ""
        given = ["-P", "files=yes"]
    else:
        files = place.volume
        if case.sample is not None:
            files = place.folder / "samples" / case.name
            case.sample(files)
        source, to = locations.parse(str(files)), str(place.folder / "out" / case.name)
        given = []
        line += ["-s", str(files), "--to", to]
    values = params.parse(case, given[1:], {})
    order = running.Order(case, values, source, Scope(), to=to, force=True, resume=False, report=str(report))
    mine = replace(session, settings=from_process(chosen))
    session.output.flush = True
    try:
        outcome = running.run(mine, order, _teller(session), lambda _record: None)
    except MissingExtra as error:
        session.progress.note(f"{case.name} is left out: {error.message}; {error.hint}")
        return 0
    finally:
        session.progress.close()
    session.output.write(outcome.summary.record())
    if not outcome.summary.complete:
        session.cancel.check()
    flags = [part for name, value in chosen.items() for part in (f"--{name.replace('_', '-')}", value)]
    session.progress.note(f"look at {report}")
    session.progress.note(
        "made by (it works while `fsxap demo --serve` runs): "
        + shlex.join([*line, *given, *flags, "--report", str(report)])
    )
    return 0


def _teller(session: Session) -> Callable[[Result, str], None]:
    """Findings on a terminal, whole results in a pipe."""
    if session.output.form != "table":
        return session.output.result

    def tell(result: Result, _line: str) -> None:
        for finding in result.findings:
            if finding.severity in ("critical", "high"):
                session.output.write(finding.record())

    return tell


def _keep(session: Session, place: Place, emulator: Emulator) -> None:
    """Serve until interrupted."""
    flags = " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in _flags(place, emulator).items()
    )
    session.progress.note(f"serving; try: fsxap scan-acl {flags}")
    session.progress.note("Ctrl-C ends it")
    session.cancel.wait(float("inf"))
