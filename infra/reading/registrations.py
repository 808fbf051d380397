"""Which services are registered with which target groups, and what sends them requests."""

from collections.abc import Iterator
from typing import NamedTuple

from infra.reading.balancing import target_group
from infra.reading.node import Node
from infra.reading.services import attachments, services
from infra.reading.stack import Resource, Stack


class Registration(NamedTuple):
    """A service, an entry of its `LoadBalancers`, and the target group that this names."""

    service: Resource
    entry: Node
    group: Resource

    @property
    def named(self) -> Node:
        """Where the entry names the group."""
        return self.entry["TargetGroupArn"]


def registrations(stack: Stack) -> Iterator[Registration]:
    """Of all services of a stack, where the template or its assembly has the target group."""
    for service in services(stack):
        for entry in attachments(service):
            group = target_group(entry["TargetGroupArn"])
            if group is not None:
                yield Registration(service, entry, group)
