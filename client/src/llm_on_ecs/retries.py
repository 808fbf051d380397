"""When to try again, and when to stop: pure, so that blocking and async calls share it."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from llm_on_ecs.errors import DeadlineExceeded, LLMError, Retryable

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
# The endpoint asks for a minute at most. Who asks for more is something before it, and whether to
# wait for that is the caller's to say: the error has the pause.
LONGEST_ASKED_PAUSE_SECONDS = 120.0
# Far beyond any generation. Clocks on the way hold no more: infinity overflows httpx's timeouts,
# and to gRPC it is a time that has passed.
LONGEST_TIMEOUT_SECONDS = 30 * 24 * 3600.0

Clock = Callable[[], float]


class Deadline:
    """The end of a call, all its tries together. `seconds` None never ends."""

    def __init__(self, seconds: float | None, *, clock: Clock = time.monotonic) -> None:
        if seconds is not None and not 0 < seconds <= LONGEST_TIMEOUT_SECONDS:
            raise ValueError(
                f"timeout is no time: got {seconds!r}; give seconds above 0 and at most "
                f"{LONGEST_TIMEOUT_SECONDS:.0f}, or None"
            )
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds

    def remaining(self) -> float | None:
        """Seconds. Raises DeadlineExceeded where none are left."""
        if self._end is None:
            return None
        left = self._end - self._clock()
        if left <= 0:
            raise self.exceeded()
        return left

    def allows(self, pause: float) -> bool:
        """Whether any time is left after the pause."""
        return self._end is None or self._clock() + pause < self._end

    @staticmethod
    def exceeded() -> DeadlineExceeded:
        return DeadlineExceeded("The time allowed for this call (`timeout`) has passed.")


def new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Call:
    """One call with all its tries: its end, and the id under which the endpoint logs them."""

    deadline: Deadline
    request_id: str = field(default_factory=new_id)

    @property
    def headers(self) -> dict[str, str]:
        """Or gRPC metadata. The id is ours, so that it is known where no answer comes."""
        return {"x-request-id": self.request_id}


class Attempts:
    """Counts the tries of one call.

    The pause grows twofold from half a second to eight and is drawn between zero and that ("full
    jitter": AWS Architecture Blog, "Exponential Backoff And Jitter"). Where the endpoint names a
    pause, the draw comes on top, so that refused clients do not come back all at once. One that it
    names beyond LONGEST_ASKED_PAUSE_SECONDS is not waited for.
    """

    def __init__(
        self,
        call: Call,
        *,
        max_retries: int,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.call = call
        self._left = max_retries
        self._ceiling = FIRST_PAUSE_SECONDS
        self._draw = draw

    def pause_after(self, error: LLMError) -> float:
        """Seconds to wait before the next try. Raises the error where there is to be none."""
        error.request_id = error.request_id or self.call.request_id
        if not isinstance(error, Retryable) or self._left <= 0:
            raise error
        asked = max(0.0, error.retry_after_seconds or 0.0)
        pause = asked + self._draw(0, self._ceiling)
        if asked > LONGEST_ASKED_PAUSE_SECONDS or not self.call.deadline.allows(pause):
            raise error
        self._left -= 1
        self._ceiling = min(2 * self._ceiling, LONGEST_PAUSE_SECONDS)
        return pause
