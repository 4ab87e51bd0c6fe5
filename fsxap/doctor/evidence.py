"""What probes found out: facts and answers, without a judgement. Whatever was not asked is None or says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fsxap.acl.site import S3AccessPoint
from fsxap.regions import Availability


@dataclass(frozen=True, slots=True)
class Answer:
    """How one question ended. `code`, `layer` and `hint` are of the failure; `said` is what was learned or refused."""

    ok: bool
    said: str = ""
    code: str = ""
    layer: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class AwsFacts:
    """`connected` is TCP to the access point's own host, `endpoints` the S3 endpoints of an access point's VPC."""

    region: str = ""
    credentials: Answer | None = None
    caller: Answer | None = None
    attachments: Answer | None = None
    point: S3AccessPoint | None = None
    unknown: tuple[str, ...] = ()
    resolved: Answer | None = None
    connected: Answer | None = None
    endpoints: Answer | None = None
    head_bucket: Answer | None = None
    listed: Answer | None = None
    """One key asked for: the only request that shows whether the data answers."""
    key: Answer | None = None
    services: Mapping[str, Availability] = field(default_factory=dict)
    """Service name → whether the region has it."""
    model: Answer | None = None
    quotas: Mapping[str, Answer] = field(default_factory=dict)
    """Service name → what it allows at a time; a quota of nothing is a refusal."""


@dataclass(frozen=True, slots=True)
class OntapFacts:
    """`joined` is whether an SVM of the file system is in a domain, `controllers` how many of its domain controllers
    answer, None where none is listed. `release` and `role` are empty where the account may not see them. `took` is
    milliseconds of one answer, `workers` how many a scan asks for at a time."""

    endpoint: str = ""
    connected: Answer | None = None
    signed_in: Answer | None = None
    release: str = ""
    role: str = ""
    took: int | None = None
    workers: int = 1
    svms: tuple[str, ...] | None = None
    svm: str = ""
    services: Answer | None = None
    joined: bool | None = None
    domain: str = ""
    controllers: int | None = None
    native_s3: bool | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`bucket` is the alias, ARN or bucket of a source on S3; `folder` a source on this machine."""

    bucket: str = ""
    folder: str = ""
    folder_found: Answer | None = None
    settings: Answer | None = None
    state: Answer | None = None
    missing_extras: tuple[str, ...] = ()
    proxy: str = ""
    aws: AwsFacts = AwsFacts()
    ontap: OntapFacts = OntapFacts()
    explained: str = ""
    """The key whose access is to be explained."""
    by_services: bool = False
    """Whether AWS's services themselves are to read the access point."""
