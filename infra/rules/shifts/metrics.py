"""Scaling metrics that a rollout with two sets of tasks distorts."""

from collections.abc import Iterator
from typing import Final

from infra.reading.rule import Finding, Rule
from infra.reading.scaling import policies, predefined, scaled_service
from infra.reading.services import shifts_traffic
from infra.reading.stack import Resource, Stack

REQUESTS: Final = "ALBRequestCountPerTarget"
AVERAGES: Final = ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization")


def _policies(stack: Stack) -> Iterator[Resource]:
    """The scaling policies of services that shift traffic."""
    for policy in policies(stack):
        service = scaled_service(policy)
        if service is not None and shifts_traffic(service):
            yield policy


class AverageUnderShift(Rule):
    """Averages over two sets of tasks, of which one is idle."""

    id = "W9583"
    shortdesc = "A service that shifts traffic is not scaled on an average of all its tasks"
    description = (
        "Both versions run at once, one of them idle: the average falls, and scaling in follows."
    )
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for policy in _policies(stack):
            metric = predefined(policy)
            if (metric.text() or "").removesuffix("HighResolution") in AVERAGES:
                wrong = "a rollout with two sets of tasks halves an average of all tasks"
                remedy = "divide a total by the healthy tasks, or set the strategy to ROLLING"
                yield Finding(metric, wrong, metric.text(), remedy)


class RequestCountUnderShift(Rule):
    """Requests per target of one target group of two."""

    id = "E9584"
    shortdesc = "A service that shifts traffic is not scaled on one target group's requests"
    description = "After the next rollout the other group has the traffic, and the metric no data."
    source_url = "https://github.com/aws/containers-roadmap/issues/1681"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for policy in _policies(stack):
            metric = predefined(policy)
            if metric.text() == REQUESTS:
                wrong = "after a rollout this metric follows the target group without traffic"
                remedy = "add up both groups' requests by metric math"
                yield Finding(metric, wrong, REQUESTS, remedy)
