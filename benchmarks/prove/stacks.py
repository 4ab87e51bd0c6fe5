"""Stacks made, changed, refused and deleted by our own code against LocalStack's community engine, without Docker.

It runs from a pinned environment of its own in a network namespace where nothing but loopback exists: it would
listen on every address. Its CloudFormation is an emulation (IAM is not enforced, schedules do not fire), and the
functions are made but never invoked: nothing here can start them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fsxap.deploy import code, executions, package, stack
from fsxap.deploy.render import Rendered, render
from fsxap.engine import catalog
from fsxap.errors import FsxapError, ServiceError

ACCOUNT, REGION, BUCKET = "000000000000", "eu-west-1", "code-bucket"
URL = "http://127.0.0.1:4566"
PINS = """\
cbor2==5.8.0
pyopenssl==25.3.0
cryptography==46.0.5
localstack-twisted==25.5.0
moto-ext==5.1.25
werkzeug==3.1.6
antlr4-python3-runtime==4.13.2
service-identity==24.2.0
plux==1.14.0
rolo==0.8.1
psutil==7.0.0
"""
"""What localstack-core left open has moved on without it."""
PACKAGES = ("localstack-core[runtime]==4.9.2", "service-identity", "boto3==1.42.54", "botocore==1.42.54")
NOT_MADE = {"AWS::CloudWatch::Dashboard", "AWS::EC2::SecurityGroupEgress", "AWS::Glue::Database"}
NOT_MADE |= {"AWS::Athena::WorkGroup", "AWS::SNS::TopicPolicy"}
"""Kinds of resources that this engine only pretends to make."""


def values(rendered: Rendered) -> dict[str, str]:
    """For every parameter without a default, and with all that is optional."""
    arn = f"arn:aws:%s:{REGION}:{ACCOUNT}:%s"
    known = {
        "CodeBucket": BUCKET,
        "SourceArn": arn % ("s3", "accesspoint/records"),
        "OntapEndpoint": "10.0.0.5",
        "OntapSecretArn": arn % ("secretsmanager", "secret:ontap-AbCdEf"),
        "KeySecretArn": arn % ("secretsmanager", "secret:key-AbCdEf"),
        "Svm": "svm1",
        "OntapCidr": "10.0.0.0/24",
        "S3PrefixListId": "pl-0123456789abcdef0",
        "AlarmProfile": "REALTIME",
        "EnableInterfaceEndpoints": "true",
        "EnableDashboard": "true",
        "EnableTracing": "true",
        "NotificationEmail": "ops@example.com",
    }
    return {name: value for name, value in known.items() if name in rendered.parameters}


def network(client: Any) -> dict[str, str]:
    """A VPC with subnets, for the use case that calls ONTAP."""
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    blocks = ("10.0.1.0/24", "10.0.2.0/24")
    subnets = [client.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"] for block in blocks]
    routes = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return {"VpcId": vpc, "SubnetIds": ",".join(subnets), "RouteTableIds": routes}


def prove(name: str, zips: Path, client: Any) -> Iterator[str]:
    """What went wrong with the stack of a use case, from its creation to its end."""
    case = catalog.load(name)
    rendered, zipped = render(case, {}, "x86_64"), package.build(case, zips, architecture="x86_64")
    code.upload(client("s3"), BUCKET, zipped, ACCOUNT)
    given = values(rendered) | (network(client("ec2")) if case.footprint.needs_ontap else {})
    given["CodeKey"] = zipped.key
    made = stack.Stack(client("cloudformation"), f"prove-{name}")

    def quiet(_event: object) -> None: ...

    # The engine leaves this kind of list a string.
    body = rendered.body.replace('"List<AWS::EC2::Subnet::Id>"', '"CommaDelimitedList"')

    def planned(**more: str) -> stack.Plan:
        return stack.plan(made, body, given | more, [], {"fsxap:target": name})

    about = stack.apply(planned(), quiet)
    if stack.state_of(about) != "CREATE_COMPLETE":
        yield f"made, it is {stack.state_of(about)}"
    for row in made.client.describe_stack_resources(StackName=made.name)["StackResources"]:
        if row.get("PhysicalResourceId") in (None, "unknown") and row["ResourceType"] not in NOT_MADE:
            yield f"{row['LogicalResourceId']} ({row['ResourceType']}) was not made"
    if planned().id:
        yield "the same again is a change"
    outputs = stack.outputs(about)
    schedule = executions.schedule(client("scheduler"), outputs["ScheduleName"])
    if (schedule["expression"], schedule["state"]) != ("rate(1 day)", "ENABLED"):
        yield f"the schedule is {schedule}"
    update = planned(BatchSize="50")
    if "StateMachine" not in {row["name"] for row in update.changes if row["action"] == "update"}:
        yield f"another size of batches changes {sorted(row['name'] for row in update.changes)}"
    stack.apply(update, quiet)
    machine = client("stepfunctions").describe_state_machine(stateMachineArn=outputs["StateMachineArn"])
    batches = json.loads(machine["definition"])["States"]["ProcessAll"]["ItemBatcher"]["MaxItemsPerBatch"]
    if batches != 50 or "${" in machine["definition"]:
        yield f"the state machine makes batches of {batches}, or has names that were not filled in"
    stack.delete(made, quiet)
    if made.describe() is not None:
        yield "deleted, it is still there"


def refused(client: Any) -> Iterator[str]:
    """The red twin: a zip that is not there is told of as the reason, and everything is taken back."""
    rendered = render(catalog.load("healthcare-dicom"), {}, "x86_64")
    made = stack.Stack(client("cloudformation"), "prove-refused")
    given = values(rendered) | {"CodeKey": "fsxap/not-there.zip"}
    try:
        stack.apply(stack.plan(made, rendered.body, given, [], {}), lambda _event: None)
    except ServiceError as error:
        if "Function" not in error.message:
            yield f"the reason is not told: {error.message}"
        if stack.state_of(made.describe()) != "ROLLBACK_COMPLETE":
            yield f"it is {stack.state_of(made.describe())}"
    else:
        yield "a stack without code was made"


@contextmanager
def running(python: Path, folder: Path) -> Iterator[Any]:
    """LocalStack on loopback; gives what makes clients of it."""
    import boto3

    environ = {**os.environ, "GATEWAY_LISTEN": "127.0.0.1:4566", "DISABLE_EVENTS": "1", "DNS_ADDRESS": "0"}
    environ |= {"SKIP_SSL_CERT_DOWNLOAD": "1", "EAGER_SERVICE_LOADING": "0", "FILESYSTEM_ROOT": str(folder / "files")}
    starter = Path(__file__).with_name("start_localstack.py")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([python, starter], env=environ, stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{URL}/_localstack/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if server.poll() is not None:
                    raise SystemExit(f"LocalStack ended; see {folder / 'log'}") from None
                time.sleep(0.5)
        session = boto3.Session("test", "test", region_name=REGION)
        yield lambda service: session.client(service, endpoint_url=URL)
    finally:
        server.terminate()
        server.wait(30)


def main() -> int:
    """Inside the namespace. Arguments: the environment's Python and a folder for zips and files."""
    python, folder = Path(sys.argv[1]), Path(sys.argv[2])
    worst = 0
    with running(python, folder) as client:
        code.ensure_bucket(client("s3"), BUCKET, ACCOUNT, REGION)
        checks = {name: prove(name, folder, client) for name in sys.argv[3:]} | {"refused": refused(client)}
        for name, problems in checks.items():
            try:
                found = list(problems)
            except FsxapError as error:
                found = [error.message]
            worst = worst or int(bool(found))
            print(f"{'FAIL' if found else 'pass'}  localstack {name}", *found, sep="\n      ", flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
