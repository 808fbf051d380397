"""Where the service stands is part of its logical id: in another place it is another service."""

from typing import Final

from aws_cdk import CfnElement, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from infra.settings import StageSettings

# AWS moves none of these to another VPC: a load balancer's subnets are changed in place, and those
# of another VPC refused (terraform-provider-aws#18317, pulumi-aws#1382). Nor may a target group be
# of two load balancers at once, as it would be while another scheme replaces the one it is of
# (cloudformation-coverage-roadmap#780), and a service with blue/green deployments cannot be given
# other target groups (AmazonECS/latest/APIReference/API_UpdateService.html, loadBalancers).
PLACED: Final = (elbv2.CfnLoadBalancer, elbv2.CfnTargetGroup, ecs.CfnService)


def name_by_place(stack: Stack, settings: StageSettings) -> None:
    """Have a move make all of them anew beside the old ones, which go when the new ones serve.

    Whatever else is bound to a VPC or to one of these, CloudFormation replaces by itself.
    """
    place = _place(settings)
    if not place:
        return
    for construct in stack.node.find_all():
        if isinstance(construct, PLACED):
            _rename(stack, construct, suffix=place)


def _place(settings: StageSettings) -> str:
    """Nothing for an internal load balancer in the stage's own VPC."""
    scheme = "Public" if settings.endpoint.public else ""
    vpc = (settings.existing_vpc.id or "").replace("-", "")
    return f"{scheme}{vpc.capitalize()}"


def _rename(stack: Stack, element: CfnElement, *, suffix: str) -> None:
    element.override_logical_id(f"{stack.get_logical_id(element)}{suffix}")
