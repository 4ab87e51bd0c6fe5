"""idp on an access point, read by Textract: a job is paid for once, and every door gives the same rows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from fsxap.usecases.idp.sample import E_INVOICE
from tests import moto_server
from tests.e2e.program import Program
from tests.unit.deploy.textract_endpoint import serving, textract
from tests.unit.providers.aws.test_aws_documents import picture
from tests.unit.usecases.idp.pdf import pdf
from tests.unit.usecases.idp.test_extract import FRENCH, GERMAN
from tests.usecases.drivers import by_lambda, rows
from tests.usecases.test_idp import SCHEMA


@dataclass(frozen=True)
class Cloud:
    """moto's server at `url`, a client of it, an alias-named bucket and a state bucket."""

    url: str
    client: Any
    alias: str
    staged: str

    def environ(self, endpoint: str) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_TEXTRACT": endpoint,
            "AWS_ENDPOINT_URL_COMPREHEND": endpoint,
            "AWS_ACCESS_KEY_ID": "t",
            "AWS_SECRET_ACCESS_KEY": "t",
            "AWS_REGION": "eu-west-1",
            "FSXAP_STATE_BUCKET": f"s3://{self.staged}",
        }


@pytest.fixture
def s3() -> Iterator[Cloud]:
    # Servers of one process share their buckets.
    mine = uuid4().hex[:8]
    inbox, staged = f"inbox-{mine}-ext-s3alias", f"staged-{mine}"
    with moto_server.serving() as url:
        moto_server.bucket(url, inbox)
        yield Cloud(url, moto_server.bucket(url, staged), inbox, staged)


def test_a_run_killed_while_a_job_is_under_way_starts_no_second_one(tmp_path: Path, s3: Cloud) -> None:
    client = s3.client
    client.put_object(Bucket=s3.alias, Key="two.tif", Body=picture("TIFF", pages=2))
    service = textract(client, s3.staged, "textract", slow=1_000_000)
    program = Program(tmp_path)
    with serving(service) as endpoint:
        told = s3.environ(endpoint)
        command = ("run-uc", "idp", "-s", f"s3://{s3.alias}", "--to", tmp_path / "out")
        first = program.start(*command, **told)
        for _ in range(600):
            if service.called("Get") or first.poll() is not None:
                break
            time.sleep(0.1)
        first.kill()
        first.communicate()
        assert service.called("Get") and len(service.jobs) == 1
        service.slow = 0
        done = program(*command, **told)
    assert done.code == 0, done.err
    (result,) = done.of("result")
    assert result["data"]["fields"]["total"]["value"] == "12.00"
    assert service.called("Start") == len(service.jobs) == 1
    assert (tmp_path / "out" / "two.tif.json").is_file()
    assert client.list_objects_v2(Bucket=s3.staged, Prefix="textract/documents/").get("Contents", []) == []


def test_a_folder_an_access_point_and_lambda_give_the_same_rows(
    tmp_path: Path, s3: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan is read by Textract through both doors; where the text layer is read, the folder says the same too."""
    client = s3.client
    bodies = {"a/invoice.pdf": pdf([GERMAN]), "stack.pdf": pdf([GERMAN, FRENCH]), "ubl.xml": E_INVOICE.encode()}
    for key, body in (bodies | {"two.tif": picture("TIFF", pages=2)}).items():
        client.put_object(Bucket=s3.alias, Key=key, Body=body)
    for key, body in bodies.items():
        (tmp_path / "in" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / key).write_bytes(body)
    program, features = Program(tmp_path), ("-P", "features=text")
    folder = program("run-uc", "idp", "-s", tmp_path / "in", "--to", tmp_path / "folder", *features)
    with serving(textract(client, s3.staged, "textract")) as endpoint:
        told = s3.environ(endpoint)
        point = program("run-uc", "idp", "-s", f"s3://{s3.alias}", "--to", tmp_path / "out", *features, **told)
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        chosen = {"FSXAP_SOURCE": f"s3://{s3.alias}", "FSXAP_TO": str(tmp_path / "out"), "FSXAP_PARAM_FEATURES": "text"}
        by_lambda("idp", f"s3://{s3.staged}", told | chosen, lambda place: fetched(client, place).splitlines())
    assert (folder.code, point.code) == (0, 0), point.err
    for row in client.list_objects_v2(Bucket=s3.staged, Prefix="idp")["Contents"]:
        (kept := tmp_path / "lambda" / row["Key"]).parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(fetched(client, f"s3://{s3.staged}/{row['Key']}"))
    by_point = {record["item"]["key"]: record for record in point.of("result")}
    assert rows(tmp_path / "lambda") == {key: plain(record) for key, record in by_point.items()}
    by_folder = {record["item"]["key"]: record for record in folder.of("result")}
    assert by_folder.keys() == bodies.keys() == by_point.keys() - {"two.tif"}
    for key, record in by_folder.items():
        engines = dict.fromkeys(("engine", "text_engine"), "")
        assert record["data"] | engines == by_point[key]["data"] | engines, key
        assert record["findings"] == by_point[key]["findings"]
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for path in [*(tmp_path / "folder").rglob("*.json"), *(tmp_path / "out").rglob("*.json")]:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    assert len(by_point["stack.pdf"]["data"]["documents"]) == 2


def fetched(client: Any, location: str) -> bytes:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """As `rows` gives it: without what differs by clock."""
    item = {name: value for name, value in record["item"].items() if name != "version"}
    return {name: value for name, value in record.items() if name != "seconds"} | {"item": item}
