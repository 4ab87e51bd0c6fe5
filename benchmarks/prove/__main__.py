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
from collections import Counter
from collections.abc import Iterator

from benchmarks.prove.guard import guard
from benchmarks.prove.iam import iam
from benchmarks.prove.localstack import localstack
from benchmarks.prove.tools import BUILD, Verdict, environment, run, told
from benchmarks.prove.wheels import wheels
from fsxap.deploy.render import Rendered, render
from fsxap.engine import catalog

ASL, CHECKOV = "asl-validator@4.0.0", "checkov==3.3.30"


def definition(rendered: Rendered) -> str:
    """The state machine as it is after CloudFormation has filled it in."""
    text = rendered.template["Resources"]["StateMachine"]["Properties"]["DefinitionString"]["Fn::Sub"]
    defaults = {name: str(about.get("Default", name)) for name, about in rendered.parameters.items()}

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
        rendered = render(catalog.load(name), {})
        (BUILD / f"{name}.yaml").write_text(rendered.text, encoding="utf-8")
        (BUILD / f"{name}.asl.json").write_text(definition(rendered), encoding="utf-8")
    return catalog.names()


def asl_validator(names: list[str]) -> Iterator[Verdict]:
    if shutil.which("npm") is None:
        yield "asl-validator", None, "npm is not installed"
        return
    tool = BUILD / "node_modules" / ".bin" / "asl-validator"
    if not tool.exists():
        code, said = run("npm", "install", "--no-audit", "--no-fund", "--prefix", BUILD, ASL)
        if code:
            yield "asl-validator", None, f"npm: {said.strip().splitlines()[-1]}"
            return
    for name in names:
        yield f"asl-validator {name}", *run(tool, "--json-path", f"{name}.asl.json")


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
    # pip, npm and our own cache of wheels.
    os.environ |= {"XDG_CACHE_HOME": str(BUILD / "cache"), "npm_config_cache": str(BUILD / "cache" / "npm")}
    checks = {check.__name__: check for check in (asl_validator, guard, iam, checkov, wheels, localstack)}
    names, tally = written(), Counter[str]()
    for chosen in sys.argv[1:] or checks:
        for what, code, said in checks[chosen](names):
            verdict = "not run" if code is None else "FAIL" if code else "pass"
            tally[verdict] += 1
            print(f"{verdict:7}  {what}{f': {said}' if code is None else ''}", flush=True)
            if code:
                print(said, file=sys.stderr)
    print(", ".join(f"{number} {verdict}" for verdict, number in tally.items()))
    return int(tally["FAIL"] > 0)


if __name__ == "__main__":
    sys.exit(main())
