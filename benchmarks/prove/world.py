"""What a stack lives in here: LocalStack, an ONTAP, the services that LocalStack lacks, and the installed program."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.prove.places import BUCKET, RECORDS, REGION, S3_HOST, URL
from fsxap.emulator.sample import write_sample
from fsxap.emulator.server import Emulator, serve
from fsxap.emulator.trees import Folder
from tests.e2e.program import Program
from tests.unit.deploy.json_endpoint import listening
from tests.unit.providers.aws_wire import AthenaService, Refusal

START = 600
"""Seconds in which LocalStack must be there, on a machine that has much else to do."""
POINTS = [{"Lifecycle": "AVAILABLE", "S3AccessPoint": {"ResourceARN": RECORDS, "Alias": "records-x-ext-s3alias"}}]


@dataclass(frozen=True)
class World:
    build: Path
    ontap: Emulator
    program: Program
    environ: dict[str, str]

    def client(self, service: str) -> Any:
        import boto3

        return boto3.Session("test", "test", region_name=REGION).client(service, endpoint_url=URL)

    def fsxap(self, *arguments: str | Path, **extra: str) -> Any:
        return self.program(*arguments, timeout=1800, **self.environ, **extra)

    def deaths(self, *numbers: int) -> None:
        """From now on, process invocations of these numbers are killed."""
        told = {"numbers": numbers, "since": time.time()}
        (self.build / "run" / "deaths").write_text(json.dumps(told), encoding="utf-8")


class Uploaded(dict[str, bytes]):
    """Objects of S3 by location, for the Athena of the tests, which has a dict for its bucket."""

    def __init__(self, s3: Any) -> None:
        super().__init__()
        self._s3 = s3

    def refresh(self) -> None:
        for bucket in self._s3.list_buckets()["Buckets"]:
            for row in self._s3.list_objects_v2(Bucket=bucket["Name"], Prefix="athena/").get("Contents", ()):
                body = self._s3.get_object(Bucket=bucket["Name"], Key=row["Key"])["Body"].read()
                self[f"s3://{bucket['Name']}/{row['Key']}"] = body


@dataclass
class Lacking:
    """Athena with DuckDB for its engine, FSx that knows one access point, Comprehend that finds nothing."""

    athena: AthenaService
    uploaded: Callable[[], Uploaded]

    def __call__(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if service == "AmazonAthena":
            if operation == "StartQueryExecution":
                self.athena.location = params["ResultConfiguration"]["OutputLocation"].rpartition("/results")[0]
            self.athena.objects = self.uploaded()
            return self.athena._answer(operation, params)
        if operation == "DescribeS3AccessPointAttachments":
            return {"S3AccessPointAttachments": POINTS}
        if service.startswith("Comprehend"):
            return {"Entities": [], "Languages": []}
        raise Refusal("UnknownOperationException", f"{service}.{operation} is not answered here")


@contextmanager
def localstack(build: Path, functions: Path, environment: dict[str, str]) -> Iterator[None]:
    """The engine, until it is ready to answer; functions get `environment`."""
    folder = build / "run"
    lang = functions.resolve().parents[1]
    environ = {**os.environ, "GATEWAY_LISTEN": "127.0.0.1:4566", "DISABLE_EVENTS": "1", "DNS_ADDRESS": "0"}
    environ |= {"SKIP_SSL_CERT_DOWNLOAD": "1", "EAGER_SERVICE_LOADING": "0", "FILESYSTEM_ROOT": str(folder / "files")}
    environ |= {"PROVE_FOLDER": str(folder), "PROVE_RUNTIME": str(build / "runtime"), "PROVE_LANG": str(lang)}
    environ |= {"PROVE_PYTHON": functions.resolve().name, "PROVE_ENVIRONMENT": json.dumps(environment)}
    # Its scratch would lie in /tmp, among that of others.
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    environ["TMPDIR"] = str(folder / "tmp")
    command = [build / "localstack" / "bin" / "python", "-m", "benchmarks.prove.start_localstack"]
    latest = time.monotonic() + START
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            while not _answers():
                if server.poll() is not None or time.monotonic() > latest:
                    raise SystemExit(f"LocalStack does not answer; see {folder / 'log'}")
                time.sleep(0.5)
            yield
        finally:
            # Nothing of it is kept.
            server.kill()
            server.wait()


def _answers() -> bool:
    try:
        urllib.request.urlopen(f"{URL}/_localstack/health", timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def running(build: Path, functions: Path) -> Iterator[World]:
    import boto3

    folder = build / "run"
    write_sample(folder / "volume")
    (build / "runtime" / "config").write_text("[default]\ns3 =\n  addressing_style = path\n", encoding="utf-8")
    s3 = boto3.Session("test", "test", region_name=REGION).client("s3", endpoint_url=URL)

    def uploaded() -> Uploaded:
        made = Uploaded(s3)
        made.refresh()
        return made

    with ExitStack() as stack:
        lacking = Lacking(AthenaService(folder, ""), uploaded)
        elsewhere = stack.enter_context(listening(lacking))
        ontap = stack.enter_context(serve([Folder(folder / "volume")], port=443))
        named = {f"AWS_ENDPOINT_URL_{service}": elsewhere for service in ("ATHENA", "FSX", "COMPREHEND")}
        named["AWS_ENDPOINT_URL_S3"] = f"http://{S3_HOST}:4566"
        stack.enter_context(localstack(build, functions, named | {"AWS_CONFIG_FILE": "/var/runtime/config"}))
        environ = named | {"AWS_ENDPOINT_URL": URL, "AWS_CONFIG_FILE": str(build / "runtime" / "config")}
        environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
        environ["XDG_CACHE_HOME"] = str(build / "cache")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        (folder / "here").mkdir(exist_ok=True)
        yield World(build, ontap, Program(folder / "here"), environ)
