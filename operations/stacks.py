"""What CloudFormation has of a stack, by its full name; what has an account to ask asks anew.

It raises `CouldNotAsk`. A stack that is not there is a validation error to CloudFormation.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.names import full_name
from operations.account import Account
from operations.stack_states import FAILED_FIRST
from operations.stage import Template

ABSENT: Final = ("ValidationError",)
# What a stack has deleted, or let go of, may still be listed.
GONE: Final = ("DELETE_COMPLETE", "DELETE_SKIPPED")


def stack_name(stage: str, stack: str) -> str:
    """CloudFormation's name of one of a stage's stacks."""
    return f"{full_name(stage)}-{stack}"


def describe_stack(account: Account, name: str) -> dict[str, Any] | None:
    """Its description; None where it is not there."""
    answer = account.ask("cloudformation", "DescribeStacks", absent=ABSENT, StackName=name)
    return answer["Stacks"][0] if answer else None


def deployed_template(account: Account, name: str) -> Template | None:
    """Its template as it was given, before any macro; None where the stack is not there.

    Or where it has a template and nothing else, because its first deploy failed.
    """
    stack = describe_stack(account, name)
    if stack is None or stack["StackStatus"] in FAILED_FIRST:
        return None
    answer = account.ask(
        "cloudformation", "GetTemplate", absent=ABSENT, StackName=name, TemplateStage="Original"
    )
    if answer is None:
        return None
    body: Any = answer["TemplateBody"]  # the SDK reads JSON itself, into ordered mappings
    template: Template = json.loads(body if isinstance(body, str) else json.dumps(body))
    return template


def stack_resources(account: Account, name: str) -> list[dict[str, Any]]:
    """Summaries of the resources that it has; none where the stack is not there."""
    listed = account.ask_all(
        "cloudformation",
        "ListStackResources",
        "StackResourceSummaries",
        absent=ABSENT,
        StackName=name,
    )
    return [item for item in listed if item.get("ResourceStatus") not in GONE]


def physical_ids(resources: Iterable[Mapping[str, Any]], *kinds: str) -> list[str]:
    """The ids of those of these types that have one already."""
    return [
        item["PhysicalResourceId"]
        for item in resources
        if item["ResourceType"] in kinds and item.get("PhysicalResourceId")
    ]


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    """The values of a described stack's outputs, by their keys."""
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}


def physical_id(account: Account, name: str, logical_id: str) -> str | None:
    """Of one resource, for what the load balancer has its ARN; None where the stack has no such."""
    return next(
        (
            item.get("PhysicalResourceId")
            for item in stack_resources(account, name)
            if item["LogicalResourceId"] == logical_id
        ),
        None,
    )
