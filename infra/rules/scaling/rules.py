"""Scalable targets and scaling policies of services."""

from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.scaling import (
    TARGET,
    TRACKING,
    policies,
    predefined,
    scaled_service,
    targets,
)
from infra.reading.services import CLUSTER, SERVICE
from infra.reading.stack import Resource, Stack

REFERENCE: Final = "https://docs.aws.amazon.com/autoscaling/application/APIReference"
HIGH: Final = "HighResolution"


class ScalingBounds(Rule):
    """The fewest and the most tasks."""

    id = "E9590"
    shortdesc = "The fewest tasks are no more than the most"
    description = "Application Auto Scaling refuses a minimum above the maximum."
    source_url = f"{REFERENCE}/API_RegisterScalableTarget.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for target in stack.resources(TARGET):
            scheduled = [
                item["ScalableTargetAction"] for item in target["ScheduledActions"].items()
            ]
            for bounds in (target.properties, *scheduled):
                least, most = bounds["MinCapacity"].number(), bounds["MaxCapacity"].number()
                if least is not None and most is not None and least > most:
                    wrong = f"MinCapacity is at most MaxCapacity, which is {most:.0f}"
                    yield Finding(bounds["MinCapacity"], wrong, least, "lower it, or raise that")


class ScalingResource(Rule):
    """How a scalable target names the service."""

    id = "E9591"
    shortdesc = "A scalable target names cluster and service by their names"
    description = "A Ref of a service is its ARN, which Application Auto Scaling does not take."
    source_url = f"{REFERENCE}/API_RegisterScalableTarget.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for target in targets(stack):
            for part in target["ResourceId"].parts():
                resource = None if isinstance(part, str) else part.resource()
                if resource is None or isinstance(part, str):
                    continue
                by = part.attribute
                if (resource.type == SERVICE and by in (None, "ServiceArn")) or (
                    resource.type == CLUSTER and by == "Arn"
                ):
                    wrong = "the scalable target names a service or cluster by its ARN"
                    remedy = "write service/${Cluster}/${Service.Name}"
                    yield Finding(target["ResourceId"], wrong, resource.logical_id, remedy)


class MemoryScaling(Rule):
    """Memory as the measure of load."""

    id = "W9592"
    shortdesc = "A service is not scaled on its memory"
    description = (
        "Memory that a process holds does not fall with the load, and a missing datapoint is taken "
        "for load: the service grows for no reason."
    )
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/capacity-autoscaling-best-practice.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for policy in policies(stack):
            metric = predefined(policy)
            if (metric.text() or "").startswith("ECSServiceAverageMemoryUtilization"):
                wrong = "memory does not tell how much a service has to do"
                remedy = "scale on CPU, requests or a metric of the work itself"
                yield Finding(metric, wrong, metric.text(), remedy)


class HighResolution(Rule):
    """Metrics of 20 seconds."""

    id = "E9593"
    shortdesc = "A policy on 20-second metrics has a service that publishes them"
    description = "Application Auto Scaling refuses the policy before the service publishes them."
    source_url = f"{REFERENCE}/API_PredefinedMetricSpecification.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for policy in policies(stack):
            metric, service = predefined(policy), scaled_service(policy)
            name = metric.text() or ""
            if not name.endswith(HIGH) or service is None:
                continue
            wanted = name.removeprefix("ECSServiceAverage").removesuffix(HIGH)
            if not self._publishes(service["Monitoring"], wanted):
                wrong = "the service does not publish the 20-second metric that its policy follows"
                remedy = f"set Monitoring.MetricConfigurations of {wanted} to 20 seconds"
                yield Finding(metric, wrong, name, remedy)

    @staticmethod
    def _publishes(monitoring: Node, wanted: str) -> bool:
        if monitoring.unknown:
            return True
        for configuration in monitoring["MetricConfigurations"].items():
            names = [item.text() for item in configuration["MetricNames"].items()]
            if wanted in names and configuration["ResolutionSeconds"].number() in (20, None):
                return True
        return False


class RequestCountLabel(Rule):
    """Which target group's requests are counted."""

    id = "E9594"
    shortdesc = "Scaling on requests names the load balancer and the target group in full"
    description = "Application Auto Scaling refuses the policy without their full names."
    source_url = f"{REFERENCE}/API_PredefinedMetricSpecification.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for policy in policies(stack):
            label = policy[TRACKING]["PredefinedMetricSpecification"]["ResourceLabel"]
            if predefined(policy).text() != "ALBRequestCountPerTarget":
                continue
            remedy = "write ${LoadBalancer.LoadBalancerFullName}/${TargetGroup.TargetGroupFullName}"
            if not label.exists:
                yield Finding(label, "ALBRequestCountPerTarget needs a ResourceLabel", None, remedy)
            for resource in self._by_arn(label):
                wrong = "the ResourceLabel holds an ARN instead of a full name"
                yield Finding(label, wrong, resource.logical_id, remedy)

    @staticmethod
    def _by_arn(label: Node) -> Iterator[Resource]:
        for part in label.parts():
            resource = None if isinstance(part, str) else part.resource()
            balancing = resource is not None and "ElasticLoadBalancingV2" in resource.type
            if resource and balancing and not isinstance(part, str) and part.attribute is None:
                yield resource
