"""Tells a person how far a measurement is."""

from __future__ import annotations

import sys


def say(what: str) -> None:
    """Beside the figures, which go to standard output."""
    print(what, file=sys.stderr, flush=True)
