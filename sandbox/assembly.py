"""The in-process twin of `cdk deploy --all`: deploys a cloud assembly's stacks in their order.

It uploads no assets: a template that needs one gets it by name only, and no resource here reads it.
"""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import boto3

CHANGE_SET = "sandbox"
NEVER_THERE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""A stack that could not be created cannot be updated: the CLI deletes it first."""


class DeployFailed(Exception):
    """A stack could not be deployed; the message is the stack's own reason."""


def stack_artifacts(assembly: Path) -> list[dict[str, Any]]:
    """The stacks of the assembly, each after those it depends on."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    graph = {name: item.get("dependencies", []) for name, item in artifacts.items()}
    order = TopologicalSorter(graph).static_order()
    return [artifacts[name] for name in order if _is_stack(artifacts[name])]


def _is_stack(artifact: dict[str, Any]) -> bool:
    return bool(artifact["type"] == "aws:cloudformation:stack")


def stack_name(artifact: dict[str, Any]) -> str:
    return str(artifact["properties"].get("stackName") or artifact["displayName"])


def deploy_assembly(assembly: Path, *, region: str) -> None:
    """Deploy every stack of the assembly, creating or updating it."""
    for artifact in stack_artifacts(assembly):
        template = (assembly / artifact["properties"]["templateFile"]).read_text()
        name, protected = stack_name(artifact), artifact["properties"].get("terminationProtection")
        deploy_template(name, template, region=region)
        _protect(name, bool(protected), region=region)


def _protect(name: str, wanted: bool, *, region: str) -> None:
    """As the CLI does after each deploy."""
    client = boto3.client("cloudformation", region_name=region)
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    if stack.get("EnableTerminationProtection", False) != wanted:
        client.update_termination_protection(StackName=name, EnableTerminationProtection=wanted)


def destroy_assembly(assembly: Path, *, region: str) -> None:
    """Delete the assembly's stacks in reverse order."""
    client = boto3.client("cloudformation", region_name=region)
    for artifact in reversed(stack_artifacts(assembly)):
        client.delete_stack(StackName=stack_name(artifact))


def deploy_template(name: str, template: str, *, region: str) -> None:
    """Create or update one stack through a change set; raises DeployFailed with the reason."""
    client = boto3.client("cloudformation", region_name=region)
    states = {s["StackName"]: s["StackStatus"] for s in client.describe_stacks()["Stacks"]}
    if states.get(name) in NEVER_THERE:
        client.delete_stack(StackName=name)
        del states[name]
    change_set = client.create_change_set(
        StackName=name,
        ChangeSetName=CHANGE_SET,
        ChangeSetType="UPDATE" if name in states else "CREATE",
        TemplateBody=_without_bootstrap_version(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    described = client.describe_change_set(ChangeSetName=change_set["Id"], StackName=name)
    if described["Status"] == "FAILED":
        if "didn't contain changes" in described.get("StatusReason", ""):
            return
        raise DeployFailed(described.get("StatusReason", "the change set failed"))
    client.execute_change_set(ChangeSetName=change_set["Id"], StackName=name)
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployFailed(_reason(client.describe_stack_events(StackName=name)["StackEvents"]))


def _without_bootstrap_version(template: str) -> str:
    """The parameter reads what `cdk bootstrap` leaves behind, which a test has no use for."""
    parsed = json.loads(template)
    parsed.get("Parameters", {}).pop("BootstrapVersion", None)
    parsed.pop("Rules", None)
    return json.dumps(parsed)


def _reason(events: Any) -> str:
    failures = ("_FAILED", "ROLLBACK_IN_PROGRESS")
    failed = [item for item in events if item["ResourceStatus"].endswith(failures)]
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"
