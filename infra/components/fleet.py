"""Where the tasks of one revision stand behind the load balancer."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_elasticloadbalancingv2 as elbv2


@dataclass(frozen=True, slots=True)
class Fleet:
    """The target groups that get a task's requests: every task is in all of them."""

    rest: elbv2.ApplicationTargetGroup
    grpc: elbv2.ApplicationTargetGroup | None = None

    def __iter__(self) -> Iterator[elbv2.ApplicationTargetGroup]:
        yield self.rest
        if self.grpc is not None:
            yield self.grpc
