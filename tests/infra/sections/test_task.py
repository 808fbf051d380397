"""Fargate's sizes, and what a task's image may be."""

from typing import Any

import pytest

from infra.sections.task import FARGATE_MEMORY_MIB
from tests.infra.stages import OWN_MODEL, TINY_ENGINE, problem, stage


@pytest.mark.parametrize("cpu", FARGATE_MEMORY_MIB)
def test_each_fargate_size_takes_its_least_and_most_memory(cpu: int) -> None:
    for memory in (FARGATE_MEMORY_MIB[cpu][0], FARGATE_MEMORY_MIB[cpu][-1]):
        task = {"cpu": cpu, "memory_mib": memory}
        settings = stage(task=task, model=OWN_MODEL, engine=TINY_ENGINE)
        assert settings.task.memory_mib == memory


@pytest.mark.parametrize("cpu", FARGATE_MEMORY_MIB)
def test_each_fargate_size_refuses_memory_outside_and_between(cpu: int) -> None:
    fitting = FARGATE_MEMORY_MIB[cpu]
    for memory in (fitting[0] - 1, fitting[0] + 1, fitting[-1] + 1024):
        task = {"cpu": cpu, "memory_mib": memory}
        found = problem(task=task, model=OWN_MODEL, engine=TINY_ENGINE)
        assert found.path == "task.memory_mib"
        assert found.text.startswith(f"got {memory}, which does not fit cpu {cpu}; choose ")


def test_the_memory_that_fits_is_named_as_a_range_or_as_a_list() -> None:
    own: dict[str, Any] = {"model": OWN_MODEL, "engine": TINY_ENGINE}
    assert problem(task={"cpu": 1024, "memory_mib": 3000}, **own).text.endswith(
        "choose 2048 to 8192 in steps of 1024"
    )
    assert problem(task={"cpu": 256, "memory_mib": 3000}, **own).text.endswith(
        "choose 512, 1024 or 2048"
    )


def test_a_cpu_size_that_fargate_lacks_is_refused_with_those_it_has() -> None:
    found = problem(task={"cpu": 3072, "memory_mib": 8192})
    assert found.path == "task.cpu"
    assert found.text == (
        "got 3072, which Fargate does not offer; "
        "choose one of 256, 512, 1024, 2048, 4096, 8192, 16384"
    )


def test_more_context_than_the_memory_holds_is_refused_with_the_sum() -> None:
    found = problem(
        task={"cpu": 1024, "memory_mib": 2048}, engine={"slots": 16, "context_tokens": 4096}
    )
    assert found.path == "task.memory_mib"
    # 16 slots of 4096 tokens at 23,040 bytes are 1440 MiB.
    assert found.text.startswith(
        "got 2048, but about 2208 MiB are needed (94 of weights, "
        "418 to run, 1440 for 16 slots of 4096 tokens, 256 of prompt cache); give it more"
    )


def test_naming_an_image_and_a_base_to_build_on_is_refused() -> None:
    assert problem(task={"image": "a:1", "base_image": "b:1"}).path == "task.base_image"


def test_building_an_engine_where_nothing_is_built_is_refused() -> None:
    found = problem(task={"image": "a:1"}, engine={"cpu_variants": True})
    assert found.path == "engine.cpu_variants"
    assert "task.image is 'a:1'" in found.text


def test_building_an_engine_for_arm_is_refused() -> None:
    found = problem(task={"architecture": "arm64"}, engine={"cpu_variants": True})
    assert found.path == "engine.cpu_variants"
    assert "GCC 14" in found.text
