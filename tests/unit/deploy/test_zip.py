"""The packaged zip runs in a clean interpreter under awslambdaric, and its rows equal the command line's."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fsxap.deploy import package
from fsxap.emulator.sample import write_sample
from fsxap.emulator.server import serve
from fsxap.emulator.trees import Folder
from fsxap.engine import catalog
from fsxap.engine.packed import ARCHIVE
from fsxap.engine.sealed import Seal
from fsxap.usecases.idp.sample import E_INVOICE
from tests import moto_server
from tests.e2e.program import Program
from tests.unit.deploy.lambda_runtime import Function, HandlerFailed, running, runtime_folder, unpack
from tests.unit.deploy.templates import machine
from tests.unit.deploy.test_package import local_wheels, no_wheels
from tests.unit.deploy.textract_endpoint import serving, textract
from tests.unit.providers.aws.test_aws_documents import picture
from tests.unit.usecases.idp.pdf import pdf
from tests.unit.usecases.idp.test_extract import FRENCH, GERMAN
from tests.usecases.drivers import rows
from tests.usecases.test_idp import WRONG

pytest.importorskip("awslambdaric", reason="Lambda's runtime client has wheels for Linux only")

ALIAS = "records-abc123-ext-s3alias"
KEY = "a key of one site, kept in a safe place"


def execution(function: Function, name: str, read: Callable[[str], bytes]) -> dict[str, Any]:
    """What the state machine does, with its own payloads and selectors."""
    states = machine(name)["States"]

    def invoke(state: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
        answer = function(filled(state["Parameters"]["Payload"], scope))
        return filled(state["ResultSelector"], {"Payload": answer})

    found = invoke(states["Discover"], {})
    lines = [json.loads(line) for line in read(found["key"]).splitlines()]
    assert found["todo"] == len(lines)
    answers = []
    for start in range(0, len(lines), 100):
        scope = {"Items": lines[start : start + 100]}
        scope["BatchInput"] = filled(states["ProcessAll"]["ItemBatcher"]["BatchInput"], {"found": found})
        answers.append(invoke(states["ProcessAll"]["ItemProcessor"]["States"]["Process"], scope))
    return {"batches": answers, **invoke(states["Summarise"], {"found": found, "map": states["Nothing"]["Parameters"]})}


def filled(template: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as Step Functions fills them in: names ending in .$ are paths, and a missing field is an error."""
    made = {}
    for name, value in template.items():
        if name.endswith(".$"):
            node: Any = scope
            for part in value.removeprefix("$.").split("."):
                node = node[part]
            made[name[:-2]] = node
        else:
            made[name] = value
    return made


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime_folder(tmp_path_factory.mktemp("lambda") / "runtime")


def test_the_audits_zip_gives_the_command_lines_rows(tmp_path: Path, runtime: Path) -> None:
    """Against the ONTAP emulator by TLS, with the CA's certificate from the zip, as deployed."""
    write_sample(tmp_path / "volume")
    secret = tmp_path / "password"
    with serve([Folder(tmp_path / "volume")]) as emulator:
        secret.write_text(emulator.password)
        secret.chmod(0o600)
        made = package.build(
            catalog.load("legal-compliance"), tmp_path, ca_file=str(emulator.ca_file), wheels=no_wheels
        )
        task = unpack(made.path, tmp_path / "task")
        told = {
            "FSXAP_ONTAP": emulator.url,
            "FSXAP_ONTAP_USER": emulator.user,
            "FSXAP_ONTAP_SECRET": f"file:{secret}",
            "FSXAP_ONTAP_CA": str(task / package.CA),
            "FSXAP_VOLUME": "*",
        }
        done = Program(tmp_path)("run-uc", "legal-compliance", **told)
        environ = {**told, "FSXAP_STATE_BUCKET": str(tmp_path / "lambda")}
        with running(task, runtime, environ) as function:
            ended = execution(function, "legal-compliance", lambda key: (tmp_path / "lambda" / key).read_bytes())
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state") != {}
    assert ended["coverage"] == done.summary["coverage"]
    assert ended["findings"] == done.summary["findings"]
    assert all(batch["complete"] for batch in ended["batches"])
    assert Path(ended["report"]).read_bytes().lower().startswith(b"<!doctype html>")


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[str, Any, str]]:
    """moto's server with an alias-named bucket, a state bucket and a key: its URL, an S3 client, the key's ARN."""
    with moto_server.serving() as url:
        s3 = moto_server.bucket(url, ALIAS)
        moto_server.bucket(url, "state-bucket")
        secrets = moto_server.client(url, "secretsmanager")
        yield url, s3, secrets.create_secret(Name="key", SecretString=KEY)["ARN"]


def test_the_sealed_use_cases_zip_gives_the_command_lines_rows(
    tmp_path: Path, runtime: Path, aws: tuple[str, Any, str]
) -> None:
    """As deployed: source and state in S3, key in Secrets Manager; the command line reads the same source."""
    url, s3, secret = aws
    case = catalog.load("healthcare-dicom")
    assert case.sample is not None
    case.sample(tmp_path / "archive")
    for path in sorted((tmp_path / "archive").rglob("*")):
        if path.is_file():
            key = path.relative_to(tmp_path / "archive").as_posix()
            s3.put_object(Bucket=ALIAS, Key=f"scans/{key}", Body=path.read_bytes())
    told = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
        "AWS_REGION": "eu-west-1",
        "FSXAP_SOURCE": f"s3://{ALIAS}/scans/",
        "FSXAP_TO": f"s3://{ALIAS}/scans/",
    }
    done = Program(tmp_path)("run-uc", case.name, "-P", f"key={secret}", **told)
    made = package.build(case, tmp_path, wheels=local_wheels(tmp_path / "wheels"))
    environ = {**told, "FSXAP_STATE_BUCKET": "s3://state-bucket", "FSXAP_PARAM_KEY": secret}
    with running(unpack(made.path, tmp_path / "task"), runtime, environ) as function:
        ended = execution(function, case.name, lambda key: s3.get_object(Bucket="state-bucket", Key=key)["Body"].read())
    for row in s3.list_objects_v2(Bucket="state-bucket")["Contents"]:
        copy = tmp_path / "lambda" / row["Key"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(s3.get_object(Bucket="state-bucket", Key=row["Key"])["Body"].read())
    seal = Seal(KEY.encode())
    deployed, here = rows(tmp_path / "lambda", seal), rows(tmp_path / "state", seal)
    # What looks for text in pictures is larger than a zip may be: there such a picture is held back.
    pictured, _ = deployed.pop("screen.dcm"), here.pop("screen.dcm")
    assert pictured["data"]["quarantine_code"] == "burned-in"
    assert deployed == here != {}
    assert ended["coverage"]["seen"] == done.summary["coverage"]["seen"]
    outputs = [row["Key"] for row in s3.list_objects_v2(Bucket=ALIAS, Prefix="scans/_fsxap/")["Contents"]]
    assert len([key for key in outputs if key.endswith(".dcm")]) >= ended["coverage"]["ok"] > 0
    assert all(key.startswith(f"scans/_fsxap/{case.name}/") for key in outputs)


def linked(name: str, folder: Path) -> Path:
    """What the zip of a use case holds, as links: compressing native packages takes half a minute."""
    wheels = local_wheels(folder / "wheels")
    (folder / "task").mkdir()
    for inside, path in package.contents(catalog.load(name), "arm64", wheels):
        if inside.startswith(f"{ARCHIVE}/"):
            with zipfile.ZipFile(folder / "task" / ARCHIVE, "a") as archive:
                archive.write(path, inside.removeprefix(f"{ARCHIVE}/"))
            continue
        target = folder / "task" / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            # OpenCV looks for its parts beside where a symbolic link leads to.
            target.hardlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, target)
    return folder / "task"


def test_the_packages_of_the_footprint_are_all_that_sensors_and_pictures_need(tmp_path: Path, runtime: Path) -> None:
    name = "manufacturing-analytics"
    case = catalog.load(name)
    assert case.sample is not None
    case.sample(tmp_path / "plant")
    told = {"FSXAP_SOURCE": str(tmp_path / "plant"), "FSXAP_TO": str(tmp_path / "out"), "FSXAP_ENGINE_SQL": "local"}
    done = Program(tmp_path)("run-uc", name, "--force", **told)
    (tmp_path / "scratch").mkdir()
    environ = {**told, "FSXAP_STATE_BUCKET": str(tmp_path / "lambda"), "TMPDIR": str(tmp_path / "scratch")}
    with running(linked(name, tmp_path), runtime, environ) as function:
        ended = execution(function, name, lambda key: (tmp_path / "lambda" / key).read_bytes())
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state") != {}
    assert ended["coverage"] == done.summary["coverage"]
    assert ended["findings"] == done.summary["findings"] != {}
    # OpenCV stayed packed until the first picture.
    assert list((tmp_path / "scratch").glob("fsxap-*/cv2"))


def test_the_packages_of_the_footprint_are_all_that_documents_need(
    tmp_path: Path, runtime: Path, aws: tuple[str, Any, str]
) -> None:
    """Without OCR: text layers are read as they are, places to review become pictures of their pages."""
    url, s3, _ = aws
    for number, lines in enumerate((GERMAN, WRONG, FRENCH)):
        s3.put_object(Bucket=ALIAS, Key=f"inbox/{number}.pdf", Body=pdf([lines]))
    s3.put_object(Bucket=ALIAS, Key="inbox/ubl.xml", Body=E_INVOICE.encode())
    told = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
        "AWS_REGION": "eu-west-1",
        "FSXAP_SOURCE": f"s3://{ALIAS}/inbox/",
        "FSXAP_TO": f"s3://{ALIAS}/fields/",
    }
    done = Program(tmp_path)("run-uc", "idp", "-P", "features=text", "--engine", "entities=local", **told)
    told["FSXAP_ENGINE_ENTITIES"] = "local"
    environ = {**told, "FSXAP_STATE_BUCKET": str(tmp_path / "lambda"), "FSXAP_PARAM_FEATURES": "text"}
    with running(linked("idp", tmp_path), runtime, environ) as function:
        ended = execution(function, "idp", lambda key: (tmp_path / "lambda" / key).read_bytes())
    assert rows(tmp_path / "lambda") == rows(tmp_path / "state") != {}
    assert ended["coverage"] == done.summary["coverage"] | {"ok": 4, "seen": 4}
    assert "data:image/png;base64" in Path(ended["report"]).read_text()


def test_the_document_use_cases_zip_gives_the_command_lines_rows(
    tmp_path: Path, runtime: Path, aws: tuple[str, Any, str]
) -> None:
    """Text layers are read here, everything else by Textract: what recognises print is no part of the zip."""
    url, s3, _ = aws
    case = catalog.load("idp")
    documents = {"text.pdf": pdf([GERMAN]), "one.png": picture("PNG"), "two.tif": picture("TIFF", pages=2)}
    for name, body in documents.items():
        s3.put_object(Bucket=ALIAS, Key=f"letters/{name}", Body=body)
    service = textract(s3, "state-bucket", "idp/textract")
    with serving(service) as endpoint:
        told = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_TEXTRACT": endpoint,
            "AWS_ENDPOINT_URL_COMPREHEND": endpoint,
            "AWS_ACCESS_KEY_ID": "t",
            "AWS_SECRET_ACCESS_KEY": "t",
            "AWS_REGION": "eu-west-1",
            "FSXAP_SOURCE": f"s3://{ALIAS}/letters/",
            "FSXAP_TO": f"s3://{ALIAS}/letters/",
            "FSXAP_STATE_BUCKET": "s3://state-bucket/idp",
            "FSXAP_PARAM_SEARCHABLE_PDF": "yes",
        }
        done = Program(tmp_path)("run-uc", case.name, "-P", "searchable_pdf=yes", **told)
        assert done.code == 0, done.err
        with running(linked(case.name, tmp_path), runtime, told) as function:
            ended = execution(
                function, case.name, lambda key: s3.get_object(Bucket="state-bucket", Key=f"idp/{key}")["Body"].read()
            )
    for row in s3.list_objects_v2(Bucket="state-bucket", Prefix="idp/")["Contents"]:
        copy = tmp_path / "lambda" / row["Key"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(s3.get_object(Bucket="state-bucket", Key=row["Key"])["Body"].read())
    deployed, here = rows(tmp_path / "lambda"), rows(tmp_path / "state")
    assert deployed == here != {}
    assert ended["coverage"]["ok"] == done.summary["coverage"]["ok"] == len(documents)
    assert deployed["one.png"]["data"]["fields"]["number"]["value"] == "BW-0417"
    assert deployed["two.tif"]["data"]["checkboxes"] == {"Paid": True}
    assert service.called("Start") == len(service.jobs) == 1


def test_an_error_of_the_handler_is_an_error_of_the_invocation(tmp_path: Path, runtime: Path) -> None:
    """Swallowed, it would deceive retries, tolerance and alarms alike."""
    made = package.build(catalog.load("legal-compliance"), tmp_path, wheels=no_wheels)
    environ = {"FSXAP_STATE_BUCKET": str(tmp_path / "lambda")}
    with running(unpack(made.path, tmp_path / "task"), runtime, environ) as function:
        with pytest.raises(HandlerFailed) as failed:
            function({"stage": "discover", "use_case": "legal-compliance"})
        assert failed.value.args[0]["errorType"] == "UsageError"
        with pytest.raises(HandlerFailed, match="unknown stage"):
            function({"stage": "guess", "use_case": "legal-compliance"})
