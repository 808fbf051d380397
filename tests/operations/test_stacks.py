"""What a stack has, and what it has not any more."""

from typing import Any

import pytest

from operations.stacks import deployed_template, outputs, physical_id, physical_ids, stack_resources
from tests.delivery.deploying.account import FakeAccount

TEMPLATE: dict[str, Any] = {"Resources": {}}


def resource(kind: str, name: str, **changes: str) -> dict[str, Any]:
    listed = {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": f"{name}-1"}
    return listed | {"ResourceStatus": "CREATE_COMPLETE"} | changes


def account(*resources: dict[str, Any], state: str = "UPDATE_COMPLETE") -> FakeAccount:
    return FakeAccount(
        ListStackResources=list(resources),
        DescribeStacks={"Stacks": [{"StackStatus": state}]},
        GetTemplate={"TemplateBody": TEMPLATE},
    )


@pytest.mark.parametrize("status", ["DELETE_COMPLETE", "DELETE_SKIPPED"])
def test_what_a_stack_has_let_go_of_is_not_its_own(status: str) -> None:
    asked = account(resource("Log", "Old", ResourceStatus=status), resource("Log", "New"))
    assert [item["LogicalResourceId"] for item in stack_resources(asked, "stack")] == ["New"]
    assert physical_id(asked, "stack", "Old") is None
    assert physical_id(asked, "stack", "New") == "New-1"


def test_ids_of_several_types_come_from_one_listing() -> None:
    listed = [resource("Log", "A"), resource("Queue", "B"), resource("Topic", "C")]
    assert physical_ids(listed, "Log", "Topic") == ["A-1", "C-1"]


def test_resource_that_is_still_being_made_has_no_id() -> None:
    assert physical_ids([{"ResourceType": "Log"}], "Log") == []


def test_outputs_are_read_by_their_keys() -> None:
    described = {"Outputs": [{"OutputKey": "Url", "OutputValue": "https://example.org"}]}
    assert outputs(described) == {"Url": "https://example.org"}
    assert outputs({}) == {}


def test_template_of_a_first_deploy_that_failed_is_not_what_is_deployed() -> None:
    assert deployed_template(account(state="ROLLBACK_COMPLETE"), "stack") is None
    assert deployed_template(account(), "stack") == TEMPLATE
