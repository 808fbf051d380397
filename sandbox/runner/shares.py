"""Which target group gets the next request, where a rule's weights divide them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

UNDIVIDED = 1.0
"""The weight of a group that no rule names."""


class Shares:
    """Smooth weighted round robin: of any hundred requests each group gets its per cent.

    A load balancer draws lots instead; here the shares are exact, so that they can be tested.
    """

    def __init__(self) -> None:
        self._weights: dict[str, float] = {}
        self._credit: dict[str, float] = {}

    def set(self, weights: Mapping[str, float]) -> bool:
        """By target group; whether that changes anything."""
        changed = {**self._weights, **weights} != self._weights
        self._weights |= weights
        return changed

    def has(self, group: str) -> bool:
        return self._weight(group) > 0

    @property
    def divided(self) -> bool:
        """Whether more than one group of a rule has a share."""
        return sum(weight > 0 for weight in self._weights.values()) > 1

    def next(self, groups: Collection[str]) -> str | None:
        """Of these groups the one whose turn it is; None where none of them has a share."""
        shares = {group: self._weight(group) for group in groups if self.has(group)}
        if not shares:
            return None
        for group, weight in shares.items():
            self._credit[group] = self._credit.get(group, 0.0) + weight
        chosen = max(shares, key=lambda group: self._credit[group])
        self._credit[chosen] -= sum(shares.values())
        return chosen

    def _weight(self, group: str) -> float:
        return self._weights.get(group, UNDIVIDED)
