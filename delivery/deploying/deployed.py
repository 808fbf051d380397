"""What CloudFormation and ECS have of a stage; asked anew each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from operations.account import Account, CouldNotAsk
from operations.stacks import (
    deployed_template,
    describe_stack,
    outputs,
    physical_ids,
    stack_name,
    stack_resources,
)

SERVICE_STACK: Final = "inference"
SERVICE: Final = "AWS::ECS::Service"
CLUSTER: Final = "AWS::ECS::Cluster"
# The output that has the endpoint's address.
URL: Final = "Url"
# "You can describe up to 10 services" and "up to 100 tasks", in one call.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
TASKS_A_CALL: Final = 100
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html
REVISIONS_A_CALL: Final = 20


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """How ECS's operations name a service."""

    cluster: str
    name: str

    @classmethod
    def of(cls, arn: str) -> ServiceAddress:
        """From the service's ARN, which ends with both."""
        _, cluster, name = arn.rsplit("/", 2)
        return cls(cluster, name)


def revision_of(definition: str) -> str:
    """A task definition's number in its family, with which its ARN ends."""
    return definition.rpartition(":")[2]


def target_groups(service: Mapping[str, Any]) -> dict[str, int | None]:
    """The container's port by target group's ARN: both groups, where a port has two.

    After a rollout that moves requests the tasks are in the one or in the other.
    """
    found: dict[str, int | None] = {}
    for entry in service.get("loadBalancers", ()):
        second = entry.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
        for arn in filter(None, (entry["targetGroupArn"], second)):
            found[arn] = entry.get("containerPort")
    return found


class DeployedStage:
    """One stage in one account. Every method raises `CouldNotAsk`."""

    def __init__(self, account: Account, name: str) -> None:
        self.account = account
        self.name = name

    def stack_name(self, stack: str = SERVICE_STACK) -> str:
        """CloudFormation's name of one of the stage's stacks."""
        return stack_name(self.name, stack)

    def stacks(self) -> dict[str, dict[str, Any]]:
        """The stage's stacks as CloudFormation describes them, by name."""
        every = self.account.ask_all("cloudformation", "DescribeStacks", "Stacks")
        prefix = self.stack_name("")
        # A stage may be called dev-two: what follows the prefix of dev has a dash then.
        mine = [item for item in every if item["StackName"].startswith(prefix)]
        return {
            item["StackName"]: item
            for item in mine
            if "-" not in item["StackName"].removeprefix(prefix)
        }

    def stack(self, name: str) -> dict[str, Any] | None:
        """One stack's description, by its full name."""
        return describe_stack(self.account, name)

    def url(self) -> str | None:
        """The endpoint's address, as its stack says."""
        return outputs(self.stack(self.stack_name()) or {}).get(URL)

    def physical_ids(self, *kinds: str) -> Iterator[str]:
        """The ids of the resources of these types, of all the stacks."""
        for name in self.stacks():
            yield from physical_ids(stack_resources(self.account, name), *kinds)

    def service_address(self) -> ServiceAddress | None:
        """The ECS service, from the moment that it exists."""
        resources = stack_resources(self.account, self.stack_name())
        arns = physical_ids(resources, SERVICE)
        if not arns:  # CloudFormation tells of it when the first rollout is over
            for cluster in physical_ids(resources, CLUSTER):
                arns += self.account.ask_all("ecs", "ListServices", "serviceArns", cluster=cluster)
        return ServiceAddress.of(arns[0]) if arns else None

    def current_service(self) -> dict[str, Any] | None:
        """The stage's service as ECS describes it; None where there is none, or none any more."""
        address = self.service_address()
        return self.service(address) if address else None

    def service(self, address: ServiceAddress) -> dict[str, Any] | None:
        """The service as ECS describes it, while it is active."""
        answer = self.account.ask(
            "ecs", "DescribeServices", cluster=address.cluster, services=[address.name]
        )
        found = [item for item in (answer or {})["services"] if item["status"] == "ACTIVE"]
        return found[0] if found else None

    def tasks(self, address: ServiceAddress, *, stopped: bool) -> list[dict[str, Any]]:
        """The service's tasks that ECS wants to run, or those that it does not any more."""
        arns = self.task_arns(address, stopped=stopped)
        return self.describe_tasks(address, arns)

    def task_arns(self, address: ServiceAddress, *, stopped: bool) -> list[str]:
        """Of stopped tasks ECS knows those of the last hour."""
        return self.account.ask_all(
            "ecs",
            "ListTasks",
            "taskArns",
            cluster=address.cluster,
            serviceName=address.name,
            desiredStatus="STOPPED" if stopped else "RUNNING",
        )

    def describe_tasks(self, address: ServiceAddress, arns: list[str]) -> list[dict[str, Any]]:
        """The tasks, in the order in which they were made."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(arns), TASKS_A_CALL):
            answer = self.account.ask(
                "ecs",
                "DescribeTasks",
                cluster=address.cluster,
                tasks=arns[start : start + TASKS_A_CALL],
            )
            found += (answer or {})["tasks"]
        return sorted(found, key=lambda task: task["createdAt"])

    def task_definition(self, arn: str) -> dict[str, Any]:
        """A revision that a task or a service has."""
        answer = self.account.ask("ecs", "DescribeTaskDefinition", taskDefinition=arn)
        definition: dict[str, Any] = (answer or {})["taskDefinition"]
        return definition

    def kept_definition(self, arn: str) -> dict[str, Any] | None:
        """A revision, also one that is not active any more; None where it was deleted."""
        answer = self.account.ask(
            "ecs", "DescribeTaskDefinition", absent=("ClientException",), taskDefinition=arn
        )
        return answer["taskDefinition"] if answer else None

    def targets(self, service: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """The health of the targets in each of the service's target groups, by ARN."""
        found = {}
        for arn in target_groups(service):
            answer = self.account.ask("elbv2", "DescribeTargetHealth", TargetGroupArn=arn)
            found[arn] = (answer or {})["TargetHealthDescriptions"]
        return found

    def template(self, stack: str) -> dict[str, Any]:
        """The template that a stack, by its full name, was last brought to."""
        template = deployed_template(self.account, stack)
        if template is None:
            raise CouldNotAsk(f"the stack {stack} is not deployed")
        return template

    def finished_deployments(self, address: ServiceAddress) -> list[dict[str, Any]]:
        """The service's deployments of the last 90 days that went well, the newest first.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
        """
        answer = self.account.ask(
            "ecs",
            "ListServiceDeployments",
            cluster=address.cluster,
            service=address.name,
            status=["SUCCESSFUL"],
            maxResults=100,  # the most; who goes back further names a commit
        )
        found: list[dict[str, Any]] = (answer or {})["serviceDeployments"]
        return sorted(found, key=lambda item: item["createdAt"], reverse=True)

    def service_revisions(self, arns: list[str]) -> dict[str, dict[str, Any]]:
        """What each service revision ran, by its ARN."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(arns), REVISIONS_A_CALL):
            answer = self.account.ask(
                "ecs",
                "DescribeServiceRevisions",
                serviceRevisionArns=arns[start : start + REVISIONS_A_CALL],
            )
            revisions = (answer or {}).get("serviceRevisions", ())
            found |= {item["serviceRevisionArn"]: item for item in revisions}
        return found
