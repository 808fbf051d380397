"""How the engine runs a model: tokens that there is room for."""

import pytest

from infra.sections.section import Problem
from tests.infra.stages import problem, stage


@pytest.mark.parametrize("key", ["batch_tokens", "max_output_tokens"])
def test_a_count_of_tokens_that_fills_the_context_is_refused(key: str) -> None:
    small = {"context_tokens": 512, "max_output_tokens": 64}
    assert stage(engine=small | {key: 511})
    found = problem(engine=small | {key: 512})
    assert found == Problem(
        f"engine.{key}", "got 512, which a context of 512 has no room for; choose at most 511"
    )


def test_a_batch_in_which_no_text_fits_is_refused_where_its_vector_is_made_at_once() -> None:
    assert stage(engine={"embeddings": "last", "batch_tokens": 64})
    found = problem(engine={"embeddings": "mean", "batch_tokens": 64})
    assert (found.path, found.text.split("; ")[1]) == ("engine.batch_tokens", "choose at least 128")
