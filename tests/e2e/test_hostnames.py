"""Through a proxy that opens TLS: real host names, signatures for the right region, and no call to any other host.

No endpoint is named anywhere, so addresses are those the SDK makes on AWS (layer e).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fsxap.engine import catalog
from tests import moto_server
from tests.e2e.intercepting_proxy import Proxy, intercepting
from tests.e2e.program import Program
from tests.unit.deploy.lambda_runtime import running, runtime_folder
from tests.unit.deploy.test_zip import execution, linked
from tests.unit.deploy.textract_endpoint import serving, textract
from tests.unit.providers.aws.test_aws_documents import picture
from tests.unit.usecases.idp.pdf import pdf
from tests.unit.usecases.idp.test_extract import GERMAN

ACCOUNT, HOME, AWAY = "123456789012", "eu-west-1", "eu-central-1"
ALIAS, STATE = "hosts-abc123-ext-s3alias", "hosts-state-bucket"
ARN = f"arn:aws:s3:{AWAY}:{ACCOUNT}:accesspoint/hosts"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_REGION": HOME}
BY_ALIAS = f"{ALIAS}.s3.{HOME}.amazonaws.com"
BY_ARN = f"hosts-{ACCOUNT}.s3-accesspoint.{AWAY}.amazonaws.com"
IN_STATE = f"{STATE}.s3.{HOME}.amazonaws.com"
SECRETS = f"secretsmanager.{HOME}.amazonaws.com"
TEXTRACT, COMPREHEND = f"textract.{HOME}.amazonaws.com", f"comprehend.{HOME}.amazonaws.com"
SIGNED = {
    BY_ALIAS: (HOME, "s3"),
    BY_ARN: (AWAY, "s3"),
    IN_STATE: (HOME, "s3"),
    SECRETS: (HOME, "secretsmanager"),
    TEXTRACT: (HOME, "textract"),
    COMPREHEND: (HOME, "comprehend"),
}
"""What each host's requests are signed for."""


class Aws:
    """moto's server with a source under both of its names, and a state bucket; S3 and secrets as clients."""

    def __init__(self, url: str) -> None:
        from moto.s3control.models import s3control_backends

        self.url = url
        self.s3 = moto_server.bucket(url, ALIAS)
        moto_server.bucket(url, STATE)
        s3control_backends[ACCOUNT]["aws"].create_access_point(ACCOUNT, "hosts", ALIAS, {}, {})
        secrets = moto_server.client(url, "secretsmanager")
        self.key: str = secrets.create_secret(Name="hosts", SecretString="k" * 32)["ARN"]

    def upload(self, folder: Path, prefix: str) -> None:
        for key, body in moto_server.files(folder).items():
            self.s3.put_object(Bucket=ALIAS, Key=prefix + key, Body=body)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with moto_server.serving() as url:
        yield Aws(url)


@pytest.fixture(scope="module")
def archive(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The prefix below which a sample archive lies in the source."""
    case, folder = catalog.load("healthcare-dicom"), tmp_path_factory.mktemp("archive")
    assert case.sample is not None
    case.sample(folder)
    # The one picture that OCR would be started for.
    (folder / "screen.dcm").unlink()
    aws.upload(folder, "scans/")
    return "scans/"


def judge(proxy: Proxy, *hosts: str) -> None:
    """Every one of the hosts was called, no other was, and each request was signed for where it went."""
    assert proxy.hosts == set(hosts)
    assert {call.host: (call.region, call.service) for call in proxy.calls} == {host: SIGNED[host] for host in hosts}
    assert not [call for call in proxy.calls if ALIAS in call.path], "the bucket is named by the host alone"


@pytest.mark.parametrize(
    ("source", "host"),
    [(f"s3://{ALIAS}/scans/", BY_ALIAS), (f"{ARN}/object/scans/", BY_ARN)],
)
def test_the_command_line_reads_and_writes_at_the_access_points_own_host(
    source: str, host: str, aws: Aws, archive: str, fsxap: Program
) -> None:
    """An access point of another region is asked there, and signed for there."""
    with intercepting({host: aws.url, SECRETS: aws.url}) as proxy:
        environ = CREDENTIALS | proxy.environ(fsxap.here)
        told = ("-s", source, "--to", source, "-P", f"key={aws.key}", "--force")
        done = fsxap("run-uc", "healthcare-dicom", *told, **environ)
    assert done.summary["coverage"]["failed"] == 0, done.err
    judge(proxy, host, SECRETS)
    assert {call.method for call in proxy.calls if call.host == host} >= {"GET", "PUT"}


def in_state(aws: Aws) -> Callable[[str], bytes]:
    def read(key: str) -> bytes:
        body: bytes = aws.s3.get_object(Bucket=STATE, Key=key)["Body"].read()
        return body

    return read


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("awslambdaric", reason="Lambda's runtime client has wheels for Linux only")
    return runtime_folder(tmp_path_factory.mktemp("lambda") / "runtime")


def test_the_zip_calls_its_access_point_its_state_and_its_secret_and_nobody_else(
    aws: Aws, archive: str, runtime: Path, tmp_path: Path
) -> None:
    name = "healthcare-dicom"
    place = f"{ARN}/object/{archive}"
    told = {"FSXAP_SOURCE": place, "FSXAP_TO": place, "FSXAP_STATE_BUCKET": f"s3://{STATE}", "FSXAP_PARAM_KEY": aws.key}
    with intercepting({BY_ARN: aws.url, IN_STATE: aws.url, SECRETS: aws.url}) as proxy:
        environ = CREDENTIALS | proxy.environ(tmp_path) | told
        with running(linked(name, tmp_path), runtime, environ) as function:
            ended = execution(function, name, in_state(aws))
    assert ended["coverage"]["failed"] == ended["coverage"]["missing"] == 0 < ended["coverage"]["ok"]
    judge(proxy, BY_ARN, IN_STATE, SECRETS)


def test_documents_go_to_textract_and_comprehend_of_the_same_region(aws: Aws, runtime: Path, tmp_path: Path) -> None:
    aws.s3.put_object(Bucket=ALIAS, Key="letters/text.pdf", Body=pdf([GERMAN]))
    aws.s3.put_object(Bucket=ALIAS, Key="letters/two.tif", Body=picture("TIFF", pages=2))
    place = f"{ARN}/object/letters/"
    told = {"FSXAP_SOURCE": place, "FSXAP_TO": place, "FSXAP_STATE_BUCKET": f"s3://{STATE}/idp"}
    with serving(textract(aws.s3, STATE, "idp/textract")) as service:
        upstreams = {BY_ARN: aws.url, IN_STATE: aws.url, TEXTRACT: service, COMPREHEND: service}
        with intercepting(upstreams) as proxy:
            environ = CREDENTIALS | proxy.environ(tmp_path) | told
            with running(linked("idp", tmp_path), runtime, environ) as function:
                ended = execution(function, "idp", lambda key: in_state(aws)(f"idp/{key}"))
    assert ended["coverage"]["ok"] == 2
    judge(proxy, BY_ARN, IN_STATE, TEXTRACT, COMPREHEND)


def test_a_host_that_was_not_declared_is_seen_and_refused(aws: Aws, archive: str, fsxap: Program) -> None:
    """The red twin: the same call, with the access point left out of what is declared."""
    with intercepting({BY_ALIAS: aws.url}) as proxy:
        environ = CREDENTIALS | proxy.environ(fsxap.here) | {"AWS_MAX_ATTEMPTS": "1"}
        done = fsxap("discover", f"{ARN}/object/{archive}", **environ)
    assert done.code == 254, done.err
    assert proxy.hosts == {BY_ARN}


def test_a_proxy_whose_authority_is_unknown_is_not_talked_to(aws: Aws, archive: str, fsxap: Program) -> None:
    with intercepting({BY_ARN: aws.url}) as proxy:
        environ = CREDENTIALS | {"HTTPS_PROXY": proxy.url, "AWS_MAX_ATTEMPTS": "1"}
        done = fsxap("discover", f"{ARN}/object/{archive}", **environ)
    assert done.code == 253, done.err
    assert "AWS_CA_BUNDLE" in done.error["hint"]
    assert proxy.calls == []
