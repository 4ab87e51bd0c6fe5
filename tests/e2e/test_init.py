"""`fsxap init` as a program: templates, flags, and what is never done."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsxap.cli.project_file import render
from fsxap.deploy.adopt import adopt
from fsxap.engine.settings import TABLE, read_file, resolve
from fsxap.providers.aws.inventory import Found, read_inventory
from tests.e2e.program import FSXAP, Program
from tests.unit.providers.aws_wire import Refusal, client


def test_without_a_terminal_and_flags_it_is_a_template(fsxap: Program) -> None:
    done = fsxap("init")
    assert (done.code, done.out) == (0, "")
    file = fsxap.here / "fsxap.yaml"
    assert read_file(file) == {}
    assert all(f"\n# {setting.name}:" in file.read_text() for setting in TABLE)
    again = fsxap("init")
    assert (again.code, "exists" in again.error["message"]) == (2, True)
    assert fsxap("init", "--force").code == 0


def test_flags_are_written_and_read_back(fsxap: Program) -> None:
    done = fsxap("init", "-s", "data-abc-ext-s3alias/x", "--region", "eu-west-1", "--workers", "3", "--volume", "a",
                 "--volume", "b", "--ontap-secret", "env:PW", "--insecure", "-o", "other.yaml")  # fmt: skip
    assert done.code == 0, done.err
    assert read_file(fsxap.here / "other.yaml") == {
        "source": "data-abc-ext-s3alias/x",
        "region": "eu-west-1",
        "workers": 3,
        "volume": "a,b",
        "ontap_secret": "env:PW",
        "insecure": True,
    }
    shown = fsxap("discover", "--config", "other.yaml", "--show-settings").records
    assert {"volume": "a,b", "workers": 3}.items() <= {row["name"]: row["value"] for row in shown}.items()


def test_the_environment_is_not_copied(fsxap: Program) -> None:
    assert fsxap("init", FSXAP_ONTAP_SECRET="env:PW", AWS_REGION="eu-west-1").code == 0
    assert read_file(fsxap.here / "fsxap.yaml") == {}


def test_on_a_terminal_it_asks(fsxap: Program) -> None:
    parent, child = pty.openpty()
    with subprocess.Popen(
        [FSXAP, "init", "--no-discover"], cwd=fsxap.here, env=fsxap.environ(), stdin=child, stdout=child, stderr=child
    ) as process:
        os.write(parent, b"./scans\n./out\n\n\n\n\n\n")
        assert process.wait(30) == 0
    os.close(child)
    os.close(parent)
    assert read_file(fsxap.here / "fsxap.yaml") == {"source": "./scans", "to": "./out"}


@pytest.mark.parametrize("name", ["x\nontap_secret: stolen", "a: b", "\x1b[31mred", "名前", "'quoted\""])
def test_hostile_names_stay_comments_and_texts(name: str) -> None:
    text = render({"source": name}, [Found("svm", name, "svm-1", name), Found("volume", "v", name, name)])
    assert yaml.safe_load(text) == {"source": name}


ALIAS = {"Name": "data", "Type": "ONTAP", "Lifecycle": "AVAILABLE",
         "S3AccessPoint": {"Alias": "data-abc-ext-s3alias"},
         "OntapConfiguration": {"VolumeId": "fsvol-0123456789abcdef0", "FileSystemIdentity":
                                {"Type": "UNIX", "UnixUser": {"Name": "reader"}}}}  # fmt: skip
SYSTEM = {"FileSystemId": "fs-0123456789abcdef0", "FileSystemType": "ONTAP", "Lifecycle": "AVAILABLE",
          "OntapConfiguration": {"Endpoints": {"Management": {"DNSName": "management.example"}}}}  # fmt: skip


def fsx(refused: str = "") -> Any:
    def answer(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if operation == refused or refused == "all":
            raise Refusal("AccessDeniedException", "not authorized", 403)
        pages: dict[str, tuple[str, list[dict[str, Any]]]] = {
            "DescribeFileSystems": (
                "FileSystems",
                [SYSTEM | {"FileSystemType": "LUSTRE", "FileSystemId": "fs-1123456789abcdef0"}, SYSTEM],
            ),
            "DescribeStorageVirtualMachines": (
                "StorageVirtualMachines",
                [{"StorageVirtualMachineId": f"svm-{n}123456789abcdef0", "Name": f"svm{n}"} for n in (1, 2)],
            ),
            "DescribeVolumes": (
                "Volumes",
                [{"VolumeId": f"fsvol-{n}123456789abcdef0", "Name": f"vol{n}", "VolumeType": "ONTAP"} for n in (1, 2)],
            ),
            "DescribeS3AccessPointAttachments": ("S3AccessPointAttachments", [ALIAS, ALIAS | {"Name": "other"}]),
        }
        key, rows = pages[operation]
        if "NextToken" in params:
            return {key: rows[1:]}
        return {key: rows[:1], "NextToken": "more"}

    return client("fsx", answer)


def test_everything_fsx_has_is_found_on_every_page() -> None:
    found, unknown = read_inventory(fsx())
    assert not unknown
    assert [(each.kind, each.value) for each in found] == [
        ("file-system", "management.example"),
        ("svm", "svm1"),
        ("svm", "svm2"),
        ("volume", "vol1"),
        ("volume", "vol2"),
        ("access-point", "data-abc-ext-s3alias"),
        ("access-point", "data-abc-ext-s3alias"),
    ]
    assert "acts as reader" in found[-1].about
    text = render({}, found)
    assert "#   data-abc-ext-s3alias  (data: AVAILABLE, Internet, acts as reader" in text
    assert json.dumps(yaml.safe_load(text)) == "null"


def test_a_refused_question_leaves_the_others() -> None:
    found, unknown = read_inventory(fsx("DescribeVolumes"))
    assert {each.kind for each in found} == {"file-system", "svm", "access-point"}
    assert len(unknown) == 1
    assert read_inventory(fsx("all"))[0] == []


OURS = {
    "SourceArn": "arn:aws:s3:eu-west-1:123456789012:accesspoint/records", "SourcePrefix": "scans/",
    "OutputArn": "arn:aws:s3:eu-west-1:123456789012:accesspoint/results", "OutputPrefix": "", "OntapUser": "reader",
    "OntapEndpoint": "10.0.0.5", "OntapSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
    "Svm": "svm1", "Volume": "*", "Workers": "4", "AcceptCrossRegion": "false", "RunBudget": "12.50",
    "OntapCa": "/var/task/ontap-ca.pem", "VpcId": "vpc-1", "ScheduleExpression": "cron(0 3 * * ? *)",
    "CodeKey": "x.zip",
}  # fmt: skip
SAMPLE = {
    "S3AccessPointAlias": "in-abc123-ext-s3alias", "S3AccessPointOutputAlias": "out-abc123-ext-s3alias",
    "OntapSecretName": "fsx/admin", "OntapManagementIp": "10.0.0.9", "PrivateSubnetIds": "subnet-1,subnet-2",
    "PrivateRouteTableIds": "rtb-1", "ScheduleExpression": "rate(1 hour)", "TextractRegion": "us-east-1",
    "BedrockModelId": "apac.amazon.nova-lite-v1:0", "DeployBucket": "code", "SvmUuid": "1-2-3", "Password": "****",
    "EnableVpcEndpoints": "false", "EnableCloudWatchAlarms": "true",
}  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "outputs", "settings", "left"),
    [
        (OURS, {"StateBucketName": "state-1"}, {
            "source": f"{OURS['SourceArn']}/object/scans/", "to": OURS["OutputArn"], "ontap": "10.0.0.5",
            "ontap_secret": OURS["OntapSecretArn"], "ontap_user": "reader", "svm": "svm1", "volume": "*", "workers": 4,
            "accept_cross_region": False, "budget": "12.50", "state_bucket": "s3://state-1",
        }, {"OntapCa"}),
        (SAMPLE, {}, {
            "source": "in-abc123-ext-s3alias", "to": "out-abc123-ext-s3alias", "ontap": "10.0.0.9",
            "ontap_secret": "fsx/admin", "bedrock_model": "apac.amazon.nova-lite-v1:0",
            "params": {"idp": {"textract_region": "us-east-1"}},
        }, {"SvmUuid", "EnableCloudWatchAlarms"}),
        ({"Volume": "*", "Svm": ""}, {}, {"volume": "*"}, set()),
    ],
)  # fmt: skip
def test_a_stack_is_taken_over(
    parameters: dict[str, str], outputs: dict[str, str], settings: dict[str, Any], left: set[str], tmp_path: Path
) -> None:
    made = adopt(parameters, outputs)
    file = tmp_path / "fsxap.yaml"
    file.write_text(render(made.settings, (), made.own, made.stack))
    values = read_file(file)
    resolved = resolve({}, {}, [(str(file), values)])
    assert {name: resolved[name] for name in settings if name != "params"} == {
        name: value for name, value in settings.items() if name != "params"
    }
    assert values.get("params", {}) == settings.get("params", {})
    assert set(values) == set(settings)
    assert set(made.left) == left
    assert "****" not in file.read_text()
    for name in made.stack:
        assert f"#   {name}: " in file.read_text()


def test_a_stack_is_asked_of_cloudformation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fsxap.cli import main
    from fsxap.engine import stores
    from tests.unit.deploy.cloud import REGION, Cloud, Stacks

    cloud = Cloud()
    stacks = Stacks(cloud, outputs={"StateBucketName": "state-1"})
    monkeypatch.setattr(stores, "connect_aws", lambda _settings: cloud)
    monkeypatch.chdir(tmp_path)
    asked = ["init", "--from", "fsxap-test", "--no-discover", "--no-input", "-s", "./scans"]
    assert main(asked) == 253
    assert not (tmp_path / "fsxap.yaml").exists()
    stacks.status, stacks.parameters = "CREATE_COMPLETE", OURS
    assert main(asked) == 0
    found = read_file(tmp_path / "fsxap.yaml")
    # What a flag says goes before what the stack says.
    assert (found["source"], found["region"], found["svm"]) == ("./scans", REGION, "svm1")
