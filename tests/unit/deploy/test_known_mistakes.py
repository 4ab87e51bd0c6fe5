"""Mistakes that deployed pipelines over access points are known to make, each with a test that fails if made here.

The first part are the thirteen that were met when such pipelines were first tried on AWS, in their order; the second
part are those found by reading templates. What they are about is in docs/deploy.md.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fsxap.deploy import package
from fsxap.deploy.render import render
from fsxap.engine import catalog, locations
from fsxap.engine.stores import output_location
from fsxap.providers.tables import identifier
from tests.unit.deploy.templates import (
    NAMES,
    listed,
    machine,
    nodes,
    of_type,
    references,
    rendered,
    resources,
    statements,
    states,
)
from tests.usecases.drivers import by_lambda


def as_text(value: object) -> str:
    """A parameter's value as somebody would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


FUNCTIONS = ("DiscoverFunction", "ProcessFunction", "SummariseFunction")
ONTAP = [name for name in NAMES if catalog.load(name).footprint.needs_ontap]
OTHERS = [name for name in NAMES if name not in ONTAP]
NARRATORS = [name for name in NAMES if "narrator" in catalog.load(name).engines]


def variables(name: str, function: str = "ProcessFunction") -> dict[str, Any]:
    found: dict[str, Any] = resources(name)[function]["Properties"]["Environment"]["Variables"]
    return found


# What was met when it was first tried.


def test_01_answers_of_every_stage_are_plain_json(tmp_path: Path) -> None:
    from fsxap.emulator.sample import write_sample

    write_sample(tmp_path / "volume")
    answers = by_lambda("legal-compliance", str(tmp_path / "lambda"), {"FSXAP_SOURCE": str(tmp_path / "volume")})
    assert json.loads(json.dumps(answers)) == answers


@pytest.mark.parametrize("name", NARRATORS)
def test_02_a_model_is_called_by_its_profile_and_both_are_allowed(name: str) -> None:
    (allowed,) = [s for s in statements(name, "SummariseRole") if "bedrock:InvokeModel" in listed(s["Action"])]
    profile, model = allowed["Resource"]
    assert ":inference-profile/${BedrockModel}" in profile["Fn::Sub"][0]
    assert model["Fn::Sub"].endswith(":bedrock:*::foundation-model/${BedrockFoundationModel}")
    for other in ("DiscoverRole", "ProcessRole"):
        assert not [s for s in statements(name, other) if "bedrock:InvokeModel" in listed(s["Action"])]


@pytest.mark.parametrize("name", [name for name in NAMES if of_type(name, "AWS::Glue::Database")])
def test_03_names_in_sql_need_no_quoting(name: str) -> None:
    about = rendered(name).parameters["AthenaDatabase"]
    assert identifier(about["Default"], "database") == about["Default"]
    assert not re.search(about["AllowedPattern"], "fsxap-legal-compliance")


def test_04_zips_of_use_cases_cannot_be_taken_for_each_other(tmp_path: Path) -> None:
    empty = tmp_path / "none"
    keys = {package.build(catalog.load(name), tmp_path, wheels=lambda *_: empty).key for name in NAMES}
    assert len(keys) == len(NAMES)
    assert all(any(key.startswith(f"fsxap/{name}-") for name in NAMES) for key in keys)


@pytest.mark.parametrize("name", ONTAP)
def test_05_a_vpc_that_has_a_gateway_endpoint_gets_no_second_one(name: str) -> None:
    assert resources(name)["S3GatewayEndpoint"]["Condition"] == "WithGatewayEndpoint"
    assert rendered(name).parameters["EnableS3GatewayEndpoint"]["AllowedValues"] == ["true", "false"]


@pytest.mark.parametrize("name", ONTAP)
def test_06_a_gateway_endpoint_without_routes_is_refused(name: str) -> None:
    """Calls through it end in nothing but the function's time-out."""
    rule = rendered(name).template["Rules"]["GatewayEndpointHasRoutes"]
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Contains": [{"Ref": "RouteTableIds"}, ""]}]}
    assert resources(name)["S3GatewayEndpoint"]["Properties"]["RouteTableIds"] == {"Ref": "RouteTableIds"}


@pytest.mark.parametrize("name", NAMES)
def test_07_any_parameter_of_the_use_case_reaches_its_functions(name: str) -> None:
    given = {each.name: as_text(each.default) for each in catalog.load(name).params if each.default is not None}
    made = render(catalog.load(name), given)
    for function in FUNCTIONS:
        found = made.template["Resources"][function]["Properties"]["Environment"]["Variables"]
        assert {f"FSXAP_PARAM_{each.upper()}" for each in given} <= set(found)


@pytest.mark.parametrize("name", ONTAP)
def test_08_a_certificate_of_ones_own_is_brought_and_verification_stays_on(name: str) -> None:
    assert variables(name)["FSXAP_ONTAP_CA"] == {"Ref": "OntapCa"}
    assert "insecure" not in rendered(name).text.lower()
    assert "verify" not in rendered(name).text.lower()


@pytest.mark.parametrize("name", ONTAP)
def test_09_route_tables_and_subnets_are_lists(name: str) -> None:
    assert rendered(name).parameters["RouteTableIds"]["Type"] == "CommaDelimitedList"
    assert rendered(name).parameters["SubnetIds"]["Type"] == "List<AWS::EC2::Subnet::Id>"


@pytest.mark.parametrize("name", NAMES)
def test_10_only_functions_that_call_ontap_are_in_a_vpc(name: str) -> None:
    inside = [function for function in FUNCTIONS if "VpcConfig" in resources(name)[function]["Properties"]]
    assert inside == (list(FUNCTIONS) if name in ONTAP else [])


@pytest.mark.parametrize("name", [name for name in NAMES if "phi_text" in catalog.load(name).engines])
def test_11_another_region_is_a_choice_that_must_be_accepted(name: str) -> None:
    assert variables(name)["FSXAP_COMPREHEND_MEDICAL_REGION"] == {"Ref": "ComprehendMedicalRegion"}
    assert rendered(name).parameters["ComprehendMedicalRegion"]["Default"] == "", "no region is chosen for anybody"
    (assertion,) = rendered(name).template["Rules"]["ComprehendMedicalRegionAccepted"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AcceptCrossRegion"}, "true"]}
    assert rendered(name).parameters["AcceptCrossRegion"]["Default"] == "false"


@pytest.mark.parametrize("name", [name for name in NAMES if "documents" in catalog.load(name).engines])
def test_11_documents_go_to_another_region_only_if_that_is_accepted(name: str) -> None:
    assert variables(name)["FSXAP_PARAM_TEXTRACT_REGION"] == {"Ref": "TextractRegion"}
    assert variables(name)["FSXAP_PARAM_ACCEPT_CROSS_REGION"] == {"Ref": "AcceptCrossRegion"}
    assert rendered(name).parameters["TextractRegion"]["Default"] == ""
    (assertion,) = rendered(name).template["Rules"]["TextractRegionAccepted"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AcceptCrossRegion"}, "true"]}


def test_12_states_ask_for_fields_that_answers_have(tmp_path: Path) -> None:
    from fsxap.emulator.sample import write_sample

    write_sample(tmp_path / "volume")
    answers = by_lambda("legal-compliance", str(tmp_path / "lambda"), {"FSXAP_SOURCE": str(tmp_path / "volume")})
    found = {"Discover": answers["begun"], "Process": answers["batches"][0], "Summarise": answers["ended"]}
    for state, about in states(machine("legal-compliance")):
        for path in about.get("ResultSelector", {}).values() if state in found else ():
            node = found[state]
            for part in path.removeprefix("$.Payload.").split("."):
                assert part in node, (state, path)
                node = node[part]
    for metric in machine("legal-compliance")["States"]["Measure"]["Parameters"]["MetricData"]:
        node = answers["ended"]
        for part in metric["Value.$"].removeprefix("$.summary.").split("."):
            node = node[part]
        assert isinstance(node, int)


@pytest.mark.parametrize("name", NAMES)
def test_13_code_is_far_below_lambdas_limit_without_its_native_packages(name: str, tmp_path: Path) -> None:
    made = package.build(catalog.load(name), tmp_path, wheels=lambda *_: tmp_path / "none")
    assert made.unzipped < 10 << 20
    assert "pyarrow" not in package.native(catalog.load(name))


# What reading templates found.


@pytest.mark.parametrize("name", NAMES)
def test_items_are_not_carried_in_the_state(name: str) -> None:
    """256 KiB end a run at about 1,450 files; an inline map at 40 at a time and 25,000 events."""
    state = machine(name)["States"]["ProcessAll"]
    assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert state["ItemReader"]["Resource"].endswith(":s3:getObject")
    assert state["ResultWriter"]["Resource"].endswith(":s3:putObject")


@pytest.mark.parametrize("name", NAMES)
def test_what_fails_keeps_its_key_and_cause(name: str) -> None:
    fixed = [each for each, state in states(machine(name)) if state["Type"] == "Pass" and "Result" in state]
    assert fixed == ["Begin"], "no fixed result takes the place of an item"
    assert machine(name)["States"]["ProcessAll"]["ResultWriter"]["Parameters"]["Bucket"] == "statebucket"


@pytest.mark.parametrize("name", NAMES)
def test_the_notice_is_the_summary_and_not_the_number_discovered(name: str) -> None:
    tell = machine(name)["States"]["Tell"]
    assert tell["Parameters"]["Message.$"] == "States.JsonToString($.summary)"
    assert "coverage.$" in machine(name)["States"]["Summarise"]["ResultSelector"]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_fails_is_told_of_without_alarms_being_bought(name: str) -> None:
    rule = resources(name)["FailedRuns"]
    assert "Condition" not in rule
    assert rule["Properties"]["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert rule["Properties"]["Targets"][0]["Arn"] == {"Ref": "Topic"}


@pytest.mark.parametrize("name", OTHERS)
def test_outputs_are_not_the_next_runs_inputs(name: str) -> None:
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/records"
    source = locations.parse(f"{arn}/object/scans/")
    written = output_location(source, f"{arn}/object/scans/", name)
    assert written.prefix == f"scans/_fsxap/{name}/", "discovery skips _fsxap"
    inside = [
        statement["Resource"]
        for statement in statements(name, "ProcessRole")
        if "s3:PutObject" in listed(statement["Action"]) and "SourceArn" in references(statement["Resource"])
    ]
    for resource in inside:
        assert resource[0]["Fn::If"][2] == {"Fn::Sub": f"${{SourceArn}}/object/${{SourcePrefix}}_fsxap/{name}/*"}


@pytest.mark.parametrize("name", NAMES)
def test_concurrency_and_tolerance_are_what_the_parameters_say(name: str) -> None:
    text = resources(name)["StateMachine"]["Properties"]["DefinitionString"]["Fn::Sub"]
    for parameter in ("MaxConcurrency", "ToleratedFailurePercentage", "RunTimeoutSeconds"):
        assert f'"{parameter.replace("RunT", "T")}": ${{{parameter}}}' in text
    assert '"MaxItemsPerBatch": ${BatchSize}' in text


@pytest.mark.parametrize("name", OTHERS)
def test_no_ontap_where_it_is_not_called(name: str) -> None:
    asked = {each for each in rendered(name).parameters if each.startswith(("Ontap", "Vpc", "Subnet", "Svm", "Route"))}
    assert asked == set()
    assert not of_type(name, "AWS::EC2::SecurityGroup")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_waits_for_events_that_access_points_never_send(name: str) -> None:
    sources = [each["EventPattern"]["source"] for each in of_type(name, "AWS::Events::Rule").values()]
    assert sources == [["aws.states"]]


@pytest.mark.parametrize("name", NAMES)
def test_alarm_profiles_differ(name: str) -> None:
    profiles = rendered(name).template["Mappings"]["Alarms"]
    batch, realtime = profiles["BATCH"], profiles["REALTIME"]
    assert batch.keys() == realtime.keys()
    assert all(batch[each] != realtime[each] for each in batch)
    looked_up = {
        node["Fn::FindInMap"][2]
        for node in nodes(resources(name))
        if isinstance(node, dict) and "Fn::FindInMap" in node
    }
    assert looked_up == set(batch)
    for alarm in of_type(name, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
    assert all(
        resources(name)[each].get("Condition") == "WithAlarms" for each in of_type(name, "AWS::CloudWatch::Alarm")
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_is_billed_by_the_hour_is_off_until_asked_for(name: str) -> None:
    parameters = rendered(name).parameters
    for each in ("EnableInterfaceEndpoints", "EnableDashboard", "EnableTracing"):
        assert parameters.get(each, {"Default": "false"})["Default"] == "false"
    assert parameters["AlarmProfile"]["Default"] == "OFF"
    for logical, about in resources(name).items():
        if about["Type"] == "AWS::EC2::VPCEndpoint" and about["Properties"]["VpcEndpointType"] == "Interface":
            assert about["Condition"].startswith("With"), logical


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_stay_out_of_logs(name: str) -> None:
    logging = resources(name)["StateMachine"]["Properties"]["LoggingConfiguration"]
    assert logging["IncludeExecutionData"] is False


@pytest.mark.parametrize("name", NAMES)
def test_every_log_group_is_encrypted_and_ends(name: str) -> None:
    groups = of_type(name, "AWS::Logs::LogGroup")
    assert len(groups) == 4
    for about in groups.values():
        assert about["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert about["KmsKeyId"] == {"Fn::GetAtt": ["StateKey", "Arn"]}


@pytest.mark.parametrize("name", NAMES)
def test_lambda_does_not_hide_log_lines(name: str) -> None:
    """JSON as Lambda's format drops what is below its own level, and wraps what is JSON already."""
    for function in FUNCTIONS:
        assert resources(name)[function]["Properties"]["LoggingConfig"]["LogFormat"] == "Text"


@pytest.mark.parametrize("name", NAMES)
def test_state_is_in_a_bucket_that_is_private_versioned_encrypted_and_ends(name: str) -> None:
    bucket = resources(name)["StateBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    (deny,) = resources(name)["StateBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    prefixes = {each.get("Prefix", "") for each in bucket["LifecycleConfiguration"]["Rules"]}
    assert prefixes == {"", "map/"} | ({"athena/"} if of_type(name, "AWS::Athena::WorkGroup") else set())
    assert variables(name)["FSXAP_STATE_BUCKET"] == {"Fn::Sub": "s3://${StateBucket}"}


@pytest.mark.parametrize("name", [name for name in NAMES if of_type(name, "AWS::Athena::WorkGroup")])
def test_athena_writes_to_a_bucket_and_its_work_group_can_be_deleted(name: str) -> None:
    (group,) = of_type(name, "AWS::Athena::WorkGroup").values()
    assert group["RecursiveDeleteOption"] is True
    assert group["WorkGroupConfiguration"]["EnforceWorkGroupConfiguration"] is True
    place = group["WorkGroupConfiguration"]["ResultConfiguration"]["OutputLocation"]
    assert references(place) == {"StateBucket"}


@pytest.mark.parametrize("name", NAMES)
def test_no_role_is_named_so_that_no_stronger_capability_is_needed(name: str) -> None:
    assert not [each for each in of_type(name, "AWS::IAM::Role").values() if "RoleName" in each]
    assert not [each for each in of_type(name, "AWS::IAM::Role").values() if "ManagedPolicyArns" in each]


@pytest.mark.parametrize("name", ONTAP)
def test_egress_is_https_to_named_places(name: str) -> None:
    rules = [
        *resources(name)["FunctionSecurityGroup"]["Properties"]["SecurityGroupEgress"],
        *of_type(name, "AWS::EC2::SecurityGroupEgress").values(),
    ]
    assert {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules} == {("tcp", 443, 443)}
    places = [references(rule) - {"FunctionSecurityGroup"} for rule in rules]
    assert places == [{"OntapCidr"}, {"S3PrefixListId"}, {"ServicesCidr"}, {"EndpointSecurityGroup"}]


@pytest.mark.parametrize("name", NAMES)
def test_starts_that_fail_are_kept(name: str) -> None:
    target = resources(name)["Schedule"]["Properties"]["Target"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 3600, "a start that is an hour late is the next one's"


@pytest.mark.parametrize("name", NAMES)
def test_memory_and_time_are_the_footprints(name: str) -> None:
    footprint = catalog.load(name).footprint
    process = resources(name)["ProcessFunction"]["Properties"]
    assert (process["MemorySize"], process["Timeout"]) == (footprint.memory, footprint.timeout)
