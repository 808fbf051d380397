"""The function: its memory, and what it cannot run."""

from tests.infra.stages import IN_BUCKET, problem, stage


def test_a_function_too_small_for_its_one_slot_is_refused_with_the_sum() -> None:
    found = problem(
        function={"enabled": True, "memory_mib": 1769},
        engine={"context_tokens": 8192, "prompt_cache_mib": 1100},
    )
    assert found.path == "function.memory_mib"
    assert found.text.startswith(
        "got 1769, but about 1792 MiB are needed (94 of weights, 418 to run, 180 for 1 slot of "
    )


def test_the_memory_of_a_function_that_is_off_does_not_matter() -> None:
    engine = {"context_tokens": 8192, "prompt_cache_mib": 1100}
    assert not stage(function={"memory_mib": 1769}, engine=engine).function.enabled


def test_a_function_beside_a_named_image_is_refused_because_nothing_is_built() -> None:
    found = problem(function={"enabled": True}, task={"image": "other:1"})
    assert found.path == "function.enabled"
    assert "task.image is 'other:1' and nothing is built" in found.text


def test_a_function_beside_a_model_in_the_bucket_is_refused() -> None:
    found = problem(
        task={"cpu": 2048, "memory_mib": 4096},
        model=IN_BUCKET,
        function={"enabled": True, "memory_mib": 10240},
    )
    assert found.path == "function.enabled"
    assert "a function fetches no model; " in found.text
