"""Static proof of what can be seen of a deployed pipeline (layer a): dashboard, traces, tags, notices."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.deploy.templates import NAMES, machine, of_type, rendered, resources, statements

STAGES = ("Discover", "Process", "Summarise")
UNTAGGED = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::VPCEndpoint",
    "AWS::Events::Rule",
    "AWS::Glue::Database",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}
"""Kinds whose resources bear no tags: they cost nothing, take none, or get the stack's own by CloudFormation."""


@pytest.mark.parametrize("name", NAMES)
def test_the_dashboard_shows_what_runs_measure(name: str) -> None:
    (board,) = of_type(name, "AWS::CloudWatch::Dashboard").values()
    body = json.loads(re.sub(r"\$\{[^}]+\}", "x", board["DashboardBody"]["Fn::Sub"]))
    shown = {metric[1] for widget in body["widgets"] for metric in widget["properties"]["metrics"]}
    measured = machine(name)["States"]["Measure"]["Parameters"]["MetricData"]
    assert shown >= {row["MetricName"] for row in measured}
    assert shown >= {"ExecutionsSucceeded", "ExecutionsFailed", "Duration", "Errors", "Throttles"}
    places = {(widget["x"], widget["y"]) for widget in body["widgets"]}
    assert len(places) == len(body["widgets"]), "none lies over another"


@pytest.mark.parametrize("name", NAMES)
def test_traces_are_made_and_allowed_only_where_asked_for(name: str) -> None:
    for stage in STAGES:
        mode = resources(name)[f"{stage}Function"]["Properties"]["TracingConfig"]["Mode"]
        assert mode == {"Fn::If": ["WithTracing", "Active", "PassThrough"]}
    traced = resources(name)["StateMachine"]["Properties"]["TracingConfiguration"]["Enabled"]
    assert traced == {"Fn::If": ["WithTracing", True, False]}
    for role in ("DiscoverRole", "ProcessRole", "SummariseRole", "StateMachineRole"):
        found = [each["Fn::If"] for each in resources(name)[role]["Properties"]["Policies"] if "Fn::If" in each]
        (policy,) = [then for condition, then, otherwise in found if condition == "WithTracing"]
        actions = policy["PolicyDocument"]["Statement"][0]["Action"]
        always = [s for s in statements(name, role) if s not in policy["PolicyDocument"]["Statement"]]
        assert "xray:PutTraceSegments" in actions
        assert not [action for s in always for action in s["Action"] if action.startswith("xray:")]


@pytest.mark.parametrize("name", NAMES)
def test_what_costs_bears_the_use_case_and_the_stack(name: str) -> None:
    expected = {"fsxap:use-case": name, "fsxap:stack": {"Ref": "AWS::StackName"}}
    for logical, about in resources(name).items():
        tags = {row["Key"]: row["Value"] for row in about["Properties"].get("Tags", ())}
        assert tags == ({} if about["Type"] in UNTAGGED else expected), (logical, about["Type"])


@pytest.mark.parametrize("name", NAMES)
def test_finished_and_failed_runs_are_told_to_who_asked_for_it(name: str) -> None:
    assert rendered(name).parameters["NotificationEmail"]["Default"] == ""
    (mail,) = of_type(name, "AWS::SNS::Subscription").values()
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", {"Ref": "NotificationEmail"})
    assert resources(name)["TopicEmail"]["Condition"] == "HasEmail"
    senders = {
        statement["Principal"]["Service"]
        for statement in resources(name)["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    assert senders == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
