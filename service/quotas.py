"""What the keys of a name may still ask of this task: its requests and tokens per minute."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.authentication import Identity, KeyLimits
from service.errors import RateLimitExceeded

MINUTE = 60.0

Clock = Callable[[], float]
Buckets = Mapping[str, "Bucket"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a limit, and when all of it will be there again."""

    limit: int
    remaining: int
    reset_seconds: float


class Bucket:
    """A limit per minute: a whole minute's worth may be used at once, and comes back evenly.

    What is used may exceed the limit, by requests whose size was not known before their end; the
    excess is waited for as well.
    """

    def __init__(self, limit: int, *, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._used = 0.0
        self._seen = clock()

    @property
    def used(self) -> float:
        now = self._clock()
        self._used = max(0.0, self._used - (now - self._seen) * self.limit / MINUTE)
        self._seen = now
        return self._used

    def use(self, amount: float) -> None:
        """Gives back where the amount is negative."""
        self._used = max(0.0, self.used + amount)

    def resize(self, limit: int) -> None:
        """Another limit from now on; what is used stays used."""
        self._used = self.used
        self.limit = limit

    def seconds_until(self, amount: float) -> float:
        """Until so much fits: at once, or later. More than the limit fits when nothing is used."""
        excess = self.used + min(amount, self.limit) - self.limit
        return max(0.0, excess) * MINUTE / self.limit

    def standing(self) -> Standing:
        remaining = max(0, math.floor(self.limit - self.used))
        return Standing(self.limit, remaining, self.used * MINUTE / self.limit)


class Charge:
    """What a request was admitted with, until it is settled or cancelled."""

    def __init__(self, buckets: Buckets, reserved: int) -> None:
        self._buckets = buckets
        self._charged = reserved

    def settle(self, tokens: int) -> None:
        """Makes it the tokens that the request really took; the last call counts."""
        if "tokens" in self._buckets:
            self._buckets["tokens"].use(tokens - self._charged)
            self._charged = tokens

    def cancel(self) -> None:
        """Gives all back: the request was refused for what others ask of this task."""
        self.settle(0)
        if "requests" in self._buckets:
            self._buckets["requests"].use(-1)


class Quotas:
    """Holds every name that has limits to them. Remembers these names and no others."""

    def __init__(self, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._accounts: dict[str, Buckets] = {}

    def admit(self, identity: Identity, *, prompt_tokens: int) -> Charge:
        """Takes one request and an estimate of its prompt; raises RateLimitExceeded.

        A refused request takes nothing. Whoever is admitted settles the charge at the end.
        """
        buckets = self._buckets(identity)
        amounts = {"requests": 1, "tokens": prompt_tokens}
        waits = {unit: bucket.seconds_until(amounts[unit]) for unit, bucket in buckets.items()}
        unit = max(waits, key=lambda unit: waits[unit], default=None)
        if unit is not None and waits[unit] > 0:
            raise RateLimitExceeded(
                str(identity.name),
                limit=buckets[unit].limit,
                unit=unit,
                retry_after_seconds=math.ceil(waits[unit]),
            )
        for each, bucket in buckets.items():
            bucket.use(amounts[each])
        return Charge(buckets, prompt_tokens)

    def standings(self, identity: Identity) -> dict[str, Standing]:
        """By "requests" and "tokens", where there is a limit."""
        return {unit: bucket.standing() for unit, bucket in self._buckets(identity).items()}

    def keep(self, limits: Mapping[str, KeyLimits]) -> None:
        """Forgets every other name, and holds these to their limits of now."""
        self._accounts = {
            name: self._resized(buckets, limits[name])
            for name, buckets in self._accounts.items()
            if name in limits
        }

    def _buckets(self, identity: Identity) -> Buckets:
        if identity.name is None or identity.limits is None:
            return {}
        if identity.name not in self._accounts:
            self._accounts[identity.name] = self._resized({}, identity.limits)
        return self._accounts[identity.name]

    def _resized(self, buckets: Buckets, limits: KeyLimits) -> Buckets:
        wanted = {"requests": limits.requests_per_minute, "tokens": limits.tokens_per_minute}
        found = {}
        for unit, limit in wanted.items():
            if limit is not None:
                found[unit] = buckets.get(unit) or Bucket(limit, clock=self._clock)
                found[unit].resize(limit)
        return found
