"""Against botocore's own models: its Stubber checks requests and answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from fsxap.acl.site import S3AccessPoint
from fsxap.errors import Unauthenticated
from fsxap.providers.aws.access_points import VALUES, read_access_points

ACCOUNT = "123456789012"
LIST, VOLUMES, SVMS = (
    "describe_s3_access_point_attachments",
    "describe_volumes",
    "describe_storage_virtual_machines",
)
ONTAP_ONLY = [{"Name": "type", "Values": ["ONTAP"]}]
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


@dataclass
class Clients:
    fsx: Any
    s3control: Any
    on_fsx: Stubber
    on_s3: Stubber

    def lists(self, *attached: dict[str, Any], filters: Any = None) -> None:
        answer = {"S3AccessPointAttachments": list(attached)}
        self.on_fsx.add_response(LIST, answer, {"Filters": filters or ONTAP_ONLY})

    def locates(self, volume: dict[str, Any] | None = None, svm: str = "uuid-svm") -> None:
        ontap = {"UUID": "uuid-vol", "JunctionPath": "/vol1", "StorageVirtualMachineId": SVM} | (volume or {})
        found = {"VolumeId": VOLUME, "Name": "vol1", "OntapConfiguration": ontap}
        self.on_fsx.add_response(VOLUMES, {"Volumes": [found]}, {"VolumeIds": [VOLUME]})
        record = {"StorageVirtualMachineId": SVM, "UUID": svm}
        answer = {"StorageVirtualMachines": [record]}
        self.on_fsx.add_response(SVMS, answer, {"StorageVirtualMachineIds": [SVM]})

    def guards(self, made: dict[str, Any] | None = None, policy: str = POLICY, public: bool = False) -> None:
        answer = {"NetworkOrigin": "Internet", "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}}
        self.on_s3.add_response("get_access_point", answer | (made or {}), NAMED)
        self.on_s3.add_response("get_access_point_policy", {"Policy": policy}, NAMED)
        self.on_s3.add_response("get_access_point_policy_status", {"PolicyStatus": {"IsPublic": public}}, NAMED)

    def read(self, **more: Any) -> Any:
        found = read_access_points(self.fsx, self.s3control, **more)
        self.on_fsx.assert_no_pending_responses()
        self.on_s3.assert_no_pending_responses()
        return found


NAMED = {"AccountId": ACCOUNT, "Name": "ap1"}
VOLUME, SVM = "fsvol-0123456789abcdef0", "svm-0123456789abcdef0"


@pytest.fixture
def aws() -> Iterator[Clients]:
    session = Session()
    made = [
        session.create_client(name, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        for name in ("fsx", "s3control")
    ]
    with Stubber(made[0]) as on_fsx, Stubber(made[1]) as on_s3:
        yield Clients(*made, on_fsx, on_s3)


def attached(name: str = "ap1", identity: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "ONTAP",
        "Lifecycle": "AVAILABLE",
        "OntapConfiguration": {
            "VolumeId": VOLUME,
            "FileSystemIdentity": identity or {"Type": "UNIX", "UnixUser": {"Name": "build"}},
        },
        "S3AccessPoint": {
            "ResourceARN": f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/{name}",
            "Alias": "a-ext-s3alias",
        },
        **more,
    }


def test_everything_answered(aws: Clients) -> None:
    aws.lists(attached())
    aws.locates()
    aws.guards(public=True)
    found = aws.read()
    assert found.unknown == ()
    assert found.points == (
        S3AccessPoint(
            name="ap1",
            arn=f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/ap1",
            lifecycle="AVAILABLE",
            identity="UNIX",
            user="build",
            volume="vol1",
            volume_id=VOLUME,
            volume_uuid="uuid-vol",
            svm_uuid="uuid-svm",
            path="/vol1",
            origin="Internet",
            policy=POLICY,
            public=True,
            blocked=True,
        ),
    )


def test_all_pages_and_filters(aws: Clients) -> None:
    filters = [
        *ONTAP_ONLY,
        {"Name": "file-system-id", "Values": ["fs-0123456789abcdef0"]},
        {"Name": "volume-id", "Values": [VOLUME]},
    ]
    first = {"S3AccessPointAttachments": [attached(S3AccessPoint={})], "NextToken": "more"}
    aws.on_fsx.add_response(LIST, first, {"Filters": filters})
    second = {"S3AccessPointAttachments": [attached("ap2", S3AccessPoint={})]}
    aws.on_fsx.add_response(LIST, second, {"Filters": filters, "NextToken": "more"})
    aws.locates()
    found = aws.read(file_system="fs-0123456789abcdef0", volume_ids=[VOLUME])
    assert [one.name for one in found.points] == ["ap1", "ap2"]


def test_a_windows_identity_in_a_vpc(aws: Clients) -> None:
    aws.lists(attached(identity={"Type": "WINDOWS", "WindowsUser": {"Name": "CORP\\svc"}}))
    aws.locates()
    aws.guards({"NetworkOrigin": "VPC", "VpcConfiguration": {"VpcId": "vpc-1"}, "PublicAccessBlockConfiguration": {}})
    (point,) = aws.read().points
    assert (point.identity, point.user, point.origin, point.vpc) == ("WINDOWS", "CORP\\svc", "VPC", "vpc-1")
    assert (point.blocked, point.public) == (False, False)


def test_no_policy_is_usual(aws: Clients) -> None:
    aws.lists(attached())
    aws.locates()
    aws.on_s3.add_response("get_access_point", {"NetworkOrigin": "Internet"}, NAMED)
    aws.on_s3.add_client_error("get_access_point_policy", "NoSuchAccessPointPolicy", http_status_code=404)
    found = aws.read()
    assert found.unknown == ()
    (point,) = found.points
    assert (point.policy, point.public, point.blocked) == ("", False, None)


def test_one_that_failed_has_nothing_to_ask_s3(aws: Clients) -> None:
    failed = {"Lifecycle": "FAILED", "LifecycleTransitionReason": {"Message": "an S3 server exists"}}
    aws.lists(attached(S3AccessPoint={}, **failed))
    aws.locates()
    (point,) = aws.read().points
    assert (point.lifecycle, point.reason, point.origin) == ("FAILED", "an S3 server exists", "")
    assert point.policy is None


def test_none_at_all(aws: Clients) -> None:
    aws.lists()
    assert aws.read().points == ()


def test_a_refused_list_is_not_an_empty_one(aws: Clients) -> None:
    aws.on_fsx.add_client_error(LIST, "AccessDeniedException", "no", http_status_code=400)
    found = aws.read()
    assert found.points is None
    (line,) = found.unknown
    assert "listing S3 access points" in line
    assert line.endswith("[access-denied]")


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchAccessPoint", "InternalError"])
def test_refused_details_are_told_and_stay_unknown(aws: Clients, code: str) -> None:
    aws.lists(attached())
    aws.on_fsx.add_client_error(VOLUMES, "AccessDeniedException", "no", http_status_code=400)
    for operation in ("get_access_point", "get_access_point_policy"):
        aws.on_s3.add_client_error(operation, code, "no", http_status_code=403)
    found = aws.read()
    assert len(found.unknown) == 3
    (point,) = found.points
    assert (point.name, point.user) == ("ap1", "build")
    assert (point.path, point.svm_uuid, point.origin) == ("", "", "")
    assert (point.policy, point.public, point.blocked) == (None, None, None)


def test_a_refused_verdict_leaves_the_policy(aws: Clients) -> None:
    aws.lists(attached())
    aws.locates()
    aws.on_s3.add_response("get_access_point", {"NetworkOrigin": "VPC"}, NAMED)
    aws.on_s3.add_response("get_access_point_policy", {"Policy": POLICY}, NAMED)
    aws.on_s3.add_client_error("get_access_point_policy_status", "AccessDenied", "no", http_status_code=403)
    found = aws.read()
    assert (found.points[0].policy, found.points[0].public) == (POLICY, None)
    assert len(found.unknown) == 1


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "ExpiredTokenException"])
def test_a_refused_sign_in_is_raised(aws: Clients, code: str) -> None:
    aws.on_fsx.add_client_error(LIST, code, "no", http_status_code=400)
    with pytest.raises(Unauthenticated):
        aws.read()


def test_volumes_are_asked_for_in_batches_and_one_refused_leaves_the_others(aws: Clients) -> None:
    ids = [f"fsvol-{number:017x}" for number in range(VALUES + 1)]
    listed = [attached(f"ap-{one}", S3AccessPoint={}, OntapConfiguration={"VolumeId": one}) for one in ids]
    aws.lists(*listed)
    aws.on_fsx.add_client_error(
        VOLUMES, "AccessDeniedException", "no", 400, expected_params={"VolumeIds": ids[:VALUES]}
    )
    last = {"VolumeId": ids[-1], "Name": "last", "OntapConfiguration": {"UUID": "u"}}
    aws.on_fsx.add_response(VOLUMES, {"Volumes": [last]}, {"VolumeIds": ids[VALUES:]})
    found = aws.read()
    assert [one.volume for one in found.points] == [""] * VALUES + ["last"]
    assert len(found.unknown) == 1
