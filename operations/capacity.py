"""How a service's tasks divide over the capacity that it may run on, read from its template."""

from collections.abc import Iterator
from typing import Any, Final

from operations.stage import Resource

LAUNCH_TYPE: Final = "FARGATE"


def tasks_by_provider(service: Resource, count: int) -> dict[str, int]:
    """The base first, the rest by the weights; only those that get any.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    strategy: list[dict[str, Any]] = service.properties.get("CapacityProviderStrategy") or [
        {"CapacityProvider": service.properties.get("LaunchType", LAUNCH_TYPE), "Weight": 1}
    ]
    placed = dict(_placed(strategy, count))
    return {provider: tasks for provider, tasks in placed.items() if tasks}


def _placed(strategy: list[dict[str, Any]], count: int) -> Iterator[tuple[str, int]]:
    """The last one gets what the shares of the others leave, so that none is lost to rounding."""
    bases = [min(int(item.get("Base", 0)), count) for item in strategy]
    left = count - sum(bases)
    weights = [int(item.get("Weight", 0)) for item in strategy]
    for index, (item, base) in enumerate(zip(strategy, bases, strict=True)):
        share = round(left * weights[index] / sum(weights[index:])) if any(weights[index:]) else 0
        left -= share
        yield str(item["CapacityProvider"]), base + share
