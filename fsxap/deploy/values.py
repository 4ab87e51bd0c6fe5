"""Values for a template's parameters: from settings, a file and the command line, checked before anything is sent."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from fsxap import yamltext
from fsxap.deploy.package import CA, TASK
from fsxap.deploy.render import Rendered
from fsxap.deploy.targets import Target
from fsxap.engine import locations, params
from fsxap.engine.settings import Settings
from fsxap.engine.types import UseCase
from fsxap.errors import ConfigurationError, UsageError

PROFILE = re.compile(r"(?:global|apac|us-gov|us|eu|jp|au|ca)[.]")
"""What an inference profile's id has before the model's."""
STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
"""Shorter than CloudFormation allows: the state machine and the work group are named by it."""
DIRECT = {
    "ontap_user": "OntapUser",
    "svm": "Svm",
    "volume": "Volume",
    "workers": "Workers",
    "bedrock_region": "BedrockRegion",
    "comprehend_medical_region": "ComprehendMedicalRegion",
    "accept_cross_region": "AcceptCrossRegion",
    "budget": "RunBudget",
}
"""Setting → parameter, taken over as it is."""

THE_STACKS = {
    "textract_region": "TextractRegion",
    "accept_cross_region": "AcceptCrossRegion",
    "farm": "FarmId",
    "queue": "QueueId",
}
"""Parameters of use cases that the stack has: rules of the template ask about them, or its roles are bound to them."""

Resolve = Callable[[str], str]
"""From an access point's alias to its ARN."""


def unresolved(alias: str) -> str:
    """Where no AWS is asked."""
    raise UsageError(
        f"{alias} is an alias, and policies name an access point by its ARN",
        hint="aws fsx describe-s3-access-point-attachments shows it: arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME",
    )


def stack_name(target: Target, chosen: str) -> str:
    name = chosen or f"fsxap-{target.name}"
    if not STACK.fullmatch(name):
        raise UsageError(
            f"--stack-name {name!r} cannot be used", hint="letters, digits and hyphens, at most 60, a letter first"
        )
    return name


def read_pairs(given: Iterable[str], file: str = "") -> dict[str, str]:
    """NAME=VALUE from the command line over those of a file."""
    found = _read_file(file) if file else {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--param takes NAME=VALUE, not {pair!r}")
        found[name.strip()] = value
    return found


def _read_file(name: str) -> dict[str, str]:
    """A mapping in YAML or JSON, or the list that the AWS CLI takes."""
    try:
        content = yamltext.plain(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read parameters from {name}: {' '.join(str(error).split())}") from error
    if isinstance(content, list) and all(isinstance(row, dict) and "ParameterKey" in row for row in content):
        content = {row["ParameterKey"]: row.get("ParameterValue", "") for row in content}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{name} does not hold parameters as NAME: VALUE")
    return {str(name): _text(value) for name, value in content.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(_text(part) for part in value)
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def split(target: Target, pairs: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Parameters of the template (`SourceArn`) and of the target (`files`), the latter checked as run-uc does."""
    stack = {name: value for name, value in pairs.items() if name[:1].isupper()}
    own = {name.replace("-", "_"): value for name, value in pairs.items() if not name[:1].isupper()}
    typed = params.parse(target, [f"{name}={value}" for name, value in own.items()], {})
    if isinstance(target, UseCase) and target.seal is not None and "key" in own:
        stack.setdefault("KeySecretArn", own.pop("key"))
    for name in THE_STACKS.keys() & own.keys():
        del own[name]
        stack.setdefault(THE_STACKS[name], _text(typed[name]))
    return stack, own


def from_settings(settings: Settings, resolve: Resolve) -> dict[str, str]:
    """What the settings say that a template has parameters for."""
    found = {
        parameter: _text(settings[name])
        for name, parameter in DIRECT.items()
        if settings.origins[name] != "default" and settings[name] not in (None, "")
    }
    for name, label in (("source", "Source"), ("to", "Output")):
        if text := settings.text(name):
            found |= _place(label, text, resolve)
    if host := settings.text("ontap"):
        found["OntapEndpoint"] = re.sub(r"^https?://", "", host).rstrip("/")
    if secret := settings.text("ontap_secret"):
        found["OntapSecretArn"] = secret
    if settings.text("ontap_ca"):
        found["OntapCa"] = f"{TASK}/{CA}"
    if model := settings.text("bedrock_model"):
        found["BedrockModel"] = model
    return found


def _place(label: str, text: str, resolve: Resolve) -> dict[str, str]:
    place = locations.parse(text)
    if place.kind == "folder":
        raise UsageError(
            f"{text} is a folder of this machine, which a deployed pipeline cannot reach",
            hint="name an access point: -s s3://ALIAS/prefix or its ARN",
        )
    arn = place.bucket if place.bucket.startswith("arn:") else resolve(place.bucket)
    found = {f"{label}Arn": arn, f"{label}Prefix": place.prefix}
    return found if arn == place.bucket else found | {f"{label}Alias": place.bucket}


def settle(rendered: Rendered, stack: str, *sources: Mapping[str, str], known: Iterable[str] = ()) -> dict[str, str]:
    """One value for each parameter that was given one, later sources first in rank; UsageError tells all that is wrong.

    Settings that this template has no parameter for are left out; a name on the command line must be one. `known`
    are parameters an existing stack has values for.
    """
    has = set(known)
    merged: dict[str, str] = {}
    if "AthenaDatabase" in rendered.parameters and "AthenaDatabase" not in has:
        merged["AthenaDatabase"] = re.sub(r"[^a-z0-9]+", "_", stack.lower())
    for source in sources:
        merged |= source
    if model := merged.get("BedrockModel"):
        merged.setdefault("BedrockFoundationModel", model[found.end() :] if (found := PROFILE.match(model)) else model)
    chosen = {name: value for name, value in merged.items() if name in rendered.parameters}
    for name in sources[-1] if sources else ():
        if name not in rendered.parameters:
            close = difflib.get_close_matches(name, rendered.parameters, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(rendered.parameters))}"
            raise UsageError(f"the template of {rendered.target.name} has no parameter {name!r}", hint=hint)
    problems = [problem for name, value in chosen.items() if (problem := _unfit(rendered.parameters[name], value))]
    if problems:
        name = next(name for name, value in chosen.items() if _unfit(rendered.parameters[name], value))
        raise UsageError(
            f"parameter {name}={chosen[name]!r} {problems[0]}", hint=rendered.parameters[name]["Description"]
        )
    lacking = [name for name in rendered.required if name not in chosen and name not in has]
    if lacking:
        told = "; ".join(f"{name}: {rendered.parameters[name]['Description']}" for name in lacking)
        raise UsageError(f"parameters without a value: {', '.join(lacking)}", hint=f"--param NAME=VALUE. {told}")
    return dict(sorted(chosen.items()))


def _unfit(about: Mapping[str, Any], value: str) -> str:
    """Why CloudFormation would refuse the value; it says so only after everything else has been sent."""
    if "AllowedValues" in about and value not in [str(each) for each in about["AllowedValues"]]:
        return f"is none of {', '.join(str(each) for each in about['AllowedValues'])}"
    if "AllowedPattern" in about and not re.search(about["AllowedPattern"], value):
        return "does not have the right form"
    if about["Type"] == "Number":
        if not re.fullmatch(r"-?[0-9]+(?:[.][0-9]+)?", value):
            return "is not a number"
        if not about.get("MinValue", float("-inf")) <= float(value) <= about.get("MaxValue", float("inf")):
            return f"is not between {about.get('MinValue')} and {about.get('MaxValue')}"
    return ""
