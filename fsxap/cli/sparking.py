"""What `run-uc spark` and `spark submit` do: run a job where its files are, follow it, and judge its answer."""

from __future__ import annotations

import hashlib
import re
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsxap.cli.session import Session
from fsxap.engine import locations, params
from fsxap.engine.locations import Location
from fsxap.engine.stores import connect_aws, open_store, output_location
from fsxap.errors import ConfigurationError, Interrupted, UsageError
from fsxap.model import Item, Summary, Unlisted, digest, timestamp
from fsxap.patterns.spark import PATTERN
from fsxap.patterns.spark.answers import SUFFIXES, is_input
from fsxap.ports import Store

STACK = "fsxap-spark"
SCRIPTS = Path(__file__).parents[1] / "patterns" / "spark" / "scripts"
PASSED = {
    "csv-to-parquet": ("schema", "delimiter", "multiline"),
    "acl-analysis": (),
    "sensor-anomalies": ("threshold", "window", "drift"),
}
"""Parameters that a job takes as options."""
LONGEST = 7 * 86400.0
FILE = re.compile(r"[A-Za-z0-9._-]+")
"""What needs no quoting in a list of modules, nor in a job's name."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a script; `run` is its name and, on EMR Serverless, what makes it start only once."""

    run: str
    script: Path
    files: tuple[Path, ...]
    arguments: tuple[str, ...]
    stack: str
    minutes: int


def run_job(session: Session, pairs: Sequence[str], *, dry_run: bool, explain: bool) -> int:
    from fsxap.cli.run_uc import tell_params

    target = replace(PATTERN, params=PATTERN.run)
    if explain:
        return tell_params(session, target.params)
    values = params.parse(target, pairs, session.settings.sections["params"].get(PATTERN.name, {}))
    source, to = _places(session)
    started, clock = timestamp(datetime.now(UTC)), time.monotonic()
    name = str(values["job"])
    store = open_store(source, lambda: connect_aws(session.settings))
    items = _inputs(store, name)
    place = f"{name}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    out = _below(to, place)
    plan = {"type": "plan", "use_case": PATTERN.name, "source": source.url, "todo": len(items), "outputs": out.url}
    if dry_run:
        session.output.write(plan | {"bytes": sum(item.size for item in items), "engines": {"spark": _engine(source)}})
        return 0
    from fsxap.cli.spark_answers import Question

    question = Question(session, name, values, source, store, items)
    options = [f"--{each}={values[each]}" for each in PASSED[name]] + question.options()
    arguments = (f"--in={_spark(source)}", f"--out={_spark(out)}", *options)
    script = SCRIPTS / f"{name.replace('-', '_')}.py"
    files = tuple(SCRIPTS / f"{each}.py" for each in ("publishing", "sensor_sql"))
    job = Job(place.replace("/", "-"), script, files, arguments, str(values["stack"]), int(values["minutes"]))
    used = _execute(session, job, source)
    verdict = question.verdict(open_store(out, lambda: connect_aws(session.settings)))
    session.progress.close()
    good = verdict["verified"] is not False
    coverage = {"seen": len(items), "ok": len(items) if good else 0, "failed": 0 if good else len(items)}
    coverage |= {"unchanged": 0, "skipped": 0, "vanished": 0, "missing": 0}
    data = {"job": name, "engine": _engine(source)} | verdict
    seconds = time.monotonic() - clock
    session.output.write(
        Summary(
            PATTERN.name, job.run, source.url, started, seconds, coverage, {}, used, outputs=out.url, data=data
        ).record()
    )
    if not good:
        session.warn(f"Spark and DuckDB differ: {verdict['rows']}, {verdict['checksum']}")
    return 0 if good else 1


def submit_script(
    session: Session, script: str, arguments: list[str], files: list[str], stack: str, minutes: int
) -> int:
    for each in (script, *files):
        if not Path(each).is_file():
            raise UsageError(f"there is no file {each}")
    read = session.settings.text
    places = {flag: locations.parse(read(name)) for flag, name in (("--in", "source"), ("--out", "to")) if read(name)}
    if len({place.kind for place in places.values()}) > 1:
        raise _mixed()
    wanted = read("engines")
    remote = wanted == "aws" or any(place.kind == "s3" for place in places.values())
    if remote and (wanted == "local" or any(place.kind == "folder" for place in places.values())):
        raise _mixed()
    names = [Path(each).name for each in (script, *files)]
    if remote and (len(set(names)) < len(names) or not all(FILE.fullmatch(name) for name in names)):
        raise UsageError(
            "the script and its modules lie side by side on EMR Serverless: their names must differ and be plain",
            hint="letters, digits and . _ - are allowed",
        )
    where = Location("s3") if remote else Location("folder")
    given = [f"{flag}={_spark(place)}" for flag, place in places.items()]
    run = f"{Path(script).stem[:32]}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    job = Job(run, Path(script), tuple(map(Path, files)), (*given, *arguments), stack, minutes)
    started, clock = timestamp(datetime.now(UTC)), time.monotonic()
    used = _execute(session, job, where)
    session.progress.close()
    data = {"job": Path(script).name, "engine": _engine(where), "verified": None, "reason": "a script of one's own"}
    session.output.write(
        Summary(
            PATTERN.name, run, read("source"), started, time.monotonic() - clock, {}, {}, used,
            outputs=places["--out"].url if "--out" in places else "", data=data,
        ).record()
    )  # fmt: skip
    return 0


def _places(session: Session) -> tuple[Location, Location]:
    read = session.settings.text
    if not read("source") or not read("to"):
        raise UsageError("spark needs a source and a place for outputs", hint="-s LOCATION --to LOCATION")
    source = locations.parse(read("source"))
    to = output_location(source, read("to"), PATTERN.name)
    if source.kind != to.kind:
        raise _mixed()
    _spark(source), _spark(to)
    return source, to


def _mixed() -> UsageError:
    return UsageError(
        "Spark here reads folders, and Spark on EMR Serverless access points: not one and then the other",
        hint="name two folders, or two access points by alias",
    )


def _engine(place: Location) -> str:
    from fsxap.patterns.spark import RELEASE

    if place.kind == "s3":
        return f"EMR Serverless {RELEASE}"
    from importlib import metadata

    try:
        return f"PySpark {metadata.version('pyspark')}"
    except metadata.PackageNotFoundError:
        return "PySpark, which is not installed"


def _spark(place: Location) -> str:
    """As Spark spells it, which knows no ARNs."""
    if place.bucket.startswith("arn:"):
        raise UsageError(f"{place.text} is an ARN, and Spark reads an access point by its alias", hint="s3://ALIAS/")
    return place.url


def _below(to: Location, place: str) -> Location:
    return locations.parse(f"{to.url.rstrip('/')}/{place}" + ("/" if to.kind == "s3" else ""))


def _inputs(store: Store, job: str) -> list[Item]:
    found = []
    for item in store.list():
        if isinstance(item, Unlisted):
            if not item.skipped:
                raise ConfigurationError(f"{item.key} cannot be listed: {item.failure.message}", code="unlisted")
        elif is_input(job, item):
            found.append(item)
    if not found:
        raise ConfigurationError(
            f"there is nothing for {job} in {store.location}",
            code="no-input",
            hint=f"it reads files that end in {SUFFIXES[job]}",
        )
    return found


def _execute(session: Session, job: Job, where: Location) -> dict[str, int]:
    if where.kind == "s3":
        return _on_emr(session, job)
    from fsxap.providers.local.spark import submit

    session.progress.stage(f"Spark: {job.script.name}")
    submit(
        job.script, job.arguments, files=job.files, scratch=session.scratch, tell=session.progress.note,
        cores=int(session.settings["workers"] or 2), cancel=session.cancel,
    )  # fmt: skip
    return {}


def _on_emr(session: Session, job: Job) -> dict[str, int]:
    from fsxap.deploy import stack
    from fsxap.providers.aws.access_point import S3Store
    from fsxap.providers.aws.emr_serverless import Application, ended_well, usage

    aws = connect_aws(session.settings)
    made = stack.outputs(stack.existing(stack.Stack(aws.client("cloudformation"), job.stack), aws.region))
    if "ApplicationId" not in made:
        raise ConfigurationError(f"stack {job.stack} has no application", hint="fsxap deploy spark; -P stack=NAME")
    bodies = {path.name: path.read_bytes() for path in (job.script, *job.files)}
    sums = {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
    scripts = S3Store(aws.client("s3"), made["StateBucketName"], f"spark/{digest(sums)}/")
    places = {name: scripts.put(name, body) for name, body in bodies.items()}
    application = Application(
        aws.client("emr-serverless"), aws.client("logs"), made["ApplicationId"], made["JobRoleArn"], made["JobLogGroup"]
    )
    identity = application.start(
        job.run, places[job.script.name], [places[path.name] for path in job.files], job.arguments, job.minutes
    )
    try:
        about = application.follow(
            identity, job.run, tell=session.progress.note, check=session.cancel.check, sleep=session.cancel.wait,
            timeout=LONGEST,
        )  # fmt: skip
    except Interrupted:
        _left(session, application, identity)
        raise
    ended_well(about, application.log_group)
    return usage(about)


def _left(session: Session, application: Any, identity: str) -> None:
    """A job goes on without whoever watches it: they say whether it should."""
    session.progress.close()
    if session.interactive:
        print(f"Cancel job run {identity} as well? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            application.cancel(identity)
            return
    it = f"--application-id {application.id} --job-run-id {identity}"
    session.warn(
        f"job run {identity} goes on; aws emr-serverless get-job-run {it} says how it is, "
        f"and cancel-job-run {it} ends it"
    )
