"""Whether a person agrees."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from delivery.deploying.news import Level, Teller
from delivery.deploying.outcome import Outcome, result

Confirm = Callable[[str], bool]


def agreed(teller: Teller, confirm: Confirm, *, stage: str) -> bool:
    """Whether the stage may be taken back."""
    teller.pause()
    return confirm(f"Take stage {stage} back?")


def refused(teller: Teller) -> Outcome:
    """The end where somebody says no before anything was begun."""
    teller.tell(result(Outcome.REFUSED, "nothing was changed", Level.WARNING))
    return Outcome.REFUSED


def ask_person(question: str) -> bool:
    """Yes by YES=1, or by a person at a terminal; nobody there is no.

    It is asked on standard error: standard output may be a program's.
    """
    if os.environ.get("YES") == "1":
        return True
    if not sys.stdin.isatty():
        print("Nobody is here to say yes; say it with YES=1.", file=sys.stderr)
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")  # Ctrl-D is an empty line
