"""`fsxap init`: a commented fsxap.yaml for this folder, from flags, questions and what FSx says there is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.output import written
from fsxap.cli.session import Session
from fsxap.deploy.adopt import Adopted
from fsxap.engine.settings import BY_NAME, FILE
from fsxap.errors import FsxapError, UsageError

if TYPE_CHECKING:
    from fsxap.providers.aws.inventory import Found

EXAMPLES = """\
  fsxap init                                   # asks, on a terminal; a template to fill in otherwise

  fsxap init -s my-access-point-abc123-ext-s3alias --to ./out --region eu-west-1

  fsxap init --from fsxap-legal-compliance --region eu-west-1

  fsxap init --ontap management.fs-0123456789abcdef0.fsx.eu-west-1.amazonaws.com --svm svm1 --ontap-secret prod/audit\
"""
ASKED = ("source", "to", "ontap", "svm", "volume", "ontap_secret", "state_bucket")


def register(app: typer.Typer) -> None:
    command(app, "init", EXAMPLES, ontap=True, settings=("source", "to", "engines", "workers"), records_to_file=False)(
        init
    )


def init(
    session: Session,
    force: Annotated[bool, option("--force", help="replace a settings file that is there")] = False,
    from_stack: Annotated[
        str, option("--from", help="take over what this CloudFormation stack says", metavar="STACK")
    ] = "",
    no_discover: Annotated[bool, option("--no-discover", help="do not ask FSx what there is")] = False,
) -> int:
    """Write fsxap.yaml: what flags say, what was answered, and what FSx knows as comments. Never a secret."""
    from fsxap.cli.project_file import render
    from fsxap.engine.settings import read_file

    target = Path(session.out or FILE)
    if target.exists() and not force:
        raise UsageError(f"{target} exists", hint="--force replaces it; -o FILE writes another one")
    values: dict[str, object] = {
        name: session.settings[name]
        for name, origin in session.settings.origins.items()
        if origin == BY_NAME[name].flag
    }
    adopted = _adopted(session, from_stack) if from_stack else Adopted({})
    values = dict(adopted.settings) | values
    found = [] if no_discover else _discover(session)
    for each in found:
        session.output.write(each.record())
    if session.interactive:
        values |= _answers(found, values)
    with written(str(target)) as stream:
        stream.write(render(values, found, adopted.own, adopted.stack))
    read_file(target)
    for name, why in adopted.left.items():
        session.warn(f"{name} of {from_stack} was left out: {why}")
    session.progress.note(f"{target} written; fsxap doctor checks what it says")
    return 0


def _adopted(session: Session, name: str) -> Adopted:
    from fsxap.deploy import stack
    from fsxap.deploy.adopt import adopt
    from fsxap.engine.stores import connect_aws

    aws = connect_aws(session.settings)
    about = stack.existing(stack.Stack(aws.client("cloudformation"), name), aws.region)
    said = {row["ParameterKey"]: row.get("ParameterValue", "") for row in about.get("Parameters", ())}
    made = adopt(said, stack.outputs(about))
    return replace(made, settings={"region": aws.region, **made.settings})


def _discover(session: Session) -> list[Found]:
    """Nothing where AWS cannot be asked, which is no error: everything can be filled in by hand."""
    from fsxap.cli.examine import QUICK
    from fsxap.cli.places import remember
    from fsxap.engine.stores import connect_aws
    from fsxap.providers.aws.inventory import read_inventory

    try:
        found, unknown = read_inventory(connect_aws(session.settings).client("fsx", **QUICK))
    except FsxapError as error:
        session.progress.note(f"FSx was not asked what there is: {error.message}")
        return []
    remember(session.state(), (each.value for each in found if each.kind == "access-point" and each.value))
    for line in unknown:
        session.warn(f"not listed: {line}")
    return found


def _answers(found: list[Found], given: dict[str, object]) -> dict[str, object]:
    """What a person on a terminal says; an empty answer leaves a setting out, a number takes one of the list."""
    from fsxap.cli.project_file import KINDS
    from fsxap.cli.terminal import visible

    answers: dict[str, object] = {}
    for name in ASKED:
        if name in given:
            continue
        choices = [each for each in found if KINDS[each.kind] == name and each.value]
        for number, each in enumerate(choices, 1):
            typer.echo(f"  {number}  {visible(each.value)}  ({visible(each.about)})", err=True)
        text = str(typer.prompt(f"{name} ({BY_NAME[name].help})", default="", show_default=False, err=True)).strip()
        if text.isdigit() and 0 < int(text) <= len(choices):
            text = choices[int(text) - 1].value
        if text:
            answers[name] = text
    return answers
