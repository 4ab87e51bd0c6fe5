"""`fsxap deploy`: a use case or pattern on AWS: rendered, planned, applied, asked after, removed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import UsageError

if TYPE_CHECKING:
    from fsxap.cli.deployment import Deployment

EXAMPLES = """\
  fsxap deploy legal-compliance --render ./out --params params.yaml    # template and zip; AWS is not asked

  fsxap deploy healthcare-dicom -s my-ap-abc123-ext-s3alias --param key=arn:aws:secretsmanager:... --plan

  fsxap deploy sftp -s my-ap-abc123-ext-s3alias --users users.yaml --plan

  fsxap deploy legal-compliance --status\
"""


def target_names() -> list[str]:
    from fsxap.deploy import targets

    return targets.names()


def register(app: typer.Typer) -> None:
    command(app, "deploy", EXAMPLES, ontap=True, settings=("source", "to", "workers"))(deploy)


def deploy(
    session: Session,
    target: Annotated[
        str, typer.Argument(help="use case or pattern, for example legal-compliance", autocompletion=target_names)
    ],
    render: Annotated[
        str, option("--render", help="write template and zip here, and touch nothing", metavar="DIR")
    ] = "",
    plan: Annotated[bool, option("--plan", help="print what would change, and change nothing")] = False,
    yes: Annotated[bool, option("-y", "--yes", help="do not ask")] = False,
    stack_name: Annotated[str, option("--stack-name", help="fsxap-TARGET by default", metavar="NAME")] = "",
    param: Annotated[
        list[str] | None,
        option("-P", "--param", help="of the template (SourceArn) or the use case (files)", metavar="NAME=VALUE"),
    ] = None,
    params: Annotated[str, option("--params", help="parameters as YAML or JSON", metavar="FILE")] = "",
    users: Annotated[str, option("--users", help="of sftp: who may come in, as YAML", metavar="FILE")] = "",
    architecture: Annotated[str, option("--architecture", help="arm64 or x86_64", metavar="NAME")] = "arm64",
    status: Annotated[bool, option("--status", help="print stack, schedule and last runs")] = False,
    invoke: Annotated[bool, option("--invoke", help="start one run now, and follow it")] = False,
    destroy: Annotated[bool, option("--destroy", help="delete the stack; the access point is never touched")] = False,
) -> int:
    """Deploy a use case or pattern, with least privilege and reports. Done again, it applies what changed."""
    from fsxap.cli import deployment
    from fsxap.deploy.package import PLATFORMS

    chosen = [name for name, given in (("--render", render), ("--plan", plan), ("--status", status)) if given]
    chosen += [name for name, given in (("--invoke", invoke), ("--destroy", destroy)) if given]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} do not go together")
    if architecture not in PLATFORMS:
        raise UsageError(f"--architecture {architecture!r} is not one of {', '.join(PLATFORMS)}")
    own = [*(param or []), *([f"users={users}"] if users else [])]
    made = deployment.opened(session, target, stack_name, own, params, architecture)
    if render:
        return deployment.write(made, Path(render))
    if status:
        return deployment.tell_status(made)
    # Asked before anything is: what changes things must not be begun where nobody can agree to it.
    if not plan and not yes and not session.interactive:
        raise UsageError(
            "this changes AWS, and there is no terminal to agree on",
            hint="--plan shows what would change; --yes agrees beforehand",
        )
    if invoke:
        return deployment.invoke(made)
    if destroy:
        return deployment.destroy(made, yes=yes)
    return _change(made, plan=plan, yes=yes)


def _change(made: Deployment, *, plan: bool, yes: bool) -> int:
    from fsxap.cli import deployment

    return deployment.change(made, plan_only=plan, agreed=(lambda: True) if yes else lambda: agree(made))


def agree(made: Deployment) -> bool:
    """Asked on stderr, so that stdout holds records only."""
    print(f"Apply this to stack {made.stack.name}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
