"""Runs of a deployed stack: rows equal the command line's, what dies is counted exactly and is all that is done again.

Each green end has its red twin: more deaths than are tolerated, a permission that lacks, a function that dies.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.prove.places import BUCKET
from benchmarks.prove.stacks import Deployed
from fsxap.engine.sealed import Seal
from tests.usecases.drivers import rows

BATCH, FEW, MANY = 2, 20, 200
"""Items of a batch, and of two runs. With MANY, one batch that dies is one percent."""
MINUTES = 5
"""To wait for what must come, on a machine that has much else to do."""


def state(stack: Deployed) -> Path:
    """The state bucket, as a folder."""
    s3, bucket = stack.world.client("s3"), stack.output("StateBucketName")
    folder = stack.world.build / "run" / "state" / stack.name
    shutil.rmtree(folder, ignore_errors=True)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for row in page.get("Contents", ()):
            copy = folder / row["Key"]
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(s3.get_object(Bucket=bucket, Key=row["Key"])["Body"].read())
    return folder


def run(stack: Deployed) -> dict[str, Any]:
    """One run by --invoke: its record, with the exit code."""
    done = stack("--invoke", "--yes")
    found = done.of("execution")
    return {"code": done.code, "said": done.err[-800:], **(found[0] if found else {"status": "NONE"})}


def covered(about: dict[str, Any]) -> dict[str, int]:
    """Counts that are not zero; what failed and what is missing are `lost` alike."""
    found = dict(about.get("coverage", {}))
    found["lost"] = found.pop("failed", 0) + found.pop("missing", 0)
    return {name: number for name, number in found.items() if number}


def equal(stack: Deployed, seal: Seal | None, ours: dict[str, str], *flags: str, but: str = "") -> Iterator[str]:
    """A run of the stack and one of the command line on the same data. `but` is a key that must differ."""
    about = run(stack)
    if about["status"] != "SUCCEEDED":
        yield f"the run is {about}"
        return
    here = stack.world.fsxap("run-uc", stack.case, *flags, "--output", "jsonl", **ours)
    deployed, local = rows(state(stack), seal), rows(stack.world.program.here / "state", seal)
    if but and deployed.pop(but) == local.pop(but):
        yield f"{but} has the same row although the zip lacks what looks into it"
    if deployed != local or not deployed:
        differ = sorted(key for key in deployed.keys() | local.keys() if deployed.get(key) != local.get(key))
        yield f"{len(differ)} of {len(local)} rows differ: {differ[:3]} {here.err[-500:]}"
    if not but and (about["coverage"], about["findings"]) != (here.summary["coverage"], here.summary["findings"]):
        yield f"{about['coverage']} {about['findings']} deployed, {here.summary} here"
    shutil.rmtree(stack.world.program.here / "state")


def some_die(stack: Deployed, seal: Seal, there: int) -> Iterator[str]:
    """One batch in a hundred is killed; a second run does its items and nothing else."""
    fill(stack, "many", MANY)
    stack.world.deaths(37)
    first = run(stack)
    wanted = {"seen": there + MANY, "unchanged": there, "skipped": MANY - BATCH, "lost": BATCH}
    if (first["status"], first["code"], covered(first)) != ("SUCCEEDED", 1, wanted):
        yield f"with one batch dead the run is {first}"
    (failed,) = [row for path in state(stack).glob("map/*/FAILED_0.json") for row in json.loads(path.read_bytes())]
    if (failed["Error"], len(json.loads(failed["Input"])["Items"])) != ("Runtime.ExitError", BATCH):
        yield f"below map/ what died is {failed}"
    before = results(stack, seal)
    stack.world.deaths()
    second = run(stack)
    wanted = {"seen": there + MANY, "unchanged": there + MANY - BATCH, "skipped": BATCH}
    if (second["code"], covered(second)) != (0, wanted):
        yield f"the next run is {second}"
    if results(stack, seal) - before != BATCH:
        yield f"the next run did {results(stack, seal) - before} items"


def too_many_die(stack: Deployed, seal: Seal, there: int) -> Iterator[str]:
    """FAILED, and told of; then redriven, which does what was left and nothing twice."""
    fill(stack, "few", FEW)
    queue, before = inbox(stack), results(stack, seal)
    stack.world.deaths(2, 3)
    failed = run(stack)
    error = "States.ExceedToleratedFailureThreshold"
    if (failed["status"], failed.get("error"), failed["code"]) != ("FAILED", error, 1):
        yield f"with two batches of ten dead the run is {failed}"
        return
    yield from told(stack, queue, f"fsxap run FAILED: {failed['execution']}")
    stack.world.deaths()
    after = redriven(stack, failed["execution"])
    wanted = {"seen": there + FEW, "unchanged": there, "skipped": FEW}
    if (after["status"], after["redriveCount"]) != ("SUCCEEDED", 1) or covered(json.loads(after["output"])) != wanted:
        yield f"redriven, it is {after}"
    if results(stack, seal) - before != FEW:
        yield f"{results(stack, seal) - before} items were done, of {FEW}"
    yield from told(stack, queue, '"seen"')
    status = stack("--status").of("execution")[0]
    if (status["execution"], status["status"], covered(status)) != (failed["execution"], "SUCCEEDED", wanted):
        yield f"--status says {status}"
    again = run(stack)
    if (again["code"], covered(again)) != (0, {"seen": there + FEW, "unchanged": there + FEW}):
        yield f"the run after it is {again}"


def without_permission(stack: Deployed, role: str, action: str, error: str) -> Iterator[str]:
    """What a role may not do fails the run; with the permission back, the next one succeeds."""
    fill(stack, role, 1)
    iam, name = stack.world.client("iam"), stack.role(role)
    document = iam.get_role_policy(RoleName=name, PolicyName="Work")["PolicyDocument"]
    less = [row for row in document["Statement"] if action not in row["Action"]]
    if len(less) == len(document["Statement"]):
        yield f"{role} never had {action}"
    iam.put_role_policy(RoleName=name, PolicyName="Work", PolicyDocument=json.dumps(document | {"Statement": less}))
    failed = run(stack)
    if (failed["status"], failed.get("error"), failed["code"]) != ("FAILED", error, 1):
        yield f"without {action} of {role} the run is {failed}"
    iam.put_role_policy(RoleName=name, PolicyName="Work", PolicyDocument=json.dumps(document))
    if (again := run(stack))["code"]:
        yield f"with it again the run is {again}"


def redriven(stack: Deployed, execution: str) -> dict[str, Any]:
    client = stack.world.client("stepfunctions")
    client.redrive_execution(executionArn=execution)
    for _ in range(MINUTES * 120):
        about: dict[str, Any] = client.describe_execution(executionArn=execution)
        if about["status"] != "RUNNING":
            break
        time.sleep(0.5)
    return about


def fill(stack: Deployed, folder: str, number: int) -> None:
    s3 = stack.world.client("s3")
    for each in range(number):
        s3.put_object(Bucket=BUCKET, Key=f"scans/{folder}/{each:05d}", Body=b"no picture")


def results(stack: Deployed, seal: Seal) -> int:
    """Each time an item is processed, a line is written."""
    lines = (line for path in state(stack).rglob("results/**/*.jsonl") for line in path.read_bytes().splitlines())
    return sum(json.loads(seal.open(line))["status"] != "failed" for line in lines)


def inbox(stack: Deployed) -> str:
    """A queue that hears what the topic is told; its URL."""
    sqs = stack.world.client("sqs")
    url: str = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    stack.world.client("sns").subscribe(TopicArn=stack.output("TopicArn"), Protocol="sqs", Endpoint=arn)
    return url


def told(stack: Deployed, queue: str, text: str) -> Iterator[str]:
    """A notice with this text, which is taken from the queue."""
    heard = []
    for _ in range(MINUTES * 60):
        answer = stack.world.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        heard += [json.loads(row["Body"])["Message"] for row in answer.get("Messages", ())]
        if any(text in message for message in heard):
            return
    yield f"nobody was told {text!r}, but {heard}"
