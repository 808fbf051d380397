"""The weights of a listener's rule with which a deployment's share of the traffic is set."""

from __future__ import annotations

from collections.abc import Mapping

from .wanted import Route

HIGHEST = 999
"""docs.aws.amazon.com/elasticloadbalancing, rule action types: a weight is from 0 to 999."""


def wanted(route: Route, side: int, percent: float) -> dict[str, int]:
    """By target group: `percent` of the traffic for one side, the rest for the other."""
    if route.alternate is None:
        return {}
    whole = _whole(percent, 100 - percent)
    return {target.arn: whole[number != side] for number, target in enumerate(route.sides)}


def of(route: Route, weights: Mapping[str, float]) -> dict[str, int]:
    """What a rule has now, of the route's target groups."""
    return {target.arn: int(weights.get(target.arn, 0)) for target in route.sides}


def _whole(first: float, second: float) -> tuple[int, int]:
    """Per cents may be tenths, weights are whole numbers."""
    if first == round(first):
        return round(first), round(second)
    return round(10 * first), min(round(10 * second), HIGHEST)
