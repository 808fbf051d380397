"""Which capacity providers the service's tasks run on."""

from typing import Final

from aws_cdk import aws_ecs as ecs

from infra.sections.capacity import CapacitySettings
from infra.sections.scaling import ScalingSettings

# AWS's own names: both providers are in every account, and have only to be tied to the cluster.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
ON_DEMAND: Final = "FARGATE"
SPOT: Final = "FARGATE_SPOT"


def capacity_strategy(
    capacity: CapacitySettings, scaling: ScalingSettings
) -> list[ecs.CapacityProviderStrategy]:
    """On demand up to the base, and above it by the weights.

    A strategy also where all is on demand, and not the launch type: to go from one to the other
    may replace the service.
    """
    if not capacity.spot:
        return [ecs.CapacityProviderStrategy(capacity_provider=ON_DEMAND, weight=1)]
    return [
        ecs.CapacityProviderStrategy(
            capacity_provider=ON_DEMAND,
            base=capacity.on_demand_base or scaling.min_tasks,
            weight=capacity.on_demand_weight,
        ),
        ecs.CapacityProviderStrategy(capacity_provider=SPOT, weight=capacity.spot_weight),
    ]
