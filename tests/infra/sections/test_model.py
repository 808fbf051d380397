"""The model, its facts, and the memory that it takes."""

import pytest

from tests.infra.stages import IN_BUCKET, OWN_MODEL, problem, stage


@pytest.mark.parametrize("missing", ["weights_mib", "kv_bytes_per_token"])
def test_a_model_in_the_image_without_what_it_weighs_is_refused(missing: str) -> None:
    found = problem(model={key: value for key, value in OWN_MODEL.items() if key != missing})
    assert found.path == f"model.{missing}"
    assert found.text.endswith("copy what `python -m service.model prepare FILE` prints of it")


def test_a_hash_of_a_model_in_the_image_is_refused_because_nobody_compares_it() -> None:
    found = problem(model=OWN_MODEL | {"sha256": "0" * 64})
    assert (found.path, found.text.split("; ")[1]) == ("model.sha256", "remove it")


def test_a_context_beyond_the_bundled_models_training_is_refused_for_it_alone() -> None:
    long = {"context_tokens": 8193, "slots": 1}
    found = problem(engine=long)
    assert (found.path, found.text.split("; ")[1]) == (
        "engine.context_tokens",
        "choose at most 8192",
    )
    assert stage(engine=long, model=OWN_MODEL).engine.context_tokens == 8193


def test_a_model_in_the_bucket_that_is_known_and_fits_is_accepted() -> None:
    # 8 slots of 2048 tokens at 65,536 bytes are 1024 MiB.
    settings = stage(task={"cpu": 2048, "memory_mib": 4096}, model=IN_BUCKET)
    assert (settings.model.key, settings.model.fetched_mib) == ("own.gguf", 2000)


@pytest.mark.parametrize("missing", ["bucket", "sha256", "weights_mib", "kv_bytes_per_token"])
def test_a_model_in_the_bucket_without_one_of_its_facts_is_refused(missing: str) -> None:
    model = {key: value for key, value in IN_BUCKET.items() if key != missing}
    found = problem(task={"cpu": 4096, "memory_mib": 16384}, model=model)
    assert found.path == f"model.{missing}"
    assert "but path is 's3:own.gguf'; " in found.text


def test_a_model_in_the_bucket_that_does_not_fit_is_refused_with_the_sum() -> None:
    found = problem(task={"cpu": 1024, "memory_mib": 3072}, model=IN_BUCKET)
    assert found.path == "task.memory_mib"
    assert found.text.startswith("got 3072, but about 3698 MiB are needed (2000 of weights, ")


def test_a_model_in_the_image_is_counted_where_its_facts_are_given() -> None:
    facts = {"weights_mib": 4000, "kv_bytes_per_token": 65536}
    found = problem(task={"cpu": 2048, "memory_mib": 5120}, model=OWN_MODEL | facts)
    assert found.text.startswith("got 5120, but about 5698 MiB are needed (4000 of weights, ")


@pytest.mark.parametrize(
    ("key", "value"), [("sha256", "0" * 64), ("weights_mib", 5), ("kv_bytes_per_token", 5)]
)
def test_a_fact_about_the_bundled_model_is_refused(key: str, value: object) -> None:
    assert problem(model={key: value}).path == f"model.{key}"
