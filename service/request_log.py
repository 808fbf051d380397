"""The log's one line per request."""

from __future__ import annotations

import logging

from service.observation import Observation

log = logging.getLogger("service.request")


class RequestLog:
    """Writes who asked, what it took and how it ended; what there is nothing of is left out."""

    def record(self, observation: Observation) -> None:
        line = identity(observation) | work(observation) | texts(observation)
        log.info(
            "request", extra={name: value for name, value in line.items() if value is not None}
        )


def identity(observation: Observation) -> dict[str, object]:
    """Whose request it was, and how it ended."""
    caller = observation.caller
    return {
        "transport": observation.transport,
        "route": observation.route,
        "client_address": observation.client_address,
        "key": caller.identity.name if caller else None,
        "outcome": observation.outcome,
        "status": observation.status,
        "total_seconds": rounded(observation.times.ended),
        "deadline_seconds": rounded(caller.timeout_seconds) if caller else None,
    }


def work(observation: Observation) -> dict[str, object]:
    """What it took of the model."""
    times, taken, pace = observation.times, observation.taken, observation.seconds_per_token
    return {
        "choices": observation.choices if observation.choices > 1 else None,
        "prompt_tokens": taken and taken.prompt_tokens,
        "cached_tokens": taken and taken.cached_tokens,
        "completion_tokens": taken and taken.completion_tokens,
        "queue_seconds": rounded(times.queue_seconds),
        "first_token_seconds": rounded(times.first_token),
        "tokens_per_second": round(1 / pace, 1) if pace else None,
        "finish_reason": ",".join(dict.fromkeys(observation.finish_reasons.values())) or None,
    }


def texts(observation: Observation) -> dict[str, object]:
    if (found := observation.texts) is None:
        return {}
    return {"prompt": found.prompt or None, "completion": found.answer or None}


def rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
