"""Which guesses an engine may be asked for."""

from typing import Any

import pytest

from infra.sections.section import Problem
from tests.infra.stages import problem, stage

EIGHT_SLOTS: dict[str, Any] = {"slots": 8, "batch_tokens": 128}


def test_guesses_of_all_slots_leave_half_of_a_batch_to_prompts() -> None:
    assert stage(engine=EIGHT_SLOTS, speculation={"draft_tokens": 7})
    assert stage(engine=EIGHT_SLOTS | {"batch_tokens": 144}, speculation={"draft_tokens": 8})
    assert problem(engine=EIGHT_SLOTS, speculation={"draft_tokens": 8}) == Problem(
        "engine.batch_tokens",
        "got 128, of which guesses of 8 tokens in 8 slots take more than half, and prompts would "
        "wait; choose at least 144, or lower speculation.draft_tokens or engine.slots",
    )


@pytest.mark.parametrize("embeddings", ["last", "mean"])
def test_engine_that_makes_vectors_guesses_nothing(embeddings: str) -> None:
    engine = EIGHT_SLOTS | {"embeddings": embeddings}
    assert stage(engine=engine)
    found = problem(engine=engine, speculation={"draft_tokens": 7})
    assert found.path == "speculation.draft_tokens"
    assert f"engine.embeddings is '{embeddings}'" in found.text


def test_guess_that_is_never_made_is_refused() -> None:
    assert stage(engine=EIGHT_SLOTS, speculation={"draft_tokens": 5, "match_tokens": 5})
    assert stage(speculation={"match_tokens": 7})
    found = problem(engine=EIGHT_SLOTS, speculation={"draft_tokens": 5, "match_tokens": 6})
    assert (found.path, found.text.split("; ")[1]) == (
        "speculation.draft_tokens",
        "choose at least that many, or 0 for none",
    )
