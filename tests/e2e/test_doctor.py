"""`fsxap doctor` as a program: offline, against moto, against the ONTAP emulator."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fsxap.emulator.faults import Faults
from fsxap.emulator.server import Emulator, serve
from fsxap.emulator.trees import Folder
from tests import moto_server
from tests.e2e.program import Done, Program

ALIAS = "doctor-abc123-ext-s3alias"
LAYERS = [
    "environment",
    "credentials",
    "IAM",
    "access point",
    "network origin",
    "file-system identity",
    "Active Directory",
    "ONTAP",
    "services",
    "quotas",
]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server.serving() as url:
        moto_server.bucket(url, ALIAS, {"scans/a.dcm": b"12345", "scans/empty": b""})
        yield url


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    from fsxap.emulator.sample import write_sample

    write_sample(tmp_path / "volume")
    with serve([Folder(tmp_path / "volume")]) as running:
        yield running


def check(done: Done, layer: str, name: str) -> dict[str, Any]:
    (found,) = (each for each in done.of("check") if (each["layer"], each["check"]) == (layer, name))
    return found


def test_a_laptop_with_nothing_configured(fsxap: Program) -> None:
    done = fsxap("doctor", timeout=30)
    assert done.code == 0, done.err
    found = done.of("check")
    assert list(dict.fromkeys(each["layer"] for each in found)) == LAYERS
    assert not [each for each in found if each["status"] == "fail"]
    assert all(each["hint"] for each in found if each["status"] == "skip" and each["layer"] in LAYERS[2:8])


def test_an_access_point_without_credentials(fsxap: Program) -> None:
    done = fsxap("doctor", "-s", ALIAS, "--region", "eu-west-1")
    assert done.code == 3
    assert check(done, "credentials", "AWS credentials")["code"] == "no-credentials"
    assert check(done, "IAM", "reading the access point")["status"] == "skip"


def test_an_access_point_that_answers(fsxap: Program, endpoint: str) -> None:
    where = ("-s", f"s3://{ALIAS}/scans", "--endpoint-url", endpoint)
    done = fsxap("doctor", *where, "--use-case", "healthcare-dicom", **moto_server.ENVIRON)
    assert check(done, "access point", "data answers")["status"] == "pass"
    assert check(done, "network origin", "connection")["status"] == "pass"
    assert check(done, "services", "comprehendmedical")["status"] == "pass"
    jobs = fsxap("doctor", *where, "--use-case", "spark", **moto_server.ENVIRON)
    assert check(jobs, "services", "emr-serverless")["status"] == "pass"
    whole = fsxap("doctor", *where, "--explain", "a.dcm", **moto_server.ENVIRON)
    assert (whole.code, whole.of("check")[0]["detail"]) == (0, "it can be read: 5 bytes")
    assert fsxap("doctor", *where, "--explain", "empty", **moto_server.ENVIRON).code == 0
    gone = fsxap("doctor", *where, "--explain", "b.dcm", **moto_server.ENVIRON)
    assert (gone.code, gone.of("check")[0]["code"]) == (3, "key-vanished")


def test_a_bucket_that_is_not_there(fsxap: Program, endpoint: str) -> None:
    done = fsxap("doctor", "-s", "other-abc-ext-s3alias", "--endpoint-url", endpoint, **moto_server.ENVIRON)
    assert done.code == 3
    assert check(done, "access point", "reading the source")["code"] == "no-such-bucket"


def test_nobody_listens(fsxap: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    done = fsxap("doctor", "-s", ALIAS, "--endpoint-url", url, "--ontap", url, **moto_server.ENVIRON)
    assert done.code == 3
    assert check(done, "network origin", "reading the source")["code"] == "not-connected"
    assert check(done, "ONTAP", "connection")["code"] == "unreachable"


def ontap(fsxap: Program, emulator: Emulator, *more: str, password: str = "") -> Done:
    assert emulator.ca_file
    flags = ("--ontap", emulator.url, "--ontap-user", emulator.user, "--ontap-secret", "env:PW")
    return fsxap("doctor", *flags, "--ontap-ca", emulator.ca_file, *more, PW=password or emulator.password)


def test_ontap_that_answers(fsxap: Program, emulator: Emulator) -> None:
    done = ontap(fsxap, emulator)
    assert done.code == 0, done.out
    assert check(done, "ONTAP", "release")["detail"].startswith("ONTAP 9.")
    assert check(done, "Active Directory", "domain controllers")["status"] == "pass"
    missing = ontap(fsxap, emulator, "--svm", "nowhere")
    assert (missing.code, check(missing, "ONTAP", "SVM")["code"]) == (3, "no-such-svm")


def test_a_refused_password_is_tried_once(fsxap: Program, emulator: Emulator) -> None:
    before = emulator.counters.total
    done = ontap(fsxap, emulator, password="wrong")
    assert (done.code, check(done, "ONTAP", "sign-in")["status"]) == (3, "fail")
    assert emulator.counters.total == before + 1


def test_a_certificate_nobody_vouches_for(fsxap: Program, emulator: Emulator) -> None:
    flags = ("--ontap", emulator.url, "--ontap-user", emulator.user, "--ontap-secret", "env:PW")
    done = fsxap("doctor", *flags, PW=emulator.password)
    assert check(done, "ONTAP", "sign-in")["code"] == "certificate"


def test_faults_end_in_answers(fsxap: Program, emulator: Emulator) -> None:
    emulator.set_faults(Faults(server_error=1.0))
    assert check(ontap(fsxap, emulator), "ONTAP", "sign-in")["status"] == "fail"


def test_explaining_needs_an_access_point(fsxap: Program, tmp_path: Path) -> None:
    assert fsxap("doctor", "--explain", "a").code == 2
    assert fsxap("doctor", "-s", tmp_path, "--explain", "a").code == 2
