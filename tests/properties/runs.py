"""Gives hypothesis' stages to a trial, and comes back with a small one that fails."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import tomlkit
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.properties.files import Values, refused
from tests.properties.mutations import Broken, broken_stages
from tests.properties.paths import flat, put
from tests.properties.refusing import Refused, hold
from tests.properties.remedies import REMOVED
from tests.properties.stages import Yield, valid_stages
from tests.properties.trial import Trials, try_out

Stage = TypeVar("Stage")
SHOWN_FRAMES: Final = 3


class Found(AssertionError):
    """A stage that fails; the message has its file."""


def valid(*, examples: int, first: int, drawn: Yield, trials: Trials) -> None:
    """Put valid stages on trial, from hypothesis' seed `first` on. Raises Found.

    hypothesis makes a stage small by drawing others, each of which takes seconds; so settings are
    taken away one by one instead.
    """
    failed: list[tuple[str, Values]] = []

    def each(stage: tuple[str, Values]) -> None:
        failed[:] = [stage]
        try_out(*stage, trials)

    error = offer(valid_stages(drawn), each, examples=examples, first=first)
    if error is not None:
        name, values = failed[0]
        raise Found(_told(error, name, smaller(name, values, error)))


def broken(kind: str, *, examples: int, first: int, tally: Refused) -> None:
    """Have broken stages of one kind refused, from seed `first` on. Raises Found."""
    failed: list[Broken] = []

    def each(stage: Broken) -> None:
        failed[:] = [stage]
        hold(stage, tally)

    phases = [Phase.generate, Phase.shrink]
    error = offer(broken_stages(kind), each, examples=examples, first=first, phases=phases)
    if error is not None:
        raise Found(_told(error, failed[0].name, failed[0].values))


def offer(
    stages: st.SearchStrategy[Stage],
    each: Callable[[Stage], None],
    *,
    examples: int,
    first: int,
    phases: Sequence[Phase] = (Phase.generate,),
) -> Exception | None:
    """Each stage to `each`; what it raised of the first that fails, or the smallest."""

    @seed(first)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(stages)
    def offered(stage: Stage) -> None:
        each(stage)

    try:
        offered()
    except Exception as error:  # whatever went wrong is what was looked for
        return error
    return None


def smaller(name: str, values: Values, error: Exception) -> Values:
    """Without the settings that the failure does not need."""
    for path in flat(values):
        less = copy.deepcopy(values)
        put(less, path, REMOVED)
        if refused(less, name=name) is None and _fails(name, less) is type(error):
            values = less
    return values


def _fails(name: str, values: Values) -> type[Exception] | None:
    try:
        try_out(name, values, Trials())
    except Exception as error:  # as above
        return type(error)
    return None


def _told(error: Exception, name: str, values: Values) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__)[-SHOWN_FRAMES:])
    said = {key: value for key, value in values.items() if value != {}}
    return f"{type(error).__name__}: {error}\n{frames}\n# {name}.toml\n{tomlkit.dumps(said)}"
