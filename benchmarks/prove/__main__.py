"""`make prove`: checks of the templates by tools that have no place among our dependencies.

Each gets an environment of its own below build/prove, where everything is kept that is fetched. Nothing here asks AWS.
What cannot be checked on a machine is told as not run, and is no failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator

from benchmarks.prove.guard import guard
from benchmarks.prove.iam import iam
from benchmarks.prove.localstack import localstack
from benchmarks.prove.tools import BUILD, environment, run
from benchmarks.prove.verdicts import Verdict, last, tell, told, verdicts
from benchmarks.prove.wheels import wheels
from fsxap.deploy.render import Rendered
from fsxap.engine import catalog
from tests.unit.deploy.templates import rendered

ASL, CHECKOV = "asl-validator@4.0.0", "checkov==3.3.30"


def definition(made: Rendered) -> str:
    """The state machine as it is after CloudFormation has filled it in."""
    text = made.template["Resources"]["StateMachine"]["Properties"]["DefinitionString"]["Fn::Sub"]
    defaults = {name: str(about.get("Default", name)) for name, about in made.parameters.items()}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "AWS::Partition":
            return "aws"
        return f"arn:aws:lambda:eu-west-1:123456789012:function:{name[:-4]}" if "." in name else defaults.get(name, "x")

    return json.dumps(json.loads(re.sub(r"\$\{([^}]+)\}", value, text)))


def written() -> list[str]:
    """Templates and state machines of every use case below build/prove; their names."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in catalog.names():
        (BUILD / f"{name}.yaml").write_text(rendered(name).text, encoding="utf-8")
        (BUILD / f"{name}.asl.json").write_text(definition(rendered(name)), encoding="utf-8")
    return catalog.names()


def asl_validator(names: list[str]) -> Iterator[Verdict]:
    if shutil.which("npm") is None:
        yield "asl-validator", None, "npm is not installed"
        return
    tool = BUILD / "node_modules" / ".bin" / "asl-validator"
    if not tool.exists():
        code, said = run("npm", "install", "--no-audit", "--no-fund", "--prefix", BUILD, ASL)
        if code:
            yield "asl-validator", None, f"npm: {last(said)}"
            return
    for name in names:
        yield f"asl-validator {name}", *run(tool, "--json-path", f"{name}.asl.json")
    nowhere = json.loads((BUILD / f"{names[0]}.asl.json").read_text(encoding="utf-8")) | {"StartAt": "Nowhere"}
    (BUILD / "broken.asl.json").write_text(json.dumps(nowhere), encoding="utf-8")
    code, _ = run(tool, "--json-path", "broken.asl.json")
    yield from told("asl-validator refuses a start that is nowhere", [] if code else ["it does not"])


def checkov(names: list[str]) -> Iterator[Verdict]:
    python, why = environment("checkov", CHECKOV)
    if python is None:
        yield "checkov", None, why
        return
    # Without --skip-download it asks its maker's service for guidelines. Rules that do not hold are named in place.
    flags = ("--framework", "cloudformation", "--skip-download", "--compact", "--quiet")
    for name in names:
        yield f"checkov {name}", *run(python.with_name("checkov"), "-f", f"{name}.yaml", *flags)
    text = (BUILD / f"{names[0]}.yaml").read_text(encoding="utf-8")
    (BUILD / "broken.yaml").write_text(text.replace('"RestrictPublicBuckets": true', '"RestrictPublicBuckets": false'))
    code, _ = run(python.with_name("checkov"), "-f", "broken.yaml", *flags)
    yield from told("checkov refuses a public bucket", [] if code else ["it does not"])


def main() -> int:
    """Arguments: which checks, by name; without any, all."""
    checks = {check.__name__: check for check in (asl_validator, guard, iam, checkov, wheels, localstack)}
    if unknown := [name for name in sys.argv[1:] if name not in checks]:
        print(f"no check {', '.join(unknown)}; there are {', '.join(checks)}", file=sys.stderr)
        return 2
    # Of pip, npm and ourselves: nothing is kept outside the checkout.
    places = {"XDG_CACHE_HOME": "cache", "npm_config_cache": "cache/npm", "TMPDIR": "tmp"}
    os.environ |= {name: str(BUILD / place) for name, place in places.items()}
    shutil.rmtree(BUILD / "tmp", ignore_errors=True)
    (BUILD / "tmp").mkdir(parents=True)
    return tell(verdicts([checks[name] for name in sys.argv[1:] or checks], written()))


if __name__ == "__main__":
    sys.exit(main())
