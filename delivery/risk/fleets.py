"""What an update takes from a service whose tasks may be in a second target group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from delivery.risk.grades import Grade, Reason

SOURCE: Final = "https://github.com/aws/containers-roadmap/issues/2853"
LOST: Final = (
    "LoadBalancers: the second target group goes, and where it serves, every request gets 503; "
    "set rollout.second_target_group = true"
)


def second_group_lost(resource_type: str, old: Any, new: Any) -> Iterator[Reason]:
    """A service's entries, before and after; a template does not say which group serves."""
    if resource_type == "AWS::ECS::Service" and _divided(old) and not _divided(new):
        yield Reason(Grade.DESTROYS, LOST, SOURCE)


def _divided(entries: Any) -> bool:
    return isinstance(entries, list) and any(
        isinstance(entry, Mapping) and "AdvancedConfiguration" in entry for entry in entries
    )
