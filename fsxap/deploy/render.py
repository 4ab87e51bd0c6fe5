"""Renders the template of a use case or pattern: the same input gives the same bytes, and values enter as JSON only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsxap import __version__
from fsxap.deploy import grants
from fsxap.deploy.targets import Target
from fsxap.engine import params
from fsxap.engine.lambda_handler import ENGINE, PARAM
from fsxap.engine.types import Pattern, UseCase
from fsxap.errors import ConfigurationError
from fsxap.retry import Retry

if TYPE_CHECKING:
    from jinja2 import Environment

RUNTIME = "3.13"
LONGEST = 900
"""Seconds: Lambda's own limit."""
PLENTY = 1024
"""MB for discovery and summary, which hold a page or a chunk at a time, whatever the use case's items weigh."""

ENDPOINTS = (
    ("SecretsManager", "secretsmanager", "ontap"),
    ("Athena", "athena", "athena"),
    ("Glue", "glue", "athena"),
    ("BedrockRuntime", "bedrock-runtime", "narrator"),
)
"""Interface endpoints: resource, service, and what in the context calls for it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`text` is YAML; `parameters` are the template's own, by name."""

    target: Target
    text: str
    template: Mapping[str, Any] = field(repr=False)

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.template["Parameters"]
        return found

    @property
    def body(self) -> str:
        """The template as compact JSON, which fits where its YAML, made for readers, may not."""
        # Metadata is said to readers and linters.
        resources = {
            name: {part: value for part, value in about.items() if part != "Metadata"}
            for name, about in self.template["Resources"].items()
        }
        if machine := resources.get("StateMachine"):
            definition = machine["Properties"]["DefinitionString"]["Fn::Sub"]
            lines = "".join(line.strip() for line in definition.splitlines())
            machine["Properties"] = machine["Properties"] | {"DefinitionString": {"Fn::Sub": lines}}
        return json.dumps({**self.template, "Resources": resources}, separators=(",", ":"))

    @property
    def required(self) -> list[str]:
        """Parameters without a default."""
        return [name for name, about in self.parameters.items() if "Default" not in about]


def folder() -> Path:
    """Where the templates are: in the package, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    for place in (package / "_templates", package.parent / "templates"):
        if (place / "usecase.yaml.j2").is_file():
            return place
    raise ConfigurationError("the deployment templates are missing", hint="install fsxap again")


def render(target: Target, given: Mapping[str, str], architecture: str = "arm64") -> Rendered:
    """The template of a use case or pattern whose parameters were `given` as text, each already checked."""
    import yaml

    if isinstance(target, Pattern):
        name, about = f"patterns/{target.name}.yaml.j2", pattern_context(target, given)
    else:
        name, about = "usecase.yaml.j2", context(target, given, architecture)
    text = environment(folder()).get_template(name).render(about)
    # The parser in C, where there is one, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Rendered(target, text, yaml.load(text, Loader=loader))  # noqa: S506  # both are safe


def environment(place: Path) -> Environment:
    """Jinja in which an unknown name is an error, and so is a value that did not go through `tojson`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def checked(value: Any) -> Any:
        if isinstance(value, Markup | Name):
            return value
        raise TypeError(f"a value of type {type(value).__name__} enters a template without tojson")

    made = Environment(
        loader=FileSystemLoader(place),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=checked,
        keep_trailing_newline=True,
    )
    made.filters["tojson"] = lambda value: Markup(json.dumps(value, sort_keys=True))  # noqa: S704  # JSON needs no more
    return made


class Name(str):
    """A logical id or variable name of our own making, which may stand in a template as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def pattern_context(pattern: Pattern, given: Mapping[str, str]) -> dict[str, Any]:
    """Everything the template of a pattern may name: what is its own, and what the shared parts are made with."""
    own = params.parse(pattern, [f"{name}={value}" for name, value in given.items()], {})
    return _common(pattern) | {"params": own} | dict(pattern.context(own))


def _common(target: Target) -> dict[str, Any]:
    return {
        "version": __version__,
        "name": target.name,
        "title": target.title,
        "retry": Retry().for_state_machine(),
        "sdk_retry": [Retry().for_state_machine()[0] | {"ErrorEquals": ["States.TaskFailed", "States.Timeout"]}],
        "machine": grants.arn("states:stateMachine:${AWS::StackName}"),
        # Children of a map are executions of `machine/label`.
        "executions": grants.arn("states:execution:${AWS::StackName}/*"),
    }


def context(use_case: UseCase, given: Mapping[str, str], architecture: str) -> dict[str, Any]:
    """Everything the templates may name."""
    footprint, engines = use_case.footprint, use_case.engines
    values = params.parse(use_case, [f"{name}={value}" for name, value in given.items()], {})
    sizes = {
        "discover": (PLENTY, LONGEST),
        "process": (footprint.memory, min(footprint.timeout, LONGEST)),
        "summarise": (max(PLENTY, footprint.memory), LONGEST),
    }
    about = _common(use_case) | {
        "runtime": f"python{RUNTIME}",
        "architecture": architecture,
        "source": grants.uses(use_case, "source") or grants.uses(use_case, "sink"),
        "sink": grants.uses(use_case, "sink"),
        "ontap": footprint.needs_ontap,
        "sealed": use_case.seal is not None,
        "athena": grants.by_athena(use_case),
        "narrator": "narrator" in engines,
        "phi_text": "phi_text" in engines,
        "documents": "documents" in engines,
        "farm": "farm" in engines,
        "renders": "${FarmId}" in str([grant.resources for grant in footprint.grants if grant.when(values)]),
        "timeouts": {stage: timeout for stage, (_memory, timeout) in sizes.items()},
    }
    about["functions"] = [
        {
            "id": Name(stage.capitalize()),
            "stage": stage,
            "memory": memory,
            "timeout": timeout,
            "statements": grants.statements(use_case, stage, values),
        }
        for stage, (memory, timeout) in sizes.items()
    ]
    places = (
        ("phi_text", "ComprehendMedicalRegion"),
        ("documents", "TextractRegion"),
        ("narrator", "BedrockRegion"),
    )
    about["elsewhere"] = [Name(parameter) for need, parameter in places if about[need]]
    about["endpoints"] = [
        {
            "id": Name(resource),
            "service": service,
            "condition": Name("WithModelEndpoint" if need == "narrator" else "WithInterfaceEndpoints"),
        }
        for resource, service, need in ENDPOINTS
        if about[need]
    ]
    about["environment"] = {Name(name): value for name, value in sorted(_variables(use_case, given, about).items())}
    return about


def _variables(use_case: UseCase, given: Mapping[str, str], about: Mapping[str, Any]) -> dict[str, Any]:
    """The functions' environment: settings and parameters, each named by the table of settings."""
    found: dict[str, Any] = {
        "FSXAP_STATE_BUCKET": grants.sub("s3://${StateBucket}"),
        "FSXAP_WORKERS": {"Ref": "Workers"},
        "FSXAP_BUDGET": {"Ref": "RunBudget"},
        **{f"{PARAM}{name.upper()}": value for name, value in given.items()},
    }
    if about["source"]:
        found["FSXAP_SOURCE"] = grants.sub("${SourceArn}/object/${SourcePrefix}")
    if about["sink"]:
        chosen = grants.sub("${OutputArn}/object/${OutputPrefix}")
        found["FSXAP_TO"] = {"Fn::If": ["HasOutput", chosen, grants.sub("${SourceArn}/object/${SourcePrefix}")]}
    if about["ontap"]:
        named = {"ONTAP": "OntapEndpoint", "ONTAP_USER": "OntapUser", "ONTAP_SECRET": "OntapSecretArn"}
        named |= {"ONTAP_CA": "OntapCa", "SVM": "Svm", "VOLUME": "Volume"}
        found |= {f"FSXAP_{setting}": {"Ref": parameter} for setting, parameter in named.items()}
    if about["sealed"]:
        found[f"{PARAM}KEY"] = {"Ref": "KeySecretArn"}
    if about["phi_text"]:
        found["FSXAP_COMPREHEND_MEDICAL_REGION"] = {"Ref": "ComprehendMedicalRegion"}
    if about["documents"]:
        own = {"TEXTRACT_REGION": "TextractRegion", "ACCEPT_CROSS_REGION": "AcceptCrossRegion"}
        found |= {f"{PARAM}{name}": {"Ref": parameter} for name, parameter in own.items()}
    if about["farm"]:
        found |= {f"{PARAM}FARM": {"Ref": "FarmId"}, f"{PARAM}QUEUE": {"Ref": "QueueId"}}
    if about["narrator"]:
        found |= {"FSXAP_BEDROCK_MODEL": {"Ref": "BedrockModel"}, "FSXAP_BEDROCK_REGION": {"Ref": "BedrockRegion"}}
        found[f"{ENGINE}NARRATOR"] = "aws"
    if about["elsewhere"]:
        found["FSXAP_ACCEPT_CROSS_REGION"] = {"Ref": "AcceptCrossRegion"}
    if about["athena"]:
        found |= {"FSXAP_ATHENA_DATABASE": {"Ref": "AthenaDatabase"}, "FSXAP_ATHENA_WORKGROUP": {"Ref": "SqlWorkGroup"}}
    if "sql" in use_case.engines:
        found[f"{ENGINE}SQL"] = "aws" if about["athena"] else "local"
    return found
