"""The rules between how a stage rolls out and what its endpoint serves."""

from collections.abc import Iterator
from typing import Final

from infra.sections.alarms import AlarmSettings
from infra.sections.rollout import RolloutSettings
from infra.sections.section import Problem

# The alarm on first tokens looks at the slowest one in twenty.
SLOWEST_PERCENT: Final = 5


def two_fleets(rollout: RolloutSettings, *, serves_grpc: bool) -> Iterator[Problem]:
    """ECS moves requests between one pair of target groups; REST and gRPC would be two.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html (loadBalancers)
    https://github.com/aws/containers-roadmap/issues/1396
    """
    if not (serves_grpc and rollout.two_target_groups):
        return
    key, value = (
        ("strategy", f"'{rollout.strategy}'")
        if rollout.two_fleets
        else ("second_target_group", "true")
    )
    yield Problem(
        f"rollout.{key}",
        f"got {value}, but the endpoint serves REST and gRPC, and AWS supports one pair of target "
        "groups in such rollouts (containers-roadmap#1396); set endpoint.grpc to false, or choose "
        "'rolling' with one target group",
    )


def seen_in_the_first_step(rollout: RolloutSettings, alarms: AlarmSettings) -> Iterator[Problem]:
    """New tasks that fail every request, or are late with it, are more than the alarms allow.

    Those count the requests of both fleets together. Whatever share of them the new tasks have is
    all that can go wrong by their fault: below the thresholds a step tells nothing.
    """
    if not (rollout.alarms and rollout.strategy in ("canary", "linear")):
        return
    allowed = max(alarms.error_percent, SLOWEST_PERCENT)
    if rollout.step_percent <= allowed:
        yield Problem(
            "rollout.step_percent",
            f"got {rollout.step_percent}, but the alarms that would roll back begin above "
            f"{allowed:g} percent of all requests, so that new tasks which fail each of theirs go "
            "unseen; raise it, lower alarms.error_percent where that is the reason, or set "
            "rollout.alarms to false",
        )
