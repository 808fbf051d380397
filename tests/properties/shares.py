"""A share of the examples, run in a process of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from sandbox.cloudformation import stacks
from sandbox.state import FOREIGN, REGION
from tests.properties import runs
from tests.properties.refusing import Refused
from tests.properties.stages import Yield
from tests.properties.trial import Trials

VALID: Final = "valid"


@dataclass(frozen=True, slots=True)
class Share:
    """So many stages of one kind, from a seed on."""

    kind: str
    examples: int
    seed: int


@dataclass
class Outcome:
    """What came of a share; `found` is the first stage that failed, made small."""

    share: Share
    drawn: Yield = field(default_factory=Yield)
    trials: Trials = field(default_factory=Trials)
    refused: Refused = field(default_factory=Refused)
    found: str | None = None


def run_share(share: Share) -> Outcome:
    """In this process, whose AWS is moto."""
    for name in ("AWS_ENDPOINT_URL", *FOREIGN):
        os.environ.pop(name, None)
    os.environ["AWS_DEFAULT_REGION"] = REGION
    outcome = Outcome(share)
    examples, first = share.examples, share.seed
    try:
        if share.kind == VALID:
            stacks.install()
            runs.valid(examples=examples, first=first, drawn=outcome.drawn, trials=outcome.trials)
        else:
            runs.broken(share.kind, examples=examples, first=first, tally=outcome.refused)
    except runs.Found as found:
        outcome.found = str(found)
    return outcome
