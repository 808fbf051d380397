"""A stage's life with the real CDK CLI against the sandbox: what each change does, and why."""

from __future__ import annotations

import pytest

from delivery.changes import Effect
from tests.day_two.course import walk
from tests.day_two.steps import (
    AGAIN,
    DESTROY,
    FIRST,
    MOVE,
    OLD_NETWORK,
    PROTECTED,
    STEPS,
    UNPROTECTED,
    Step,
)
from tests.day_two.walk import Outcome

pytestmark = pytest.mark.timeout(1800)

DEPLOYS = (FIRST, *STEPS, UNPROTECTED, MOVE, AGAIN)
ALL = (*DEPLOYS, OLD_NETWORK, DESTROY)


def named(step: Step) -> str:
    return step.name


@pytest.fixture(scope="module")
def outcomes() -> dict[Step, Outcome]:
    """Of the one walk, whose steps need each other."""
    return {outcome.step: outcome for outcome in walk(print)}


@pytest.mark.parametrize("step", ALL, ids=named)
def test_step_does_what_it_should_and_nothing_else(
    step: Step, outcomes: dict[Step, Outcome]
) -> None:
    outcome = outcomes[step]
    assert outcome.effects == outcome.expected


@pytest.mark.parametrize("step", DEPLOYS, ids=named)
def test_the_pull_request_s_comment_foretells_it(step: Step, outcomes: dict[Step, Outcome]) -> None:
    outcome = outcomes[step]
    assert outcome.effects == outcome.foretold


@pytest.mark.parametrize("step", DEPLOYS, ids=named)
def test_nothing_is_left_to_deploy(step: Step, outcomes: dict[Step, Outcome]) -> None:
    assert outcomes[step].left == ""


def test_the_diff_of_a_new_image_shows_only_that(outcomes: dict[Step, Outcome]) -> None:
    image = STEPS[0]
    assert outcomes[image].differences == {"Task/Definition"}


def test_a_protected_stage_is_not_destroyed(outcomes: dict[Step, Outcome]) -> None:
    assert "TerminationProtection" in outcomes[PROTECTED].refusal


def test_what_holds_data_is_never_replaced(outcomes: dict[Step, Outcome]) -> None:
    kept = {"Registry/Repository", "Inference/Keys/Secret", "Inference/Task/Log"}
    assert kept <= outcomes[FIRST].effects[Effect.ADDED]
    for step in (*STEPS, MOVE):
        effects = outcomes[step].effects
        touched = effects.get(Effect.REPLACED, frozenset()) | effects.get(
            Effect.REMOVED, frozenset()
        )
        assert touched & kept == set()
