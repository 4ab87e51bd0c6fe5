"""What `fsxap cost` counts of a stack is what the templates make."""

from __future__ import annotations

from typing import Any

import pytest

from fsxap.costs import deployment
from tests.unit.deploy.templates import NAMES, machine, of_type, rendered


def walk(machine: dict[str, Any], turns: dict[str, str]) -> list[str]:
    """States entered from the start, choices decided by `turns`."""
    found, name = [], machine["StartAt"]
    while name:
        found.append(name)
        name = turns.get(name) or machine["States"][name].get("Next", "")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_states_of_runs_and_batches(name: str) -> None:
    states = machine(name)
    run = walk(states, {"Alone": "Oldest", "MyTurn": "Discover", "AnythingToDo": "ProcessAll"})
    assert len(run) == deployment.STATES_OF_A_RUN
    batch = states["States"]["ProcessAll"]["ItemProcessor"]
    assert len(walk(batch, {"Complete": "Processed"})) == deployment.STATES_OF_A_BATCH
    assert batch["States"]["Again"]["Next"] == "Process"
    assert batch["States"]["Process"]["Next"] == "Complete"


@pytest.mark.parametrize("name", NAMES)
def test_batches_metrics_and_alarms(name: str) -> None:
    assert int(rendered(name).parameters["BatchSize"]["Default"]) == deployment.BATCH
    alarms = of_type(name, "AWS::CloudWatch::Alarm").values()
    # An alarm over an expression is billed for each metric in it.
    billed = sum(sum("MetricStat" in one for one in alarm.get("Metrics", ())) or 1 for alarm in alarms)
    assert billed == deployment.ALARM_METRICS
    measured = machine(name)["States"]["Measure"]["Parameters"]["MetricData"]
    assert len(measured) == deployment.CUSTOM_METRICS


def test_interface_endpoints_of_an_audit() -> None:
    made = of_type("legal-compliance", "AWS::EC2::VPCEndpoint").values()
    services = [str(each["ServiceName"]) for each in made if each["VpcEndpointType"] == "Interface"]
    # Secrets Manager, Athena, Glue; and the model's, where there is a model.
    assert len(services) == 4
    assert sum("bedrock" in service for service in services) == 1
