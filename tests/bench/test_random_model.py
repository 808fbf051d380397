"""A model with random weights is one that engines can serve."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from bench.engine import engine_with
from bench.random_model import ONE_BILLION, Shape, random_model, tensors
from service.model.inspection import inspect
from service.model.trial.engine import Runner

TINY = Shape(layers=2, width=64, feed_forward=128, heads=4, kv_heads=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def test_its_shape_is_what_the_file_says(folder: Path) -> None:
    facts = inspect(random_model("Q8_0", shape=TINY, folder=folder))
    assert facts.architecture == "llama"
    assert set(facts.types) == {"Q8_0", "F32"}
    assert facts.kv_bytes_per_token == 2 * 2 * (16 + 16) * 2  # layers, heads, keys and values


def test_few_bits_leave_the_vocabulary_eight(folder: Path) -> None:
    assert set(inspect(random_model("Q4_0", shape=TINY, folder=folder)).types) == {
        "Q8_0",
        "Q4_0",
        "F32",
    }


def test_the_same_seed_makes_the_same_file(folder: Path, tmp_path: Path) -> None:
    files = [
        random_model("Q8_0", shape=TINY, seed=seed, folder=place)
        for seed, place in ((0, folder), (0, tmp_path), (1, tmp_path))
    ]
    first, again, other = (hashlib.sha256(file.read_bytes()).digest() for file in files)
    assert first == again
    assert first != other


def test_the_large_one_has_a_billion_parameters() -> None:
    listed = tensors(ONE_BILLION, vocabulary=49_152)
    count = sum(tensor.rows * tensor.columns for tensor in listed)
    assert count == pytest.approx(1.07e9, rel=0.01)


async def test_the_engine_answers_with_finite_likelihoods(folder: Path) -> None:
    file = random_model("Q8_0", shape=TINY, folder=folder)
    async with engine_with(file, Runner(1), slots=1) as engine:
        answer = await engine.complete(await engine.tokens("The fox"), tokens=4, n_probs=3)
    told = answer["completion_probabilities"]
    assert len(told) == 4
    assert all(math.isfinite(item["logprob"]) for each in told for item in each["top_logprobs"])
