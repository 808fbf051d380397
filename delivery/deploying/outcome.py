"""How a verb ends, for a shell and for a program."""

from __future__ import annotations

from enum import Enum
from typing import Any

from delivery.deploying.news import RESULT, Level, News


class Outcome(Enum):
    """The exit status of `python -m delivery`, and its word. (`make` exits with 2 on all but 0.)"""

    DONE = 0, "done"
    FAILED = 1, "failed"
    # argparse's own for wrong words, which it tells on standard error.
    USAGE = 2, "usage"
    # A guard refused, a person said no, or it could not begin: nothing was changed.
    REFUSED = 3, "refused"
    # It is deployed and runs, and the endpoint does not answer as it should.
    SMOKE_FAILED = 4, "smoke test failed"
    # The watch has ended; AWS goes on.
    OVERDUE = 5, "overdue"
    # Of `status`: something that is deployed asks for somebody.
    UNWELL = 6, "not well"
    # AWS does not show any more how it goes on.
    UNSEEN = 7, "unseen"
    # As a shell counts SIGINT, whichever signal it was; AWS goes on with what it had begun.
    INTERRUPTED = 130, "interrupted"

    def __init__(self, status: int, word: str) -> None:
        self.status = status
        self.word = word


def result(
    outcome: Outcome, text: str, level: Level, *, lines: tuple[str, ...] = (), **facts: Any
) -> News:
    """The last piece of news."""
    facts |= {"outcome": outcome.word, "exit_status": outcome.status}
    return News(RESULT, text, level, lines, facts)
