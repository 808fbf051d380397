"""The lines for a stage file make a stage that synth accepts."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from infra.settings import StageSettings
from service.model.errors import ModelError
from service.model.inspection import ModelFacts
from weights.advice import stage_lines

SHA256 = "ab" * 32


def facts(*, mib: int, kv_bytes: int = 23_040, trained: int = 8192) -> ModelFacts:
    return ModelFacts(
        architecture="llama",
        name="Own",
        parameters=1,
        types={"Q8_0": 1},
        trained_tokens=trained,
        kv_bytes_per_token=kv_bytes,
        bytes=mib * 2**20,
    )


def stage(**sections: Any) -> StageSettings:
    return StageSettings.model_validate({"name": "own", **sections})


def lines(of: ModelFacts, **sections: Any) -> str:
    return "\n".join(stage_lines(stage(**sections), facts=of, key="own.gguf", sha256=SHA256))


@pytest.mark.parametrize("mib", [139, 1500, 8000, 40_000, 110_000])
def test_the_lines_are_a_stage_that_is_accepted(mib: int) -> None:
    made = stage(**tomllib.loads(lines(facts(mib=mib))))
    assert (made.model.key, made.model.weights_mib) == ("own.gguf", mib)


def test_the_task_is_told_with_the_sum_and_the_stages_own_cpu() -> None:
    told = lines(facts(mib=139), task={"cpu": 2048, "memory_mib": 4096})
    assert (
        "[task]  # 1173 MiB: 139 of weights, 418 to run, 360 for 8 slots of 2048 tokens, "
        "256 of prompt cache\n"
        "cpu = 256  # the smallest that has the memory; more vCPUs answer faster\n"
        "memory_mib = 2048\n"
        "# With the stage's cpu = 2048: memory_mib = 4096"
    ) in told


def test_more_context_than_the_model_was_trained_on_is_corrected() -> None:
    told = lines(facts(mib=139, trained=1024))
    assert "[engine]\ncontext_tokens = 1024  # what the model was trained on" in told
    engine = stage(**tomllib.loads(told)).engine
    assert (engine.context_tokens, engine.max_output_tokens) == (1024, 512)


def test_a_model_that_fits_no_task_is_refused_with_the_sum() -> None:
    with pytest.raises(ModelError, match=r"needs 12\d{4} MiB \(122880 of weights, .* smaller type"):
        lines(facts(mib=122_880))
