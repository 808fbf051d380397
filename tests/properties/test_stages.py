"""A few of the stages that `make properties` puts on trial, the same ones each time."""

from __future__ import annotations

import pytest

from tests.moto.conftest import extended, region
from tests.properties import runs
from tests.properties.mutations import KINDS, RULE
from tests.properties.refusing import Refused
from tests.properties.stages import Yield
from tests.properties.trial import Trials

__all__ = ["extended", "region"]  # fixtures of the sandbox's tests

EXAMPLES = 40


@pytest.mark.timeout(300)
def test_valid_stages_synthesise_pass_the_linter_and_come_and_go_in_the_sandbox() -> None:
    drawn, trials = Yield(), Trials()
    runs.valid(examples=6, first=3, drawn=drawn, trials=trials)
    assert trials.deleted == drawn.rounds.total() == 6
    assert trials.settings.total() > 50  # else they would all be as they are by default


@pytest.mark.parametrize("kind", KINDS)
def test_broken_stages_are_refused_with_file_place_value_and_remedy(kind: str) -> None:
    tally = Refused()
    runs.broken(kind, examples=EXAMPLES, first=1, tally=tally)
    assert tally.stages + tally.still_valid == EXAMPLES
    # Good values in the place of others may go together; nothing else may be accepted.
    assert tally.still_valid == 0 or (kind == RULE and tally.stages > EXAMPLES // 8)
