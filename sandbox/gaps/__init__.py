"""Closes gaps of moto: it keeps here what it drops elsewhere, and refuses what AWS refuses."""

from __future__ import annotations

from . import (
    api_gateway,
    buckets,
    budgets,
    delays,
    functions,
    groups,
    in_use,
    listeners,
    log_groups,
    scaling,
    watching,
)

_done = False


def install() -> None:
    """moto offers no hook for any of this, so methods of its classes are replaced, once."""
    global _done
    if not _done:
        _done = True
        for part in (
            *(api_gateway, buckets, budgets, delays, functions),
            *(groups, in_use, listeners, log_groups, scaling, watching),
        ):
            part.install()
