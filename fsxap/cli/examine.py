"""Gathers doctor's evidence: asks what the settings let it ask, each question once, and keeps every answer."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fsxap import regions
from fsxap.cli.session import Session
from fsxap.deploy import targets
from fsxap.doctor.evidence import Answer, AwsFacts, Evidence, OntapFacts
from fsxap.engine import locations
from fsxap.engine.types import Pattern, UseCase
from fsxap.errors import FsxapError
from fsxap.retry import Retry

if TYPE_CHECKING:
    from fsxap.providers.aws.session import Aws
    from fsxap.providers.ontap.client import OntapClient

QUICK: dict[str, Any] = {"connect_timeout": 3, "read_timeout": 10, "retries": {"total_max_attempts": 1}}
"""Of a probe: a question that takes longer has its answer."""
EXTRAS = {"sql": "duckdb"}


def ask(question: Callable[[], object], *, unless: str = "") -> Answer:
    """What came of a question; `unless` is said where it answers nothing."""
    from fsxap.providers.aws.probes import layer

    try:
        return Answer(True, str(question() or unless))
    except FsxapError as error:
        return Answer(False, error.message, error.code, layer(error), error.hint)


def gather(session: Session, case: UseCase | Pattern | None, key: str) -> Evidence:
    where = session.settings.text("source")
    place = locations.parse(where) if where else None
    found = Evidence(
        settings=Answer(True, str(session.settings.project or "no fsxap.yaml: flags, environment and defaults")),
        state=ask(lambda: _state(session)),
        missing_extras=tuple(extra for extra, module in EXTRAS.items() if importlib.util.find_spec(module) is None),
        proxy=next((name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY") if os.environ.get(name)), ""),
        explained=key,
        by_services=isinstance(case, Pattern),
    )
    if place is not None and place.kind == "folder":
        found = replace(found, folder=place.path, folder_found=ask(lambda: _folder(place.path)))
    bucket, prefix = (place.bucket, place.prefix) if place is not None and place.kind == "s3" else ("", "")
    return replace(found, bucket=bucket, aws=_aws(session, bucket, prefix, key, case), ontap=_ontap(session))


def _state(session: Session) -> str:
    """Writable, without writing: a doctor leaves nothing behind."""
    from pathlib import Path

    from fsxap.errors import ConfigurationError

    root = Path(session.state().location)
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        raise ConfigurationError(f"{there} cannot be written", code="state", hint="name another folder with --state")
    return str(root)


def _folder(path: str) -> str:
    from fsxap.errors import ConfigurationError

    try:
        with os.scandir(path) as entries:
            next(entries, None)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be listed: {error.strerror}", code="folder", hint="check the path and its permissions"
        ) from error
    return path


def _aws(session: Session, bucket: str, prefix: str, key: str, case: UseCase | Pattern | None) -> AwsFacts:
    from fsxap.engine.stores import connect_aws
    from fsxap.providers.aws import probes

    aws = connect_aws(session.settings)
    region = ask(lambda: aws.region)
    if not region.ok:
        return AwsFacts(credentials=ask(lambda: _credentials(aws)) if bucket else region)
    places = _places(session, case, aws.region)
    facts = AwsFacts(region=region.said, credentials=ask(lambda: _credentials(aws)), services=_services(aws, places))
    if facts.credentials is None or not facts.credentials.ok:
        return facts
    facts = replace(facts, caller=ask(lambda: probes.caller(aws.client("sts", **QUICK))))
    model = session.settings.text("bedrock_model")
    if model:
        home = session.settings.text("bedrock_region")
        facts = replace(facts, model=ask(lambda: probes.model(aws.client("bedrock", region=home, **QUICK), model)))
    if case is not None:
        facts = replace(facts, quotas=_quotas(aws, places, model))
    return _access_point(aws, facts, bucket, prefix, key) if bucket else facts


def _credentials(aws: Aws) -> str:
    """Through the one place that knows which profile was tried."""
    aws.client("sts", region="us-east-1", **QUICK)
    return f"profile {aws.profile}"


def _places(session: Session, case: UseCase | Pattern | None, home: str) -> dict[str, str]:
    """Service → the region it is called in."""
    read = session.settings.text
    own = session.settings.sections["params"].get(case.name, {}) if case else {}
    chosen = {
        "textract": own.get("textract_region"),
        "comprehend": own.get("textract_region"),
        "comprehendmedical": read("comprehend_medical_region"),
        "bedrock-runtime": read("bedrock_region"),
    }
    return {name: chosen.get(name) or home for name in targets.services(case)}


def _services(aws: Aws, places: Mapping[str, str]) -> dict[str, regions.Availability]:
    def known(name: str) -> regions.Availability:
        endpoint = regions.endpoint_of(name)
        here = aws.session.get_available_regions(endpoint) if endpoint else ()
        return regions.availability(name, places[name], here)

    return {name: known(name) for name in places}


def _quotas(aws: Aws, places: Mapping[str, str], model: str) -> dict[str, Answer]:
    """Those of the services that a run of this use case, or its deployed pipeline, calls at a high rate."""
    from fsxap.providers.aws import quotas

    found = {"lambda": ask(lambda: quotas.concurrency(aws.client("lambda", **QUICK)))}
    for name, wanted in quotas.wanted(places, model).items():
        client = aws.client("service-quotas", region=places.get(name, ""), **QUICK)
        found[name] = ask(partial(quotas.applied, client, wanted))
        if found[name].code == "access-denied":
            # The others would be refused as well, each after a wait of its own.
            break
    return found


def _access_point(aws: Aws, facts: AwsFacts, bucket: str, prefix: str, key: str) -> AwsFacts:
    from fsxap.providers import reach
    from fsxap.providers.aws import access_points, probes

    s3 = aws.client("s3", **QUICK)
    host: list[Any] = []
    resolved = ask(lambda: _resolved(host, probes.host_of(_regional(aws, s3), bucket)))
    connected = ask(lambda: reach.connect(*host), unless="a connection is taken") if resolved.ok else None
    found, listed = None, None
    try:
        found = access_points.read_access_points(aws.client("fsx", **QUICK), aws.client("s3control", **QUICK))
        listed = Answer(found.points is not None, f"{len(found.points or ())} access points", "access-denied", "IAM")
        if found.points is None:
            hint = "allow fsx:DescribeS3AccessPointAttachments to see lifecycle and identity"
            listed = replace(listed, said="; ".join(found.unknown) or "not listed", hint=hint)
    except FsxapError as error:
        listed = Answer(False, error.message, error.code, probes.layer(error), error.hint)
    facts = replace(
        facts,
        resolved=resolved,
        connected=connected,
        attachments=listed,
        point=probes.attached(found.points or (), bucket) if found else None,
        unknown=found.unknown if found and found.points is not None else (),
    )
    if facts.point is not None and facts.point.vpc:
        vpc = facts.point.vpc
        ec2 = ask(lambda: probes.s3_endpoints(aws.client("ec2", **QUICK), vpc, facts.region))
        facts = replace(facts, endpoints=ec2)
    if connected is None or not connected.ok:
        # Each further question would only wait for its time-out.
        refused = connected or resolved
        return replace(facts, listed=replace(refused, layer=refused.layer or "network"))
    facts = replace(
        facts,
        head_bucket=ask(lambda: probes.head_bucket(s3, bucket), unless="passes"),
        listed=ask(lambda: _listed(probes.first_key(s3, bucket, prefix), prefix)),
    )
    if key:
        facts = replace(facts, key=ask(lambda: f"{probes.first_byte(s3, bucket, prefix + key)} bytes"))
    return facts


def _regional(aws: Aws, s3: Any) -> Any:
    """A client that names hosts as requests do: presigning of its own accord would name the global one."""
    if "amazonaws." not in s3.meta.endpoint_url:
        return s3
    style = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
    return aws.client("s3", signature_version="s3v4", s3=style)


def _resolved(host: list[Any], found: tuple[str, int]) -> str:
    from fsxap.providers import reach

    host[:] = found
    return f"{found[0]} is {', '.join(reach.resolve(*found))}"


def _listed(key: str, prefix: str) -> str:
    return "the folder lists" if key else f"nothing below {prefix or 'it'}: an empty listing may be a wrong prefix"


def _ontap(session: Session) -> OntapFacts:
    """Stops at the first answer that makes the next question pointless: a refused password is never tried again."""
    where = session.settings.text("ontap")
    if not where:
        return OntapFacts()
    from fsxap.providers import reach
    from fsxap.providers.ontap import endpoint, probes

    facts = OntapFacts(endpoint=where, svm=session.settings.text("svm"))

    def connected() -> str:
        parsed = endpoint.parse(where)
        reach.connect(parsed.host, parsed.port)
        return f"{parsed} takes connections"

    facts = replace(facts, connected=ask(connected))
    if facts.connected is None or not facts.connected.ok:
        return facts
    made: list[tuple[OntapClient, str]] = []
    signed = ask(lambda: _sign_in(session, made))
    facts = replace(facts, signed_in=signed)
    if not signed.ok:
        for client, _user in made:
            client.close()
        return facts
    client, user = made[0]
    with client:
        facts = replace(facts, release=probes.release(client), role=probes.role(client, user))
        names: list[str] = []
        begun = time.perf_counter()
        if ask(lambda: names.extend(probes.svms(client))).ok:
            facts = replace(facts, svms=tuple(names), took=round((time.perf_counter() - begun) * 1000))
        return _domain(client, replace(facts, workers=int(session.settings["workers"])))


def _sign_in(session: Session, made: list[tuple[OntapClient, str]]) -> str:
    """The client, and the account it signs in as, which a secret may name."""
    from fsxap.cli.running import prompt
    from fsxap.providers.aws.errors import translated
    from fsxap.providers.ontap.client import OntapClient
    from fsxap.providers.ontap.secrets import resolve

    read = session.settings.text

    def fetch(name: str) -> str:
        from fsxap.engine.stores import connect_aws

        client = connect_aws(session.settings).client("secretsmanager", **QUICK)
        with translated(f"secret {name}"):
            return str(client.get_secret_value(SecretId=name)["SecretString"])

    login = resolve(
        read("ontap_secret"), user=read("ontap_user"), environ=os.environ, fetch_secret=fetch, prompt=prompt(session)
    )
    client = OntapClient(
        read("ontap"),
        login.user,
        login.password,
        ca_file=read("ontap_ca"),
        insecure=bool(session.settings["insecure"]),
        retry=Retry(attempts=1),
        cancel=session.cancel,
    )
    made.append((client, login.user))
    client.get("/svm/svms", {"fields": "name", "max_records": 1})
    return f"{login.user} may ask"


def _domain(client: OntapClient, facts: OntapFacts) -> OntapFacts:
    from fsxap.providers.ontap import probes

    found: list[probes.Membership] = []
    answer = ask(lambda: found.append(probes.membership(client, facts.svm)))
    facts = replace(facts, services=answer)
    if found:
        domain, working = found[0].domain, found[0].controllers
        facts = replace(facts, joined=bool(domain), domain=domain, controllers=working)
    native: list[bool | None] = [None]
    ask(lambda: native.append(probes.has_s3_server(client, facts.svm)))
    return replace(facts, native_s3=native[-1])
