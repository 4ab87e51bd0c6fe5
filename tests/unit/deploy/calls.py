"""Calls that each role must be allowed, each beside a neighbour that it must not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from fsxap.engine import catalog
from tests.unit.deploy.permissions import (
    ACCOUNT,
    FARM,
    FUNCTION,
    KEY,
    MACHINE,
    MODEL,
    NAMED,
    OTHER,
    OUTPUT,
    PROFILE,
    QUEUE,
    SECRET,
    SOURCE,
    STATE,
)  # fmt: skip

STAGES = ("Discover", "Process", "Summarise")
LOGS = f"arn:aws:logs:{ACCOUNT}:log-group:"
ATHENA, GLUE = f"arn:aws:athena:{ACCOUNT}:workgroup/", f"arn:aws:glue:{ACCOUNT}:"
DEADLINE = f"arn:aws:deadline:{ACCOUNT}:farm/{FARM}/queue/{QUEUE}"
JOB, ANOTHER_QUEUE = f"{DEADLINE}/job/job-1", DEADLINE.replace(QUEUE, QUEUE.replace("1", "2"))
RENDERED = f"{LOGS}/aws/deadline/{FARM}/{QUEUE}:log-stream:session-1"
Context = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Call:
    role: str
    action: str
    resource: str
    expected: bool
    output: bool = False
    """Whether outputs have an access point of their own."""
    context: Context = ()


@dataclass(frozen=True)
class Service:
    """One stage may do `action` on `resource`, not `never` on it, nor `action` on `elsewhere`."""

    stage: str
    action: str
    resource: str
    never: str
    elsewhere: str = ""


NARRATES = (
    Service("Summarise", "bedrock:InvokeModel", PROFILE, "bedrock:CreateModelInvocationJob", f"{PROFILE}-other"),
    Service(
        "Summarise",
        "bedrock:InvokeModel",
        f"arn:aws:bedrock:eu-north-1::foundation-model/{MODEL}",
        "bedrock:DeleteCustomModel",
        "arn:aws:bedrock:eu-north-1::foundation-model/another",
    ),
)
SERVICES = {
    "healthcare-dicom": (
        Service("Process", "rekognition:DetectText", "*", "rekognition:CreateCollection"),
        Service("Process", "comprehendmedical:DetectPHI", "*", "comprehendmedical:StartPHIDetectionJob"),
    ),
    "idp": (
        Service("Process", "textract:AnalyzeDocument", "*", "textract:CreateAdapter"),
        Service("Process", "comprehend:DetectEntities", "*", "comprehend:CreateEndpoint"),
        *NARRATES,
    ),
    "legal-compliance": (
        Service(
            "Summarise", "athena:StartQueryExecution", f"{ATHENA}fsxap-test", "athena:DeleteWorkGroup", f"{ATHENA}x"
        ),
        Service(
            "Summarise", "glue:GetDatabase", f"{GLUE}database/fsxap_test", "glue:DeleteDatabase", f"{GLUE}database/x"
        ),
        Service("Summarise", "glue:CreateTable", f"{GLUE}table/fsxap_test/t", "glue:UpdateTable", f"{GLUE}table/x/t"),
        Service("Summarise", "s3:GetBucketLocation", STATE, "s3:PutBucketPolicy", "arn:aws:s3:::another-bucket"),
        Service("Summarise", "s3:ListMultipartUploadParts", f"{STATE}/athena/1", "s3:PutObjectAcl", f"{STATE}/map/1"),
        *NARRATES,
    ),
    "manufacturing-analytics": (),
    "media-vfx": (
        Service("Process", "deadline:SearchJobs", DEADLINE, "deadline:DeleteQueue", ANOTHER_QUEUE),
        *(
            Service("Process", f"deadline:{action}", JOB, "deadline:UpdateJob", place)
            for action in ("CreateJob", "GetJob", "ListSteps", "ListTasks", "GetSessionAction")
            for place in (f"{ANOTHER_QUEUE}/job/job-1", JOB.replace(FARM, FARM.replace("0", "2")))
        ),
        Service("Process", "logs:GetLogEvents", RENDERED, "logs:DeleteLogStream", RENDERED.replace(QUEUE, "queue-2")),
    ),
}
"""What the functions of each use case ask of services, besides S3."""
DELETES_IN_STATE = {"idp": ("Process", "Summarise")}


def calls(name: str) -> Iterator[Call]:
    for stage in STAGES:
        yield from _function(name, stage)
    for service in SERVICES[name]:
        yield from _service(service)
    yield from _machine(name)
    yield from _schedule()
    if not catalog.load(name).footprint.needs_ontap:
        yield from _source(name)


def _beside(role: str, action: str, good: str, bad: str) -> Iterator[Call]:
    yield Call(role, action, good, True)
    yield Call(role, action, bad, False)


def _function(name: str, stage: str) -> Iterator[Call]:
    case, role = catalog.load(name), f"{stage}Role"
    another = "arn:aws:s3:::another-bucket"
    yield from _beside(role, "s3:ListBucket", STATE, another)
    for action in ("s3:GetObject", "s3:PutObject"):
        yield from _beside(role, action, f"{STATE}/{name}/x/ledger", f"{another}/x")
    yield Call(role, "s3:DeleteObject", f"{STATE}/{name}/x/ledger", stage in DELETES_IN_STATE.get(name, ()))
    yield Call(role, "s3:DeleteObject", STATE, False)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        yield from _beside(role, action, KEY, KEY.replace("state", "another"))
    group, other = (f"{LOGS}/fsxap/fsxap-test/{each}:log-stream:1" for each in (stage.lower(), "another"))
    yield from _beside(role, "logs:PutLogEvents", group, other)
    yield Call(role, "xray:PutTraceSegments", "*", True)
    yield Call(role, "xray:GetTraceSummaries", "*", False)
    secrets = (("key", case.seal is not None), ("ontap", case.footprint.needs_ontap), ("another", False))
    for secret, expected in secrets:
        yield Call(role, "secretsmanager:GetSecretValue", f"{SECRET}{secret}-AbCdEf", expected)
        yield Call(role, "kms:Decrypt", KEY.replace("state", secret), expected)
    code = (("lambda:SourceFunctionArn", f"{FUNCTION}{stage}"),)
    yield Call(role, "ec2:CreateNetworkInterface", "*", case.footprint.needs_ontap)
    yield Call(role, "ec2:CreateNetworkInterface", "*", False, context=code)
    yield Call(role, "sns:Publish", str(NAMED["Topic"]), False)


def _service(service: Service) -> Iterator[Call]:
    for stage in STAGES:
        yield Call(f"{stage}Role", service.action, service.resource, stage == service.stage)
        yield Call(f"{stage}Role", service.never, service.resource, False)
        if service.elsewhere:
            yield Call(f"{stage}Role", service.action, service.elsewhere, False)


def _machine(name: str) -> Iterator[Call]:
    beside = partial(_beside, "StateMachineRole")
    for stage in STAGES:
        yield from beside("lambda:InvokeFunction", f"{FUNCTION}{stage}", f"{FUNCTION}another")
    manifest = f"{STATE}/{name}/x/runs/1/manifest.jsonl"
    yield from beside("s3:GetObject", manifest, f"{STATE}/another/x/runs/1/manifest.jsonl")
    yield from beside("s3:PutObject", f"{STATE}/map/1/manifest.json", manifest)
    yield from beside("kms:GenerateDataKey", KEY, KEY.replace("state", "another"))
    yield from beside("sns:Publish", str(NAMED["Topic"]), f"{NAMED['Topic']}-2")
    yield from beside("states:StartExecution", MACHINE, f"{MACHINE}-2")
    yield from beside("states:ListExecutions", MACHINE, f"{MACHINE}-2")
    child = MACHINE.replace("stateMachine", "execution") + "/ProcessAll:1"
    for action in ("states:RedriveExecution", "states:StopExecution", "states:DescribeExecution"):
        yield from beside(action, child, child.replace("fsxap-test", "another"))
    for namespace, expected in (("fsxap", True), ("AWS/States", False)):
        context = (("cloudwatch:namespace", namespace),)
        yield Call("StateMachineRole", "cloudwatch:PutMetricData", "*", expected, context=context)
    for good, bad in (("logs:CreateLogDelivery", "logs:DeleteLogGroup"), ("xray:PutTraceSegments", "xray:GetGroup")):
        yield Call("StateMachineRole", good, "*", True)
        yield Call("StateMachineRole", bad, "*", False)


def _schedule() -> Iterator[Call]:
    yield from _beside("ScheduleRole", "states:StartExecution", MACHINE, f"{MACHINE}-2")
    yield Call("ScheduleRole", "states:StopExecution", MACHINE, False)
    dead = str(NAMED["DeadLetters.Arn"])
    yield from _beside("ScheduleRole", "sqs:SendMessage", dead, f"{dead}-2")


def _source(name: str) -> Iterator[Call]:
    own_discovery = catalog.load(name).discover is not None
    inside, below = f"{SOURCE}/object/scans/_fsxap/{name}/a", f"{SOURCE}/object/scans/a"
    for output in (False, True):
        for role in ("DiscoverRole", "ProcessRole"):
            yield Call(role, "s3:ListBucket", SOURCE, True, output)
            yield Call(role, "s3:ListBucket", OTHER, False, output)
        yield Call("DiscoverRole", "s3:GetObject", below, own_discovery, output)
        yield Call("ProcessRole", "s3:GetObject", below, True, output)
        yield Call("ProcessRole", "s3:GetObject", f"{SOURCE}/object/payroll/a", False, output)
        yield Call("ProcessRole", "s3:GetObject", f"{OTHER}/object/scans/a", False, output)
        yield Call("SummariseRole", "s3:GetObject", below, False, output)
        for role in ("ProcessRole", "SummariseRole"):
            yield Call(role, "s3:PutObject", below, False, output)
            yield Call(role, "s3:PutObject", inside, not output, output)
            yield Call(role, "s3:PutObject", f"{OUTPUT}/object/a", output, output)
        yield Call("DiscoverRole", "s3:PutObject", inside, False, output)
    lists = any("s3:ListBucket" in g.actions and "sink" in g.resources for g in catalog.load(name).footprint.grants)
    for role in ("ProcessRole", "SummariseRole"):
        yield Call(role, "s3:ListBucket", OUTPUT, lists, output=True)
        yield Call(role, "s3:ListBucket", OUTPUT, False)
