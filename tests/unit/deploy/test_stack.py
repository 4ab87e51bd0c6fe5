"""Change sets from plan to end, on recorded shapes: what is asked, what is told, what a failure says."""

from __future__ import annotations

import pytest

from fsxap.deploy import stack
from fsxap.errors import AccessDenied, ConfigurationError, ServiceError
from fsxap.model import Record
from tests.unit.deploy.cloud import Cloud, Refusal, Stacks


def world(**chosen: object) -> tuple[Stacks, stack.Stack]:
    stacks = Stacks(Cloud(), **chosen)  # type: ignore[arg-type]
    return stacks, stack.Stack(stacks.cloud.client("cloudformation"), Stacks.NAME, lambda _: None)


def planned(target: stack.Stack, kept: list[str] | None = None) -> stack.Plan:
    return stack.plan(target, "{}", {"CodeKey": "k.zip"}, kept or [], {"fsxap:target": "idp"})


def test_a_new_stack_is_planned_as_creation_and_every_page_of_changes_is_read() -> None:
    stacks, target = world()
    made = planned(target)
    (asked,) = stacks.cloud.asked("cloudformation.CreateChangeSet")
    assert asked["ChangeSetType"] == "CREATE"
    assert asked["Capabilities"] == ["CAPABILITY_IAM"], "roles have no names of their own"
    assert [(change["action"], change["name"], change["detail"]) for change in made.changes] == [
        ("create", "StateBucket", ""),
        ("update", "Process", "Code"),
        ("replace", "StateMachine", "Name"),
        ("delete", "Dashboard", ""),
    ]
    assert set(made.changes[0]) == {"type", "action", "kind", "name", "detail"}


def test_an_update_keeps_the_values_that_were_not_given() -> None:
    stacks, target = world(status="UPDATE_COMPLETE")
    planned(target, ["Svm"])
    (asked,) = stacks.cloud.asked("cloudformation.CreateChangeSet")
    assert asked["ChangeSetType"] == "UPDATE"
    assert asked["Parameters"] == [
        {"ParameterKey": "CodeKey", "ParameterValue": "k.zip"},
        {"ParameterKey": "Svm", "UsePreviousValue": True},
    ]


def test_no_change_is_an_empty_plan_and_leaves_no_change_set() -> None:
    stacks, target = world(status="CREATE_COMPLETE", no_changes=True)
    assert planned(target) == stack.Plan(target, "", "UPDATE", ())
    assert "cloudformation.DeleteChangeSet" in stacks.cloud.operations


def test_a_plan_that_is_refused_says_why_and_leaves_nothing() -> None:
    stacks, target = world(refused="Template error: instance of Fn::GetAtt references undefined resource X")
    with pytest.raises(ServiceError, match="undefined resource X"):
        planned(target)
    assert stacks.status == ""


@pytest.mark.parametrize(
    ("status", "code"), [("ROLLBACK_COMPLETE", "stack-state"), ("UPDATE_IN_PROGRESS", "stack-busy")]
)
def test_states_that_cannot_be_changed_say_what_to_do(status: str, code: str) -> None:
    stacks, target = world(status=status)
    with pytest.raises(ConfigurationError) as refused:
        planned(target)
    assert refused.value.code == code and refused.value.hint
    assert "cloudformation.CreateChangeSet" not in stacks.cloud.operations


def test_a_plan_taken_back_leaves_no_empty_stack() -> None:
    stacks, target = world()
    stack.discard(planned(target))
    assert stacks.status == ""


def test_a_plan_for_an_existing_stack_taken_back_leaves_the_stack() -> None:
    stacks, target = world(status="CREATE_COMPLETE")
    stack.discard(planned(target))
    assert stacks.status == "CREATE_COMPLETE"
    assert "cloudformation.DeleteStack" not in stacks.cloud.operations


def test_applying_tells_of_each_event_once_in_order() -> None:
    _, target = world()
    told: list[Record] = []
    about = stack.apply(planned(target), told.append)
    assert about["StackStatus"] == "CREATE_COMPLETE"
    assert [(event["name"], event["status"]) for event in told] == [
        ("StateBucket", "CREATE_IN_PROGRESS"),
        ("StateBucket", "CREATE_COMPLETE"),
        (Stacks.NAME, "CREATE_COMPLETE"),
    ]


def test_the_resource_that_failed_first_comes_first() -> None:
    _, target = world(broken="ProcessRole")
    with pytest.raises(ServiceError) as failed:
        stack.apply(planned(target), lambda _: None)
    assert failed.value.message.startswith("ProcessRole: the policy has a syntax error")
    assert "ROLLBACK_COMPLETE" in failed.value.message


def test_deleting_follows_the_stack_by_its_id() -> None:
    stacks, target = world(status="CREATE_COMPLETE")
    stack.delete(target, lambda _: None)
    assert stacks.status == "DELETE_COMPLETE"
    assert {params["StackName"] for params in stacks.cloud.asked("cloudformation.DescribeStackEvents")} == {Stacks.ID}


def test_a_deletion_that_fails_says_what_was_in_the_way() -> None:
    _, target = world(status="CREATE_COMPLETE", broken="StateBucket")
    with pytest.raises(ServiceError, match="StateBucket: The bucket is not empty"):
        stack.delete(target, lambda _: None)


def test_a_stack_that_is_not_there_is_no_error_but_one_that_may_not_be_seen_is() -> None:
    stacks, target = world()
    assert target.describe() is None

    def refuse(_: object) -> dict[str, object]:
        raise Refusal("AccessDenied", "not allowed to perform cloudformation:DescribeStacks", 403)

    stacks.cloud.answers["cloudformation.DescribeStacks"] = refuse
    with pytest.raises(AccessDenied):
        target.describe()
