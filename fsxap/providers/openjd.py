"""Open Job Description: a template and its parameters checked by the model library, before anything is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsxap.errors import ItemError, MissingExtra
from fsxap.rendering import FarmJob


def checked(job: FarmJob, folder: Path) -> tuple[Any, dict[str, Any]]:
    """The job as the library's value, and its parameters with their types. `folder` is where relative paths begin."""
    try:
        from openjd.model import DecodeValidationError, create_job, decode_job_template, preprocess_job_parameters
    except ImportError as error:
        raise MissingExtra("deadline", "the library for Open Job Description") from error
    try:
        template = decode_job_template(template=dict(job.template))
        values = preprocess_job_parameters(
            job_template=template,
            job_parameter_values=dict(job.parameters),
            job_template_dir=folder,
            current_working_dir=folder,
            allow_job_template_dir_walk_up=True,
        )
        return create_job(job_template=template, job_parameter_values=values), values
    except (DecodeValidationError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ItemError(
            f"the job {job.name}: {' '.join(str(error).split())[:400]}",
            code="template",
            hint="openjd check TEMPLATE says the same with the place in the file",
        ) from error


def parameter_types(template: Mapping[str, Any]) -> dict[str, str]:
    """Name to STRING, PATH, INT or FLOAT."""
    return {str(each["name"]): str(each["type"]) for each in template.get("parameterDefinitions") or ()}
