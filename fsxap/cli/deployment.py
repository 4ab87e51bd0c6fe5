"""What `fsxap deploy` does with a stack: each function is one of its flags."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fsxap.cli.session import Session
from fsxap.cli.terminal import visible
from fsxap.deploy import code, executions, package, preflight, stack, targets, values
from fsxap.deploy.render import Rendered, render
from fsxap.engine.stores import connect_aws
from fsxap.engine.types import Pattern
from fsxap.errors import ConfigurationError, FsxapError, UsageError
from fsxap.model import Record

LONGEST_RUN = 30 * 86400.0
"""Seconds: what the template allows a run at most."""


@dataclass
class Deployment:
    """A use case or pattern, a stack's name and the way to AWS, which is asked only when something is asked of it."""

    session: Session
    target: targets.Target
    name: str
    given: Mapping[str, str]
    own: Mapping[str, str]
    architecture: str
    _aws: Any = field(default=None, repr=False)

    def client(self, service: str) -> Any:
        if self._aws is None:
            self._aws = connect_aws(self.session.settings)
        return self._aws.client(service)

    @property
    def region(self) -> str:
        self.client("sts")
        return str(self._aws.region)

    @cached_property
    def account(self) -> str:
        return preflight.account_of(self.client)

    @cached_property
    def stack(self) -> stack.Stack:
        return stack.Stack(self.client("cloudformation"), self.name, self.pause)

    def pause(self, seconds: float) -> None:
        self.session.cancel.wait(seconds)
        self.session.cancel.check()

    def note(self, message: str) -> None:
        self.session.progress.note(message)

    def rendered(self) -> Rendered:
        needs = self.target.needs if isinstance(self.target, Pattern) else ()
        lacking = [name for name in needs if name not in self.own]
        if lacking:
            raise UsageError(f"{self.target.name} needs --{lacking[0]}", hint=f"or -P {lacking[0]}=...")
        return render(self.target, self.own, self.architecture)

    def packaged(self, folder: Path) -> package.Package | None:
        """The code of its functions; None for a pattern, which has none."""
        if isinstance(self.target, Pattern):
            return None
        self.note(f"packaging {self.target.name} for {self.architecture}")
        ca = self.session.settings.text("ontap_ca") if self.target.footprint.needs_ontap else ""
        return package.build(self.target, folder, architecture=self.architecture, ca_file=ca)


def opened(
    session: Session, target: str, stack_name: str, given: list[str], file: str, architecture: str
) -> Deployment:
    case = targets.find(target)
    pairs = values.read_pairs(given, file)
    configured = {str(name): str(text) for name, text in session.settings.sections["params"].get(case.name, {}).items()}
    for_stack, own = values.split(case, configured | pairs)
    return Deployment(session, case, values.stack_name(case, stack_name), for_stack, own, architecture)


def write(made: Deployment, folder: Path) -> int:
    """Template, zip and the parameters known so far; AWS is not asked."""
    rendered = made.rendered()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        zipped = made.packaged(folder)
        told = values.from_settings(made.session.settings, values.unresolved)
        own = {"CodeKey": zipped.key} if zipped else {}
        chosen = values.settle(rendered, made.name, told, own, made.given, known=rendered.required)
        rows = [{"ParameterKey": name, "ParameterValue": value} for name, value in chosen.items()]
        (folder / "template.yaml").write_text(rendered.text, encoding="utf-8")
        (folder / "parameters.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write to {folder}: {error.strerror or error}") from error
    code_files = (zipped.path, zipped.bill) if zipped else ()
    for path in (folder / "template.yaml", folder / "parameters.json", *code_files):
        made.session.output.write({"type": "file", "path": str(path), "size": path.stat().st_size})
    lacking = [name for name in rendered.required if name not in chosen]
    if lacking:
        made.note(f"still to be given: {', '.join(lacking)}")
    return 0


def change(made: Deployment, *, plan_only: bool, agreed: Callable[[], bool]) -> int:
    """Plan, show, ask, apply. A stack that is being changed already is followed instead."""
    made.note(f"account {made.account}, region {made.region}, stack {made.name}")
    about = made.stack.describe()
    state = stack.state_of(about)
    if state.endswith("_IN_PROGRESS") and state != "REVIEW_IN_PROGRESS" and not plan_only:
        made.note(f"stack {made.name} is being changed already ({state}): following that")
        return _applied(made, stack.follow(made.stack, stack.events_so_far(made.stack), _teller(made)))
    rendered = made.rendered()
    zipped = made.packaged(made.session.scratch)
    chosen = _settled(made, rendered, zipped, about)
    _check(made, chosen, exists=state not in ("ABSENT", "REVIEW_IN_PROGRESS"))
    kept = [name for name in stack.parameters(about) if name in rendered.parameters and name not in chosen]
    planned = stack.plan(made.stack, rendered.body, chosen, kept, {"fsxap:target": made.target.name})
    for record in planned.changes:
        made.session.output.write(record)
    if not planned.id:
        made.note(f"nothing changes in stack {made.name}")
        return 0
    if plan_only or not agreed():
        stack.discard(planned)
        made.note("nothing was changed")
        return 0
    if zipped:
        _upload(made, chosen["CodeBucket"], zipped)
    return _applied(made, stack.apply(planned, _teller(made)))


def _upload(made: Deployment, bucket: str, zipped: package.Package) -> None:
    if code.ensure_bucket(made.client("s3"), bucket, made.account, made.region):
        made.note(f"made bucket {bucket} for the code")
    if code.upload(made.client("s3"), bucket, zipped, made.account):
        made.note(f"uploaded s3://{bucket}/{zipped.key}")


def _settled(
    made: Deployment, rendered: Rendered, zipped: package.Package | None, about: Mapping[str, Any] | None
) -> dict[str, str]:
    known = stack.parameters(about)
    own: dict[str, str] = {}
    if zipped:
        present = {row["ParameterKey"]: row["ParameterValue"] for row in (about or {}).get("Parameters", ())}
        own["CodeKey"] = zipped.key
        own["CodeBucket"] = present.get("CodeBucket") or code.bucket_name(made.account, made.region)
    if "S3PrefixListId" in rendered.parameters and "S3PrefixListId" not in {*made.given, *known}:
        own["S3PrefixListId"] = preflight.prefix_list(made.client, made.region)
    told = values.from_settings(made.session.settings, preflight.arn_of_alias(made.client))
    arn = {**told, **made.given}.get("SourceArn")
    if arn and "SourceAlias" in rendered.parameters and "SourceAlias" not in {*told, *made.given}:
        own["SourceAlias"] = preflight.alias_of_arn(made.client, arn)
    return values.settle(rendered, made.name, own, told, made.given, known=known)


def _check(made: Deployment, chosen: Mapping[str, str], *, exists: bool) -> None:
    failed = []
    asked = preflight.checks(made.client, chosen, made.region, exists=exists)
    for record in (*asked, *preflight.services(_places(made, chosen))):
        if record["status"] != "pass":
            made.session.output.write(record)
        if record["status"] == "fail":
            failed.append(record)
    if failed:
        first = failed[0]
        raise ConfigurationError(
            f"{first['check']}: {first['detail']}" + (f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""),
            code="preflight",
            hint=first["hint"],
        )


def _places(made: Deployment, chosen: Mapping[str, str]) -> dict[str, str]:
    """Service → region, for those that this pipeline calls."""
    found = dict.fromkeys(targets.services(made.target), made.region)
    if not chosen.get("BedrockModel"):
        found.pop("bedrock-runtime", None)
    if "AthenaDatabase" not in chosen:
        found = {name: region for name, region in found.items() if name not in ("athena", "glue")}
    named = {
        "textract": made.own.get("textract_region"),
        "comprehend": made.own.get("textract_region"),
        "comprehendmedical": chosen.get("ComprehendMedicalRegion"),
        "bedrock-runtime": chosen.get("BedrockRegion"),
    }
    return {name: named.get(name) or region for name, region in found.items()}


def _teller(made: Deployment) -> Callable[[Record], None]:
    def tell(event: Record) -> None:
        made.note(f"{event['status']:<20} {event['name']}" + (f": {event['reason']}" if event["reason"] else ""))

    return tell


def _applied(made: Deployment, about: Mapping[str, Any]) -> int:
    made.session.output.write(_record(made.name, about))
    if "StateMachineArn" in stack.outputs(about):
        made.note(f"start a run now: fsxap deploy {made.target.name} --stack-name {made.name} --invoke")
    return 0


def _record(name: str, about: Mapping[str, Any]) -> Record:
    return {
        "type": "stack",
        "name": name,
        "status": stack.state_of(about),
        "reason": about.get("StackStatusReason", ""),
        "template": about.get("Description", ""),
        "drift": (about.get("DriftInformation") or {}).get("StackDriftStatus", "NOT_CHECKED"),
        "outputs": stack.outputs(about),
    }


def _deployed(made: Deployment) -> Mapping[str, Any]:
    return stack.existing(made.stack, made.region)


def tell_status(made: Deployment) -> int:
    """Stack, schedule, last runs. What may not be read is said, not hidden."""
    about = _deployed(made)
    made.session.output.write(_record(made.name, about))
    found = stack.outputs(about)
    questions: list[Callable[[], list[Record]]] = []
    if "ScheduleName" in found:
        questions.append(lambda: [executions.schedule(made.client("scheduler"), found["ScheduleName"])])
    if "StateMachineArn" in found:
        questions.append(lambda: list(executions.last(made.client("stepfunctions"), found["StateMachineArn"])))
    refused: FsxapError | None = None
    for question in questions:
        try:
            for record in question():
                made.session.output.write(record)
        except FsxapError as error:
            refused = refused or error
            made.note(error.message)
    if refused is not None:
        raise refused
    return 0


def invoke(made: Deployment) -> int:
    """Start one run and follow it. 1 when it failed, or left something out."""
    machine = executions.machine_of(stack.outputs(_deployed(made)), made.name)
    client = made.client("stepfunctions")
    execution = executions.start(client, machine)
    made.note(f"started {execution}; Ctrl-C stops watching, not the run")
    check = made.session.cancel.check
    row = executions.follow(client, execution, check=check, timeout=LONGEST_RUN, sleep=made.pause)
    made.session.output.write(row)
    if row["status"] in executions.REDRIVABLE:
        made.note(
            "--invoke again does what is left; `aws stepfunctions redrive-execution` goes on with this run instead"
        )
    coverage = row.get("coverage", {})
    good = row["status"] == "SUCCEEDED" and not coverage.get("failed") and not coverage.get("missing")
    return 0 if good else 1


def destroy(made: Deployment, *, yes: bool) -> int:
    """Delete the stack, after its state bucket, where it has one, was emptied. Asked for by the stack's name."""
    about = _deployed(made)
    bucket = stack.outputs(about).get("StateBucketName", "")
    made.note(f"account {made.account}, region {made.region}, stack {made.name}")
    what = f" and its state bucket {bucket}: ledger, runs and reports" if bucket else " and all that it made"
    made.note(f"this deletes the stack{what}")
    if not yes and not _named(made.name):
        made.note("nothing was changed")
        return 0
    if bucket:
        made.note(f"deleted {code.empty(made.client('s3'), bucket, made.account)} versions of objects in {bucket}")
    stack.delete(made.stack, _teller(made))
    made.session.output.write({"type": "stack", "name": made.name, "status": "DELETE_COMPLETE"})
    return 0


def _named(name: str) -> bool:
    print(f"Type {visible(name)} to delete it: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == name
