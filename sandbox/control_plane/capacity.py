"""Which capacity provider of a strategy gets the next task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def provider_of_next(
    strategy: Sequence[dict[str, Any]], running: Sequence[str | None]
) -> str | None:
    """The one whose base is not full, else the one that its weight entitles most.

    docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html: "The
    base value is satisfied first; then the weight is considered".
    """
    for item in strategy:
        if running.count(item["capacityProvider"]) < item.get("base", 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item.get("weight", 0) > 0]
    if not weighted:
        return None
    chosen = min(weighted, key=lambda item: (_above_base(item, running) + 1) / item["weight"])
    return str(chosen["capacityProvider"])


def _above_base(item: dict[str, Any], running: Sequence[str | None]) -> int:
    return max(running.count(item["capacityProvider"]) - int(item.get("base", 0)), 0)
