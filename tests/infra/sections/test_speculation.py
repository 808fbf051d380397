"""Which guesses an engine may be asked for."""

from typing import Any

import pytest

from infra.sections.section import Problem
from tests.infra.stages import problem, stage

EIGHT_SLOTS: dict[str, Any] = {"slots": 8, "batch_tokens": 64}


def test_guesses_of_all_slots_have_room_in_one_batch() -> None:
    assert stage(engine=EIGHT_SLOTS, speculation={"draft_tokens": 7})
    assert problem(engine=EIGHT_SLOTS, speculation={"draft_tokens": 8}) == Problem(
        "speculation.draft_tokens",
        "got 8, which for 8 slots makes batches of 72 tokens, and engine.batch_tokens is 64; "
        "raise batch_tokens, or lower draft_tokens or engine.slots",
    )


def test_longer_batches_have_room_for_longer_guesses() -> None:
    assert stage(engine=EIGHT_SLOTS | {"batch_tokens": 128}, speculation={"draft_tokens": 15})


@pytest.mark.parametrize("embeddings", ["last", "mean"])
def test_engine_that_makes_vectors_guesses_nothing(embeddings: str) -> None:
    engine = EIGHT_SLOTS | {"batch_tokens": 128, "embeddings": embeddings}
    assert stage(engine=engine)
    found = problem(engine=engine, speculation={"draft_tokens": 7})
    assert found.path == "speculation.draft_tokens"
    assert f"engine.embeddings is '{embeddings}'" in found.text


def test_guess_that_is_never_made_is_refused() -> None:
    assert stage(speculation={"draft_tokens": 5, "match_tokens": 5})
    assert stage(speculation={"match_tokens": 7})
    found = problem(speculation={"draft_tokens": 5, "match_tokens": 6})
    assert (found.path, found.text.split("; ")[1]) == (
        "speculation.draft_tokens",
        "choose at least that many, or 0 for none",
    )
