"""EC2: a subnet, or a security group, that something is in cannot be deleted.

In AWS it is the network interfaces that hold them; here those that would have one are asked.
docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html and delete-subnet.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends

from .patch import patch


def install() -> None:
    delete_group, delete_subnet = EC2Backend._delete_security_group, EC2Backend.delete_subnet

    def refuse_group(self: EC2Backend, vpc_id: str | None, group_id: str) -> None:
        if group_id in _groups_in_use(self):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
        delete_group(self, vpc_id, group_id)

    def refuse_subnet(self: EC2Backend, subnet_id: str) -> Any:
        if subnet_id in _subnets_in_use(self):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        return delete_subnet(self, subnet_id)

    patch(EC2Backend, _delete_security_group=refuse_group, delete_subnet=refuse_subnet)


def _groups_in_use(backend: EC2Backend) -> set[str]:
    found = {group for user in _users(backend) for group in user[1]}
    for groups in backend.groups.values():
        for group in groups.values():
            for rule in (*group.ingress_rules, *group.egress_rules):
                other = (rule.source_group or {}).get("GroupId")
                found |= {other} if other and other != group.id else set()
    return found


def _subnets_in_use(backend: EC2Backend) -> set[str]:
    gateways = [item for item in backend.nat_gateways.values() if item.state == "available"]
    return {subnet for user in _users(backend) for subnet in user[0]} | {
        item.subnet_id for item in gateways
    }


def _users(backend: EC2Backend) -> Iterator[tuple[list[str], list[str]]]:
    """Subnets and security groups of whatever has network interfaces in a VPC."""
    place = backend.account_id, backend.region_name
    for balancer in elbv2_backends[place[0]][place[1]].load_balancers.values():
        yield [subnet.id for subnet in balancer.subnets], list(balancer.security_groups or [])
    for service in ecs_backends[place[0]][place[1]].services.values():
        network = (service.network_configuration or {}).get("awsvpcConfiguration", {})
        if service.status == "ACTIVE":
            yield network.get("subnets", []), network.get("securityGroups", [])
    for endpoint in backend.vpc_end_points.values():
        if endpoint.state == "available":
            yield list(endpoint.subnet_ids or []), list(endpoint.security_group_ids or [])
    for link in apigatewayv2_backends[place[0]][place[1]].vpc_links.values():
        yield link.subnet_ids, link.sg_ids
