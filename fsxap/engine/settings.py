"""Every setting in one table, and where each value came from.

Order: flag, environment, the nearest fsxap.yaml upward (or --config), the user's file, default. Secrets are never
settings: `ontap_secret` is a reference.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fsxap import yamltext
from fsxap.engine.state import own
from fsxap.errors import ConfigurationError
from fsxap.model import Record

FILE = "fsxap.yaml"


@dataclass(frozen=True, slots=True)
class Setting:
    """`env` are the variables read, first found first; FSXAP_<NAME> is always the first of them."""

    name: str
    help: str
    default: Any = None
    kind: type = str
    aws: tuple[str, ...] = ()

    @property
    def env(self) -> tuple[str, ...]:
        return (f"FSXAP_{self.name.upper()}", *self.aws)

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


TABLE: tuple[Setting, ...] = (
    Setting("profile", "AWS profile", aws=("AWS_PROFILE",)),
    Setting("region", "AWS region", aws=("AWS_REGION", "AWS_DEFAULT_REGION")),
    Setting("endpoint_url", "URL that replaces every AWS endpoint", aws=("AWS_ENDPOINT_URL",)),
    Setting("state", "folder that remembers runs"),
    Setting("source", "where the files are: folder, s3:// URL, access point alias or ARN"),
    Setting("to", "where outputs go"),
    Setting("engines", "local or aws; default follows the source"),
    Setting("workers", "items processed at a time", 8, int),
    Setting("item_seconds", "seconds that one item may take, time it waits for render farms aside", 3600, int),
    Setting("memory", "MB that a run may use; 0 is three quarters of what the machine has", 0, int),
    Setting("ontap", "ONTAP management endpoint, host or URL"),
    Setting("ontap_user", "ONTAP account; a read-only one is right for audits", "fsxadmin-readonly"),
    Setting("ontap_secret", "where its password is: Secrets Manager name or ARN, env:NAME or file:PATH"),
    Setting("ontap_ca", "CA certificate file of the ONTAP endpoint"),
    Setting("insecure", "do not verify the ONTAP certificate", False, bool),
    Setting("svm", "storage virtual machine"),
    Setting("volume", "volumes to audit, comma-separated, or *"),
    Setting("state_bucket", "standard bucket for state and Athena, as s3://bucket/prefix"),
    Setting("athena_database", "Glue database for SQL on AWS", "fsxap"),
    Setting("athena_workgroup", "Athena workgroup", "primary"),
    Setting("bedrock_model", "Bedrock model or inference profile for narratives; without one the template writes them"),
    Setting("bedrock_region", "region of the model when it is not the region of the data"),
    Setting("comprehend_medical_region", "region of Comprehend Medical when it is not the region of the data"),
    Setting("accept_cross_region", "document text may be sent to another region", False, bool),
    Setting("llm_url", "OpenAI-compatible endpoint for narratives instead of the template"),
    Setting("llm_model", "model name at llm_url"),
    Setting("llm_key_env", "environment variable that holds the key for llm_url"),
    Setting("budget", "USD that a run may spend on services; it stops before spending more"),
    Setting("topic", "SNS topic ARN told when a run ends"),
)
BY_NAME = {setting.name: setting for setting in TABLE}
SECTIONS = ("params", "engine")
"""Mappings a settings file may hold besides settings: parameters per use case, engine per capability."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved values with their origins; `project` is the fsxap.yaml found."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    project: Path | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def text(self, name: str) -> str:
        return self.values[name] or ""

    def records(self) -> Iterator[Record]:
        for setting in TABLE:
            yield {
                "type": "setting",
                "name": setting.name,
                "value": self.values[setting.name],
                "origin": self.origins[setting.name],
            }

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Environment and defaults only: Lambda's settings."""
        return resolve({}, environ, [])


def load(flags: Mapping[str, Any], environ: Mapping[str, str], here: Path, config: str = "") -> Settings:
    """Resolve with the files of this machine."""
    found = None if config else _nearest(here)
    # It may send a password to an endpoint of its choice.
    project = Path(config) if config else found and own(found, "--config FILE takes it all the same")
    user = user_folder(environ)
    files = [project] if project is not None else []
    if user is not None and (user / "config.yaml").is_file():
        files.append(user / "config.yaml")
    return resolve(flags, environ, [(str(path), read_file(path)) for path in files], project)


def resolve(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    files: list[tuple[str, Mapping[str, Any]]],
    project: Path | None = None,
) -> Settings:
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in TABLE:
        origin, value = _find(setting, flags, environ, files)
        values[setting.name] = _convert(setting, value, origin)
        origins[setting.name] = origin
    sections = {name: _section(name, files) for name in SECTIONS}
    return Settings(values, origins, sections, project)


def _find(
    setting: Setting, flags: Mapping[str, Any], environ: Mapping[str, str], files: list[tuple[str, Mapping[str, Any]]]
) -> tuple[str, Any]:
    if flags.get(setting.name) not in (None, []):
        return setting.flag, flags[setting.name]
    for variable in setting.env:
        if environ.get(variable):
            return variable, environ[variable]
    for path, content in files:
        if content.get(setting.name) is not None:
            return path, content[setting.name]
    return "default", setting.default


def _convert(setting: Setting, value: Any, origin: str) -> Any:
    if value is None or isinstance(value, setting.kind):
        return value
    text = str(value).strip()
    if setting.kind is bool and text.lower() in ("1", "true", "yes", "0", "false", "no"):
        return text.lower() in ("1", "true", "yes")
    if setting.kind is int and text.isdigit():
        return int(text)
    if setting.kind is str and not isinstance(value, list | dict):
        return text
    if setting.kind is str and isinstance(value, list):
        return ",".join(str(part) for part in value)
    raise ConfigurationError(f"{setting.name} from {origin} is not a {setting.kind.__name__}: {text!r}")


def _section(name: str, files: list[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for _path, content in reversed(files):
        merged |= content.get(name) or {}
    return merged


def read_file(path: Path) -> dict[str, Any]:
    """A settings file, keys normalised; unknown keys are errors with a suggestion."""
    try:
        content = yamltext.plain(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"cannot read settings from {path}: {reason}", code="bad-settings") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} does not hold settings as `name: value`", code="bad-settings")
    found = {str(key).replace("-", "_"): value for key, value in content.items()}
    for name, value in found.items():
        _check(path, name, value)
    return found


def _check(path: Path, name: str, value: Any) -> None:
    if name in SECTIONS:
        if value is not None and not isinstance(value, dict):
            raise ConfigurationError(f"{name} in {path} must be a mapping", code="bad-settings")
    elif name not in BY_NAME:
        close = difflib.get_close_matches(name, [*BY_NAME, *SECTIONS], 1)
        hint = f"did you mean {close[0]}?" if close else "fsxap discover --show-settings lists them"
        raise ConfigurationError(f"unknown setting {name!r} in {path}", code="bad-settings", hint=hint)


def _nearest(here: Path) -> Path | None:
    return next((folder / FILE for folder in (here, *here.parents) if (folder / FILE).is_file()), None)


def user_folder(environ: Mapping[str, str]) -> Path | None:
    """Where this user's settings and refreshed prices are; None without a home folder."""
    base = environ.get("XDG_CONFIG_HOME")
    if base:
        return Path(base) / "fsxap"
    home = environ.get("HOME")
    if not home:
        return None
    return Path(home) / ("Library/Application Support" if sys.platform == "darwin" else ".config") / "fsxap"


def from_process(flags: Mapping[str, Any], config: str = "") -> Settings:
    return load(flags, os.environ, Path.cwd(), config or os.environ.get("FSXAP_CONFIG", ""))
