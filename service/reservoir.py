"""A fair sample of values of which there may be too many to keep."""

from __future__ import annotations

import random


class Reservoir:
    """Keeps at most `size` values, each of those added with the same chance.

    Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen = 0
        self._values: list[float] = []

    def add(self, value: float) -> None:
        self._seen += 1
        if len(self._values) < self._size:
            self._values.append(value)
        elif (place := random.randrange(self._seen)) < self._size:  # noqa: S311 - no secret
            self._values[place] = value

    def take(self) -> list[float]:
        """The sample of what was added since the last call."""
        values, self._values, self._seen = self._values, [], 0
        return values
