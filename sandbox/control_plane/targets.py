"""The health of targets: the runner's tasks, each with a port of this machine."""

from __future__ import annotations

from typing import Any

from moto.ecs.models import ecs_backends
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus

from .report import TargetReport
from .state import known

_of_moto = ELBv2Backend.describe_target_health


def describe_target_health(
    self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
) -> list[Any]:
    """What the runner reported; moto's own list keeps one per address, and ours share one."""
    reported = known(ecs_backends[self.account_id][self.region_name]).targets
    if target_group_arn not in reported:
        return list(_of_moto(self, target_group_arn, targets))
    wanted = {item["Id"] for item in targets}
    chosen = [item for item in reported[target_group_arn] if not wanted or item["id"] in wanted]
    return [_status(item) for item in chosen]


def _status(item: TargetReport) -> FakeHealthStatus:
    reason, description = item["reason"], item.get("description")
    return FakeHealthStatus(
        item["id"], str(item["port"]), "traffic-port", item["state"], reason, description
    )
