"""What a stage is made of is in each of our lists: read back, priced, pinned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from operations.bill import estimate
from operations.prices import load_prices
from operations.tasks import Level
from sandbox.cloudformation.ignored import IGNORED
from tests.infra.assemblies import Assembly
from tests.infra.not_priced import NOT_PRICED
from tests.infra.pins import held, pinned, wherever
from tests.moto.reading import READERS

PRICES: Final = load_prices()
PINNED: Final = wherever(pinned())


def broken_promises(directory: Path) -> list[str]:
    """What is in an assembly and on none of the lists, in words."""
    assembly = Assembly(directory)
    return [*_unread(assembly), *_unpriced(assembly), *_unpinned(assembly)]


def _unread(assembly: Assembly) -> Iterator[str]:
    kinds = {
        body["Type"] for each in assembly.templates.values() for body in each["Resources"].values()
    }
    yield from (
        f"{kind} is not read back" for kind in sorted(kinds - READERS.keys() - IGNORED.keys())
    )


def _unpriced(assembly: Assembly) -> Iterator[str]:
    for level in Level:
        bill = estimate(assembly.templates, PRICES, level)
        yield from (f"{what} has no price" for what in bill.not_priced if what not in NOT_PRICED)


def _unpinned(assembly: Assembly) -> Iterator[str]:
    found = wherever(held(assembly))
    yield from (f"{' '.join(pin)} is not pinned" for pin in sorted(found - PINNED))
