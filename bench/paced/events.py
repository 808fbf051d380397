"""The events of llama.cpp's answers, key for key as its server (xllamacpp 2026.10) wrote them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]

PROMPT_TOKENS = 12
LOGPROB = -0.25


@dataclass(frozen=True)
class Answer:
    """Events of one answer, of as many choices as were asked for.

    `choice` gives a choice's body for a piece of text, for its end (None), or for its beginning
    ("").
    """

    frame: Event
    choice: Callable[[str | None], Event]
    choices: int
    alternatives: int | None
    timed: bool  # each token
    created: int = field(default_factory=lambda: int(time.time()))

    def begin(self) -> list[Event | None]:
        """Progress before and after the prompt."""
        done = [0, PROMPT_TOKENS]
        return [
            self._event(self._choice(0, "")) | {"prompt_progress": progress(tokens)}
            for tokens in done
        ]

    def token(self, text: str, number: int) -> list[Event | None]:
        """The next token of every choice."""
        timed = {"timings": timings(number)} if self.timed else {}
        return [
            self._event(self._choice(index, text, logprobs=self._logprobs(text))) | timed
            for index in range(self.choices)
        ]

    def finish(self, tokens: int) -> list[Event | None]:
        ends: list[Event | None] = [
            self._event(self._choice(index, None, reason="length")) for index in range(self.choices)
        ]
        usage = {
            "completion_tokens": tokens,
            "prompt_tokens": PROMPT_TOKENS,
            "total_tokens": PROMPT_TOKENS + tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
        totals = [self._event() | {"usage": usage, "timings": timings(tokens)}] * self.choices
        return [*ends, *totals, None]

    def _event(self, *choices: Event) -> Event:
        return {"choices": list(choices), "created": self.created} | self.frame

    def _choice(
        self, index: int, text: str | None, *, reason: str | None = None, logprobs: Any = None
    ) -> Event:
        found = {"finish_reason": reason, "index": index} | self.choice(text)
        return found | {"logprobs": logprobs} if logprobs else found

    def _logprobs(self, text: str) -> Event | None:
        if self.alternatives is None:
            return None
        entry = {"id": 1, "token": text, "bytes": list(text.encode()), "logprob": LOGPROB}
        return {"content": [entry | {"top_logprobs": [entry] * self.alternatives}]}


def chat_answer(request: Event) -> Answer:
    def choice(text: str | None) -> Event:
        if text is None:
            return {"delta": {}}
        return {"delta": {"content": text} if text else {"role": "assistant", "content": None}}

    return answer(request, identity("chat.completion.chunk"), choice)


def text_answer(request: Event) -> Answer:
    def choice(text: str | None) -> Event:
        return {"text": text or "", "logprobs": None}

    return answer(request, identity("text_completion"), choice)


def answer(request: Event, frame: Event, choice: Callable[[str | None], Event]) -> Answer:
    return Answer(
        frame,
        choice,
        choices=request.get("n") or 1,
        alternatives=request.get("n_probs"),
        timed=request.get("timings_per_token", False),
    )


def identity(kind: str) -> Event:
    return {
        "id": f"chatcmpl-{time.monotonic_ns()}",
        "model": "paced",
        "system_fingerprint": "b0-paced",
        "object": kind,
    }


def progress(tokens: int) -> Event:
    return {"total": PROMPT_TOKENS, "cache": 0, "processed": tokens, "time_ms": 1}


def timings(tokens: int) -> Event:
    prompt = {"prompt_n": PROMPT_TOKENS, "prompt_ms": 1.0, "prompt_per_second": 12000.0}
    return prompt | {"cache_n": 0, "predicted_n": tokens, "predicted_ms": 1.0}
