"""What AWS refuses of load balancers, and moto lets pass."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import ValidationError

from ..control_plane.forwarding import groups_by_balancer, groups_of
from .api import Properties
from .resource import ApiResource

PROTECTION = "deletion_protection.enabled"


def refuse_other_vpc(balancer: ApiResource, subnets: list[str]) -> None:
    """A load balancer stays in its VPC: terraform-provider-aws#18317."""
    found = balancer.call("ec2", "DescribeSubnets", {"SubnetIds": subnets})["Subnets"]
    vpcs = {subnet["VpcId"] for subnet in found}
    own = _described(balancer, balancer.physical_resource_id)["VpcId"]
    if vpcs != {own}:
        raise ValidationError(
            message=f"the subnets are of {', '.join(sorted(vpcs))}, and the load balancer "
            f"'{balancer.physical_resource_id}' is in {own}: it cannot be moved to another VPC"
        )


def refuse_deletion(balancer: ApiResource) -> None:
    """Raise where the load balancer is protected.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-delete.html
    """
    arn = {"LoadBalancerArn": balancer.physical_resource_id}
    attributes = balancer.call("elbv2", "DescribeLoadBalancerAttributes", arn)["Attributes"]
    if {"Key": PROTECTION, "Value": "true"} in attributes:
        raise ValidationError(
            message=f"Load balancer '{balancer.physical_resource_id}' cannot be deleted because "
            "deletion protection is enabled"
        )


def refuse_taken_port(part: ApiResource, balancer_arn: str, port: int) -> None:
    """A load balancer has one listener for a port; moto looks for it among ARNs.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
    """
    arn = {"LoadBalancerArn": balancer_arn}
    for listener in part.call("elbv2", "DescribeListeners", arn)["Listeners"]:
        if listener["Port"] == int(port):
            raise ValidationError(
                message=f"A listener already exists on this port for this load balancer: {port}, "
                f"'{listener['ListenerArn']}'"
            )


def refuse_foreign_targets(part: ApiResource, balancer_arn: str, actions: list[Any]) -> None:
    """A target group is of one load balancer, in whose VPC it is.

    cloudformation-coverage-roadmap#780; aws-load-balancer-controller#1045.
    """
    vpc = _described(part, balancer_arn)["VpcId"]
    others = groups_by_balancer(part.account, part.region)
    del others[balancer_arn]
    for group in sorted(set(groups_of(actions))):
        (found,) = part.call("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [group]})[
            "TargetGroups"
        ]
        if found["VpcId"] != vpc:
            raise ValidationError(
                message=f"Target group '{group}' is in a different VPC than load balancer "
                f"'{balancer_arn}'"
            )
        if any(group in groups for groups in others.values()):
            raise ValidationError(
                message="The following target groups cannot be associated with more than one load "
                f"balancer: {group}"
            )


def _described(part: ApiResource, arn: str) -> Properties:
    answer = part.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})
    (found,) = answer["LoadBalancers"]
    return dict(found)
