"""Spark's template: what it names exists, what it declares is used, and what its role may and may not do."""

from __future__ import annotations

import copy
import re
from fractions import Fraction
from typing import Any

import pytest

from fsxap.deploy import targets
from fsxap.deploy.render import render
from fsxap.engine.types import Workload
from fsxap.patterns.spark import PATTERN
from tests.unit.deploy import permissions
from tests.unit.deploy.permissions import KEY, OTHER, OUTPUT, SOURCE, STATE, allowed
from tests.unit.deploy.templates import conditions, listed, of_type, references, rendered, resources, statements

NAME = "spark"
LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group:/fsxap/fsxap-test/jobs:*"


def test_rendering_twice_gives_equal_bytes() -> None:
    assert render(targets.find(NAME), {}).text == rendered(NAME).text


def test_cfn_lint_finds_nothing() -> None:
    from cfnlint.api import lint

    assert [str(match) for match in lint(rendered(NAME).text, regions=["ap-northeast-1"])] == []


def test_every_reference_resolves_and_every_parameter_is_used() -> None:
    template = rendered(NAME).template
    found = references([template["Resources"], template["Conditions"]])
    assert {each for each in found if not each.startswith("AWS::")} <= {*template["Parameters"], *template["Resources"]}
    assert references(template["Outputs"]) <= set(template["Resources"])
    assert set(template["Parameters"]) <= found
    assert conditions([template["Resources"], template["Conditions"]]) == set(template["Conditions"])


def test_capacity_ends_and_idle_applications_stop() -> None:
    (about,) = of_type(NAME, "AWS::EMRServerless::Application").values()
    assert set(about["MaximumCapacity"]) == {"Cpu", "Memory", "Disk"} and "InitialCapacity" not in about
    assert about["AutoStopConfiguration"]["Enabled"] is True
    # The last release before S3A took the place of EMRFS behind s3://.
    assert about["ReleaseLabel"] == "emr-7.9.0"


def test_nothing_that_is_set_brings_back_a_committer_that_renames() -> None:
    (about,) = of_type(NAME, "AWS::EMRServerless::Application").values()
    (defaults,) = (each["Properties"] for each in about["RuntimeConfiguration"])
    assert defaults["spark.sql.parquet.fs.optimized.committer.optimization-enabled"] == "true"
    assert defaults["spark.sql.parquet.output.committer.class"].endswith("EmrOptimizedSparkSqlParquetOutputCommitter")
    assert defaults["spark.sql.sources.partitionOverwriteMode"] == "static"
    assert defaults["spark.speculation"] == "false"


def role(output: bool, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.setitem(permissions.NAMED, "JobLogs.Arn", LOGS)
    monkeypatch.setitem(permissions.NAMED, "AWS::NoValue", "none")
    return permissions.policy(NAME, "JobRole", output)


READS = [
    ("s3:ListBucket", SOURCE, True),
    ("s3:GetObject", f"{SOURCE}/object/scans/a.csv", True),
    ("s3:GetObject", f"{SOURCE}/object/payroll/a.csv", False),
    ("s3:GetObject", f"{OTHER}/object/scans/a.csv", False),
    ("s3:PutObject", f"{SOURCE}/object/scans/a.csv", False),
    ("s3:DeleteObject", f"{SOURCE}/object/scans/a.csv", False),
    ("s3:GetObject", f"{STATE}/spark/abc/job.py", True),
    ("s3:PutObject", f"{STATE}/spark/abc/job.py", False),
    ("s3:GetObject", f"{STATE}/runs/1", False),
    ("kms:Decrypt", KEY, True),
    ("kms:GenerateDataKey", KEY, False),
    ("logs:PutLogEvents", LOGS, True),
    ("logs:PutLogEvents", LOGS.replace("fsxap-test", "other"), False),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/any", False),
]
IN_SOURCE = [
    ("s3:PutObject", f"{SOURCE}/object/scans/_fsxap/spark/run/rows/part-0", True),
    ("s3:AbortMultipartUpload", f"{SOURCE}/object/scans/_fsxap/spark/run/rows/part-0", True),
    ("s3:PutObject", f"{SOURCE}/object/scans/_fsxap/idp/x.json", False),
    ("s3:PutObject", f"{OUTPUT}/object/a", False),
]
ELSEWHERE = [
    ("s3:PutObject", f"{OUTPUT}/object/run/rows/part-0", True),
    ("s3:DeleteObject", f"{OUTPUT}/object/run/rows", True),
    ("s3:ListBucket", OUTPUT, True),
    ("s3:PutObject", f"{SOURCE}/object/scans/_fsxap/spark/x", False),
]
CALLS = [(False, *call) for call in (*READS, *IN_SOURCE)] + [(True, *call) for call in (*READS, *ELSEWHERE)]


@pytest.mark.parametrize(("output", "action", "resource", "expected"), CALLS)
def test_calls(output: bool, action: str, resource: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert allowed(role(output, monkeypatch), action, resource, {}) == expected


@pytest.mark.parametrize("sid", ["List", "Read", "Write", "Scripts", "ScriptKey", "Logs"])
def test_no_statement_is_there_for_nothing(sid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them taken away, a call that jobs make is refused; made wide, one that they never make is allowed."""
    whole = role(False, monkeypatch)
    lacking = [row for row in whole if row["Sid"] != sid]
    calls = [*READS, *IN_SOURCE]
    assert any(good and not allowed(lacking, action, on, {}) for action, on, good in calls)
    wide = copy.deepcopy(whole)
    next(row for row in wide if row["Sid"] == sid)["Resource"] = ["*"]
    next(row for row in wide if row["Sid"] == sid)["Action"] = ["s3:*", "kms:*", "logs:*"]
    assert any(not good and allowed(wide, action, on, {}) for action, on, good in calls)


def test_only_what_supports_no_resources_has_a_star() -> None:
    for row in statements(NAME, "JobRole"):
        assert not any("*" in action for action in listed(row["Action"]))
        assert "*" not in listed(row["Resource"]) or row["Sid"] == "LogGroups"
    (trust,) = resources(NAME)["JobRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}


def test_a_month_grows_with_runs_and_bytes() -> None:
    small, big = (PATTERN.month(Workload(10, size, Fraction(30))) for size in (10**9, 10**12))
    assert small["emr_vcpu_seconds"] < big["emr_vcpu_seconds"]
    twice = PATTERN.month(Workload(10, 10**9, Fraction(60)))
    assert twice["emr_memory_gb_seconds"] == 2 * small["emr_memory_gb_seconds"]


def test_the_release_says_which_pyspark_is_the_extra() -> None:
    from pathlib import Path

    text = Path("pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^spark = \["pyspark>=3\.5\.5,<3\.6"', text, re.MULTILINE)
