"""Whether a deploy makes what runs anew in another place."""

from collections.abc import Iterator
from typing import Any, Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stacks import stack_resources

BALANCER: Final = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def check_move(subject: Subject) -> Iterator[Finding]:
    """Whether the load balancer, and with it the service, is made anew in another place."""
    (balancer,) = (item for item in subject.stage.resources() if item.type == BALANCER)
    deployed = _deployed(subject, balancer.stack)
    if deployed is None or deployed["LogicalResourceId"] == balancer.logical_id:
        yield Finding(Mark.OK, "the load balancer stays where it is, or is not there yet")
    elif _is_protected(subject, deployed["PhysicalResourceId"]):
        yield Finding(
            Mark.FAILED,
            "the load balancer is made anew in another place, and the old one is protected",
            "deploy deletion_protection = false where it is now, then the move",
        )
    else:
        yield Finding(
            Mark.NOTE,
            "the load balancer and the service are made anew in another place, beside the old ones",
            "do it in a quiet hour: the new service begins with one task. Whoever uses the load "
            "balancer's own name has to use the new one's",
        )


def _deployed(subject: Subject, stack: str) -> dict[str, Any] | None:
    """The load balancer that the stack has now."""
    resources = stack_resources(subject.account, stack)
    return next((item for item in resources if item["ResourceType"] == BALANCER), None)


def _is_protected(subject: Subject, arn: str) -> bool:
    answer = subject.account.ask(
        "elbv2",
        "DescribeLoadBalancerAttributes",
        absent=("LoadBalancerNotFound",),
        LoadBalancerArn=arn,
    )
    attributes = (answer or {}).get("Attributes", ())
    return {"Key": "deletion_protection.enabled", "Value": "true"} in attributes
