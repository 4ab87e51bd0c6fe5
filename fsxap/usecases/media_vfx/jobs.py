"""Render jobs: which template, with which parameters, for which frames."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from fsxap import yamltext
from fsxap.errors import ConfigurationError
from fsxap.model import digest, dumps
from fsxap.rendering import FarmJob

BUNDLED = ("blender", "cinema4d", "command", "houdini", "maya", "nuke", "sample", "usd")
LARGEST = 300_000
"""Characters that CreateJob takes of a template."""

SCENE = ("scenefile", "scene", "hipfile", "nukescriptfile", "inputfile", "projectfile", "usdfile")
FRAMES = ("frames", "framerange", "framelist")
FOLDER = ("outputdir", "outputdirectory", "outputfolder", "outputpath")
PATTERN = ("outputpattern", "outputfile", "outputfilename", "outputname", "output")


def job_template(name: str) -> dict[str, Any]:
    """Empty for nothing. Its content, not its name, is what work depends on."""
    return load(name) if name else {}


def load(name: str) -> dict[str, Any]:
    """A bundled template by its name, or the user's own by its path, as plain values."""
    try:
        text = (
            files(__package__).joinpath("data", "openjd", f"{name}.yaml").read_text(encoding="utf-8")
            if name in BUNDLED
            else Path(name).read_text(encoding="utf-8")
        )
        found = yamltext.plain(text) if len(text) <= LARGEST else None
    except OSError as error:
        raise _wrong(name, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _wrong(name, "is neither YAML nor JSON") from error
    if not isinstance(found, dict) or found.get("specificationVersion") != "jobtemplate-2023-09":
        raise _wrong(name, "is no job template of the version jobtemplate-2023-09")
    return found


def _wrong(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the template {name} {why}", code="template", exit=2, hint=f"a file, or one of {', '.join(BUNDLED)}"
    )


def parameters(template: Mapping[str, Any], *, scene: str, frames: str, output: str) -> dict[str, str]:
    """Values for those parameters whose names say what they are for; the others keep their defaults.

    `output` is a path with # for digits. Where a template takes the folder by itself, its pattern is the name without
    the suffix, as in Deadline Cloud's samples.
    """
    definitions = {str(each["name"]): each for each in template.get("parameterDefinitions") or ()}
    roles = {name: name.lower().replace("_", "") for name in definitions}
    folder, name = posixpath.split(output)
    apart = any(role in FOLDER for role in roles.values())
    found: dict[str, str] = {}
    for parameter, role in roles.items():
        if scene and (role in SCENE or role.endswith("scenefile")):
            found[parameter] = scene
        elif frames and role in FRAMES:
            found[parameter] = frames
        elif output and role in FOLDER:
            found[parameter] = folder
        elif output and role in PATTERN:
            found[parameter] = posixpath.splitext(name)[0] if apart else output
    if frames and not any(role in FRAMES for role in roles.values()):
        raise ConfigurationError(
            f"the template {template.get('name', '')} has no parameter for frames",
            code="template",
            exit=2,
            hint=f"name it {FRAMES[0].capitalize()} and use it as the range of a task parameter",
        )
    return found


def job(
    template: Mapping[str, Any], values: Mapping[str, str], *, name: str, version: str, writes: str, attempt: int = 1
) -> FarmJob:
    """`version` is that of what is rendered: once it has changed, the same frames are another job."""
    token = digest(dumps(dict(template)), sorted(values.items()), version, attempt)
    return FarmJob(name, template, dict(values), token, writes)


def bundle(template: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, bytes]:
    """The two files of a job bundle, as `deadline bundle submit` and `openjd run` take them."""
    given = {"parameterValues": [{"name": name, "value": value} for name, value in values.items()]}
    return {
        "render-again/template.json": dumps(dict(template)).encode() + b"\n",
        "render-again/parameter_values.json": dumps(given).encode() + b"\n",
    }


def frames_of(tasks: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
    """The frames of tasks, by whichever of their parameters says frame."""
    found = set()
    for task in tasks:
        for name, value in task.items():
            if "frame" in name.lower() and value.lstrip("-").isdigit():
                found.add(int(value))
    return tuple(sorted(found))
