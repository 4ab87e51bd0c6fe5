"""`make prove`: checks of the templates by tools that have no place among our dependencies.

Each gets an environment of its own below build/prove: asl-validator by npm, checkov and LocalStack by pip. Nothing here
asks AWS.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.prove.localstack import localstack
from fsxap.deploy.render import Rendered, render
from fsxap.engine import catalog

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "prove"
ASL, CHECKOV = "asl-validator@4.0.0", "checkov==3.3.30"
SKIPPED = {
    "CKV_AWS_18": "access logs of the state bucket need a second bucket, whose log is nobody's; CloudTrail has them",
    "CKV_AWS_27": "the queue is encrypted with SQS's own key, which the rule does not know",
    "CKV_AWS_115": "concurrency is bounded by the state machine; reserving it would take it from the account",
    "CKV_AWS_116": "functions are invoked synchronously, where a dead-letter queue receives nothing",
    "CKV_AWS_117": "a function is in a VPC only where it calls ONTAP",
    "CKV_AWS_173": "the environment holds names and ARNs; secrets are read by ARN",
    "CKV_AWS_111": "the actions that are allowed on * support no resources (tests/unit/deploy/test_roles.py)",
}
"""Rules of checkov that do not hold here, each with its reason."""


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


def run(*command: str | Path, where: Path = BUILD) -> tuple[int, str]:
    done = subprocess.run([str(part) for part in command], cwd=where, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def asl_validator(names: list[str]) -> Iterator[tuple[str, int, str]]:
    if shutil.which("npm") is None:
        yield "asl-validator", 1, "npm is not installed"
        return
    tool = BUILD / "node_modules" / ".bin" / "asl-validator"
    if not tool.exists():
        code, said = run("npm", "install", "--no-audit", "--no-fund", "--prefix", BUILD, ASL)
        if code:
            yield "asl-validator", code, said
            return
    for name in names:
        yield f"asl-validator {name}", *run(tool, "--json-path", f"{name}.asl.json")


def checkov(names: list[str]) -> Iterator[tuple[str, int, str]]:
    folder = BUILD / "checkov"
    tool = folder / "bin" / "checkov"
    if not tool.exists():
        venv.create(folder, with_pip=True)
        code, said = run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", CHECKOV)
        if code:
            yield "checkov", code, said
            return
    for name in names:
        # Without --skip-download it asks its maker's service for guidelines.
        flags = ("--framework", "cloudformation", "--skip-download", "--compact", "--quiet")
        flags += ("--skip-check", ",".join(SKIPPED))
        yield f"checkov {name}", *run(tool, "-f", f"{name}.yaml", *flags)


def main() -> int:
    worst = 0
    names = written()
    for check in (asl_validator, checkov, localstack):
        for what, code, said in check(names):
            print(f"{'pass' if code == 0 else 'FAIL'}  {what}", flush=True)
            if code:
                worst = 1
                print(said, file=sys.stderr)
    return worst


if __name__ == "__main__":
    sys.exit(main())
