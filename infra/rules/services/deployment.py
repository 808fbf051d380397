"""What a service's deployment settings must be to each other."""

import math
from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.scaling import targets_of
from infra.reading.services import attachments, rollout, services, shifts_traffic, task_of
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import containers, is_essential

REFERENCE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"


class GracePeriod(Rule):
    """How long ECS ignores failed checks of a new task."""

    id = "W9535"
    shortdesc = "The health check grace period covers the container's start period"
    description = (
        "Else ECS stops a task that still starts, because the load balancer finds it unhealthy."
    )
    source_url = f"{REFERENCE}/API_CreateService.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            task = task_of(service)
            if task is None or not attachments(service):
                continue
            place = service["HealthCheckGracePeriodSeconds"]
            grace, start = place.number(absent=0), self._start_seconds(task)
            if grace is not None and grace < start:
                wrong = f"the grace period covers the container's start period of {start:.0f} s"
                yield Finding(place, wrong, grace, f"set it to {start:.0f} or more")

    @staticmethod
    def _start_seconds(task: Resource) -> float:
        essential = [container for container in containers(task) if is_essential(container)]
        periods = [container["HealthCheck"]["StartPeriod"].number() for container in essential]
        return max((period for period in periods if period is not None), default=0)


class DesiredCount(Rule):
    """A count in the template, beside auto scaling."""

    id = "W9536"
    shortdesc = "A service that is scaled has no DesiredCount"
    description = "Each deploy that touches the service sets its count back to the template's."
    source_url = "https://github.com/aws/aws-cdk/issues/3919"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            count = service["DesiredCount"]
            if count.exists and targets_of(stack, service):
                wrong = "auto scaling and the template both set the number of tasks"
                got = count.number() if count.number() is not None else "a DesiredCount"
                yield Finding(count, wrong, got, "remove DesiredCount: the minimum is kept anyway")


class DeploymentRoom(Rule):
    """Whether a rolling deployment can start or stop a single task."""

    id = "E9537"
    shortdesc = "A deployment may start a task before it stops one, or the other way round"
    description = (
        "Where the rounded percentages allow neither, a deployment waits until it times out."
    )
    source_url = f"{REFERENCE}/API_DeploymentConfiguration.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            configuration = service["DeploymentConfiguration"]
            highest = configuration["MaximumPercent"].number(absent=200)
            lowest = configuration["MinimumHealthyPercent"].number(absent=100)
            tasks = self._tasks(stack, service)
            if rollout(service) != "ROLLING" or _controller(service) != "ECS" or not tasks:
                continue
            if highest is not None and lowest is not None:
                # ECS rounds down and up; docs: API_DeploymentConfiguration.
                most = math.floor(tasks * highest / 100)
                least = math.ceil(tasks * lowest / 100)
                if most <= tasks <= least:
                    wrong = f"a deployment of {tasks:.0f} tasks can neither start nor stop one"
                    got = f"{lowest:.0f} to {highest:.0f} percent"
                    remedy = "raise MaximumPercent, to 200 for example"
                    yield Finding(configuration, wrong, got, remedy)

    @staticmethod
    def _tasks(stack: Stack, service: Resource) -> float | None:
        """The fewest tasks that it has; None where that is unknown or it is a daemon."""
        if service["SchedulingStrategy"].text(absent="REPLICA") != "REPLICA":
            return None
        scaled = [target["MinCapacity"].number() for target in targets_of(stack, service)]
        return scaled[0] if scaled else service["DesiredCount"].number(absent=1)


def _controller(service: Resource) -> str | None:
    return service["DeploymentController"]["Type"].text(absent="ECS")


class ZoneRebalancing(Rule):
    """Moving tasks between zones."""

    id = "E9538"
    shortdesc = "A service that is balanced across zones may have more tasks for a while"
    description = "Rebalancing starts a task before it stops one: MaximumPercent must exceed 100."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            place = service["DeploymentConfiguration"]["MaximumPercent"]
            percent = place.number(absent=200)
            on = service["AvailabilityZoneRebalancing"].text() == "ENABLED"
            if on and percent is not None and percent <= 100:
                wrong = "AvailabilityZoneRebalancing needs a MaximumPercent above 100"
                yield Finding(place, wrong, percent, "raise it, or set the rebalancing to DISABLED")


class ControllerFeatures(Rule):
    """What ECS's own deployments can and others' cannot."""

    id = "E9539"
    shortdesc = "Circuit breaker, alarms, strategies and hooks are for ECS's own deployments"
    description = "ECS refuses them beside the deployment controllers CODE_DEPLOY and EXTERNAL."
    source_url = f"{REFERENCE}/API_DeploymentConfiguration.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            controller = _controller(service)
            if controller not in ("CODE_DEPLOY", "EXTERNAL"):
                continue
            for node in _features(service):
                wrong = f"{node.path[-1]} needs the deployment controller ECS"
                remedy = "remove it, or the DeploymentController"
                yield Finding(node, wrong, controller, remedy)


def _features(service: Resource) -> Iterator[Node]:
    configuration = service["DeploymentConfiguration"]
    for key in ("DeploymentCircuitBreaker", "Alarms"):
        if configuration[key]["Enable"].flag():
            yield configuration[key]
    if shifts_traffic(service):
        yield configuration["Strategy"]
    if configuration["LifecycleHooks"].items():
        yield configuration["LifecycleHooks"]


class AlarmsNamed(Rule):
    """Alarms that stop a rollout, of which there are none."""

    id = "E9547"
    shortdesc = "Deployment alarms that are enabled have a name"
    description = "ECS wants one or more names: with none no alarm can stop a rollout."
    source_url = f"{REFERENCE}/API_DeploymentAlarms.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            alarms = service["DeploymentConfiguration"]["Alarms"]
            names = alarms["AlarmNames"]
            if alarms["Enable"].flag() and names.exists and names.all_items() == []:
                wrong = "deployment alarms are enabled, and none is named"
                yield Finding(names, wrong, None, "name one, or set Enable to false")
