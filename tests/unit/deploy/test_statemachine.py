"""Static proof of the state machine (layer a): bounded, retried with jitter, without payloads, redrivable."""

from __future__ import annotations

from typing import Any

import pytest

from fsxap.retry import LAMBDA_FAULTS, Retry
from tests.unit.deploy.templates import NAMES, machine, nodes, states


def successors(state: dict[str, Any]) -> set[str]:
    found = {choice["Next"] for choice in state.get("Choices", ())} | {
        catch["Next"] for catch in state.get("Catch", ())
    }
    return found | {state[name] for name in ("Next", "Default") if name in state}


def graphs(name: str) -> list[dict[str, Any]]:
    top = machine(name)
    return [top, top["States"]["ProcessAll"]["ItemProcessor"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_reached_and_leads_on(name: str) -> None:
    for graph in graphs(name):
        reached, open_ = set(), {graph["StartAt"]}
        while open_:
            state = open_.pop()
            reached.add(state)
            open_ |= successors(graph["States"][state]) - reached
        assert reached == set(graph["States"])
        for state in graph["States"].values():
            assert successors(state) or state.get("End") or state["Type"] in ("Succeed", "Fail")


@pytest.mark.parametrize("name", NAMES)
def test_every_task_has_a_time_out_and_jittered_retries(name: str) -> None:
    assert machine(name)["TimeoutSeconds"] > 0
    for _, state in states(machine(name)):
        if state["Type"] == "Task":
            assert 0 < state["TimeoutSeconds"] <= 930
            assert state["Retry"][0]["JitterStrategy"] == "FULL"
            assert state["Retry"][0]["MaxAttempts"] == Retry().attempts - 1


@pytest.mark.parametrize("name", NAMES)
def test_lambdas_are_retried_for_faults_of_lambda_only(name: str) -> None:
    """What a handler raises was retried inside it: more attempts would multiply."""
    for _, state in states(machine(name)):
        if str(state.get("Resource", "")).endswith("lambda:invoke"):
            assert state["Retry"] == Retry().for_state_machine()
            assert state["Retry"][0]["ErrorEquals"] == list(LAMBDA_FAULTS)


@pytest.mark.parametrize("name", NAMES)
def test_items_are_read_from_the_manifest_in_batches(name: str) -> None:
    state = machine(name)["States"]["ProcessAll"]
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert state["ItemReader"]["Parameters"] == {"Bucket": "statebucket", "Key.$": "$.found.key"}
    assert state["ItemBatcher"]["BatchInput"] == {"stage": "process", "use_case": name, "run.$": "$.found.run"}
    assert state["ItemBatcher"]["MaxInputBytesPerBatch"] <= 262_144
    assert state["ToleratedFailurePercentage"] == 5
    assert state["ResultWriter"]["Parameters"]["Prefix"] == "map"
    assert "ItemsPath" not in state


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_goes_on_only_while_it_gets_on(name: str) -> None:
    child = machine(name)["States"]["ProcessAll"]["ItemProcessor"]["States"]
    done, progress = child["Complete"]["Choices"]
    assert (done["Variable"], done["BooleanEquals"], done["Next"]) == ("$.answer.complete", True, "Processed")
    assert (progress["Variable"], progress["NumericGreaterThanPath"]) == ("$.answer.done", "$.before.done")
    assert child[progress["Next"]]["ResultPath"] == "$.before"
    assert child[child["Complete"]["Default"]]["Type"] == "Fail"
    assert child["Process"]["ResultPath"] == "$.answer", "the items of the batch are kept for the next pass"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_caught_so_that_a_redrive_goes_on_at_what_failed(name: str) -> None:
    assert not [state for _, state in states(machine(name)) if "Catch" in state]


@pytest.mark.parametrize("name", NAMES)
def test_the_oldest_execution_works_and_others_leave(name: str) -> None:
    top = machine(name)["States"]
    assert machine(name)["StartAt"] == "WhoIsRunning"
    assert top["WhoIsRunning"]["Parameters"]["StatusFilter"] == "RUNNING"
    assert top["Alone"]["Choices"][0]["IsPresent"] is False
    assert top["MyTurn"]["Choices"] == [
        {"Variable": "$.lease.first", "StringEqualsPath": "$.lease.mine", "Next": "Discover"}
    ]
    assert top[top["MyTurn"]["Default"]].get("End")


@pytest.mark.parametrize("name", NAMES)
def test_states_carry_references_and_counts(name: str) -> None:
    """Every Lambda's answer is cut down to what the next state asks for."""
    for each, state in states(machine(name)):
        if str(state.get("Resource", "")).endswith("lambda:invoke"):
            assert state["ResultSelector"], each
            assert "$.Payload" not in {node for node in nodes(state["ResultSelector"]) if isinstance(node, str)}


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_is_told_where_the_map_keeps_what_died(name: str) -> None:
    top = machine(name)["States"]
    path = top["Summarise"]["Parameters"]["Payload"]["results.$"]
    assert path == "$.map.ResultWriterDetails.Key", "as a map with a ResultWriter answers"
    assert top["ProcessAll"]["ResultPath"] == top["Nothing"]["ResultPath"] == "$.map"
    assert top["Nothing"]["Parameters"] == {"ResultWriterDetails": {"Key": ""}}
