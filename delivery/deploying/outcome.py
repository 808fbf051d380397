"""How a verb ends, for a shell and for a program."""

from __future__ import annotations

from enum import Enum
from typing import Any

from delivery.deploying.news import Level, News


class Outcome(Enum):
    """The exit status of `python -m delivery`, and its word. (`make` exits with 2 on all but 0.)"""

    DONE = 0, "done"
    FAILED = 1, "failed"
    # argparse's own for wrong words.
    USAGE = 2, "usage"
    # A guard refused, or a person said no: nothing was changed.
    REFUSED = 3, "refused"
    # It is deployed and runs, and the endpoint does not answer as it should.
    SMOKE_FAILED = 4, "smoke test failed"
    # The watch has ended; AWS goes on.
    OVERDUE = 5, "overdue"
    # Of `status`: something that is deployed asks for somebody.
    UNWELL = 6, "not well"
    # As a shell counts SIGINT; AWS goes on.
    INTERRUPTED = 130, "interrupted"

    def __init__(self, status: int, word: str) -> None:
        self.status = status
        self.word = word


def result(outcome: Outcome, text: str, level: Level, **facts: Any) -> News:
    """The last piece of news."""
    facts |= {"outcome": outcome.word, "exit_status": outcome.status}
    return News("result", text, level, facts=facts)
