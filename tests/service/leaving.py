"""How long the engine may work on for a client that has left."""

from __future__ import annotations

import random
import time

import httpx

from tests.service.process import ServiceProcess

FREE_SECONDS = 2  # the longest that a client that has left may hold its slot
PROMPT_WORDS = 1000
FEW_WORDS = PROMPT_WORDS // 3  # several batches of them: the engine looks for its client after each
WORDS = ["anchor", "basket", "candle", "desert", "engine", "forest", "garden", "harbor"]


def unseen_prompt(words: int = PROMPT_WORDS) -> str:
    """No cache has it."""
    return " ".join(random.SystemRandom().choices(WORDS, k=words))


def seconds_to_stop(service: ServiceProcess, *, key: str = "") -> float:
    """The longest that the engine may work on: FREE_SECONDS, or as long as it needs for FEW_WORDS
    where this machine is slower. One that reads a whole prompt within two seconds proves nothing.
    """
    begun = time.monotonic()
    httpx.post(
        f"{service.url}/v1/completions",
        json={"prompt": unseen_prompt(FEW_WORDS), "max_tokens": 1},
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=60,
    ).raise_for_status()
    return max(FREE_SECONDS, time.monotonic() - begun)


def wait_until_engine_is_idle(service: ServiceProcess, *, seconds: float) -> None:
    """It may work on in vain while no slot of ours is taken any more."""
    started, engine = time.monotonic(), service.engine()
    while engine.cpu_percent(interval=0.2) >= 20:
        took = time.monotonic() - started
        assert took < seconds, f"the engine worked on for {took:.1f} s, {seconds:.1f} are allowed"
