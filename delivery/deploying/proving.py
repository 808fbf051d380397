"""The smoke test as the last step of a deploy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from delivery.deploying.news import Level, News, Teller
from delivery.endpoint import Endpoint
from delivery.errors import DeliveryError
from delivery.smoke import NO_GATEWAY_KEY, NO_KEY, Passed, Smoke, Unreachable

SECONDS: Final = 120.0
# Where only the networks of the VPC reach it, waiting changes nothing.
INTERNAL_SECONDS: Final = 15.0
# The outcome of a check, beside "passed" and "failed".
NOT_RUN: Final = "not run"


class Proof(StrEnum):
    """What the smoke test showed."""

    COMPLETE = "passed"
    HALF = "only half run, for want of a key"
    NOT_RUN = "not run"
    FAILED = "failed"


def smoke_test(endpoint: Endpoint, *, seconds: float = SECONDS) -> Smoke:
    """With the keys of the environment; without one, what needs none."""
    return Smoke(
        endpoint,
        os.environ.get("LLM_API_KEY", ""),
        seconds=seconds,
        gateway_key=os.environ.get("LLM_GATEWAY_API_KEY", ""),
    )


def prove(endpoint: Endpoint, teller: Teller, *, stage: str) -> Proof:
    """Run it and tell each check. An internal endpoint may be out of reach from here."""
    teller.tell(News("step", f"smoke test of {endpoint.url}"))
    smoke = smoke_test(endpoint, seconds=INTERNAL_SECONDS if endpoint.internal else SECONDS)
    try:
        for passed in smoke.run():
            teller.tell(_good(passed))
    except Unreachable as error:
        if not endpoint.internal:
            teller.tell(bad(str(error)))
            return Proof.FAILED
        told = (
            "smoke test not run: the endpoint is internal and cannot be reached from here; run "
            f"make smoke STAGE={stage} inside its network"
        )
        teller.tell(News("smoke", told, Level.WARNING, facts={"outcome": NOT_RUN}))
        return Proof.NOT_RUN
    except DeliveryError as error:
        teller.tell(bad(str(error)))
        return Proof.FAILED
    for news in _left_out(smoke, stage):
        teller.tell(news)
    return Proof.COMPLETE if smoke.complete else Proof.HALF


def bad(why: str) -> News:
    """Why it failed; the sentence begins with the check's name."""
    return News("smoke", why, Level.BAD, facts={"outcome": "failed"})


def _good(passed: Passed) -> News:
    facts = {
        "check": passed.check,
        "outcome": "passed",
        "seen": passed.seen,
        "seconds": round(passed.seconds, 3),
    }
    return News("smoke", passed.told, Level.GOOD, facts=facts)


def _left_out(smoke: Smoke, stage: str) -> Iterator[News]:
    for check, why in smoke.left_out.items():
        facts = {"check": check, "outcome": NOT_RUN, "seen": why}
        yield News("smoke", f"left out: {check}: {why}", Level.DETAIL, facts=facts)
    if not smoke.complete:
        yield News(
            "smoke",
            f"only what needs no key was run: {', '.join(_missing(smoke))}; `make key NAME=smoke "
            f"STAGE={stage}` makes one; put it there and run make smoke STAGE={stage}",
            Level.WARNING,
            facts={"outcome": NOT_RUN},
        )


def _missing(smoke: Smoke) -> list[str]:
    """The variables that have no key, in words."""
    reasons = dict.fromkeys(smoke.left_out.values())
    return [why for why in reasons if why in (NO_KEY, NO_GATEWAY_KEY)]
