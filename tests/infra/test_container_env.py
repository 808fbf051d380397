"""What the container is told."""

import pytest

from infra.container_env import container_environment, function_environment
from infra.settings import StageSettings
from infra.timeouts import TimeoutBudget
from tests.infra.stages import OWN_MODEL


def environment(**sections: object) -> dict[str, str]:
    settings = StageSettings.model_validate({"name": "own", **sections})
    return container_environment(settings, keys_source="file:/keys.json")


@pytest.mark.parametrize(
    ("cpu", "memory", "threads"), [(256, 2048, "1"), (1024, 2048, "1"), (4096, 8192, "4")]
)
def test_the_engine_gets_a_thread_for_each_vcpu_and_at_least_one(
    cpu: int, memory: int, threads: str
) -> None:
    task = {"cpu": cpu, "memory_mib": memory}
    assert environment(task=task)["LLM_ENGINE_THREADS"] == threads


def test_what_a_person_sets_arrives() -> None:
    found = environment(
        auth={"rest": "off", "grpc": "keys", "poll_seconds": 7},
        model={
            **OWN_MODEL,
            "name": "own",
        },
        engine={
            "slots": 3,
            "context_tokens": 1024,
            "batch_tokens": 32,
            "embeddings": "last",
            "prompt_cache_mib": 5,
            "max_output_tokens": 9,
        },
        limits={"max_waiting": 4},
        logs={"level": "DEBUG", "prompts": True},
        monitoring={
            "vllm_names": True,
            "traces_endpoint": "http://collector:4318/v1/traces",
            "traces_ratio": 0.25,
        },
    )
    expected = {
        "LLM_STAGE": "own",
        "LLM_REST_AUTH": "off",
        "LLM_GRPC_AUTH": "keys",
        "LLM_KEYS_POLL_SECONDS": "7",
        "LLM_KEYS_SOURCE": "file:/keys.json",
        "LLM_MODEL_PATH": "/models/own.gguf",
        "LLM_MODEL_NAME": "own",
        "LLM_SLOTS": "3",
        "LLM_CONTEXT_TOKENS": "1024",
        "LLM_BATCH_TOKENS": "32",
        "LLM_EMBEDDINGS": "last",
        "LLM_PROMPT_CACHE_MIB": "5",
        "LLM_MAX_OUTPUT_TOKENS": "9",
        "LLM_MAX_WAITING": "4",
        "LLM_LOG_LEVEL": "DEBUG",
        "LLM_LOG_PROMPTS": "true",
        "LLM_METRICS_VLLM_NAMES": "true",
        "LLM_TRACES_ENDPOINT": "http://collector:4318/v1/traces",
        "LLM_TRACES_RATIO": "0.25",
    }
    assert expected.items() <= found.items()


def test_time_limits_are_those_of_the_budget() -> None:
    budget = TimeoutBudget(200)
    found = environment(limits={"longest_generation_seconds": 200})
    expected = {
        "LLM_GENERATION_TIMEOUT_SECONDS": budget.longest_generation_seconds,
        "LLM_MAX_WAIT_SECONDS": budget.max_wait_seconds,
        "LLM_KEEP_ALIVE_SECONDS": budget.keep_alive_seconds,
        "LLM_DRAIN_LAG_SECONDS": budget.drain_lag_seconds,
        "LLM_DRAIN_SECONDS": budget.drain_seconds,
    }
    assert {key: found[key] for key in expected} == {
        key: str(value) for key, value in expected.items()
    }


@pytest.mark.parametrize(
    ("endpoint", "hops"),
    [
        ({}, "1"),
        ({"kind": "api-gateway"}, "2"),
        ({"trusted_hops": 0}, "0"),
        ({"kind": "api-gateway", "trusted_hops": 3}, "3"),
    ],
)
def test_proxies_on_the_way_are_those_of_the_endpoint_unless_the_stage_counts_them(
    endpoint: dict[str, object], hops: str
) -> None:
    limits = {"longest_generation_seconds": 200}  # an API Gateway allows no more
    assert environment(endpoint=endpoint, limits=limits)["LLM_TRUSTED_HOPS"] == hops


def test_whose_access_tokens_are_good_arrives_and_nothing_where_nobody_asks() -> None:
    jwt = {"issuer": "https://id", "audience": "us", "jwks_url": "https://id/keys", "scope": "llm"}
    written = environment(jwt=jwt, auth={"rest": "jwt"})
    assert {name: value for name, value in written.items() if "JWT" in name} == {
        "LLM_JWT_ISSUER": "https://id",
        "LLM_JWT_AUDIENCE": "us",
        "LLM_JWT_JWKS_URL": "https://id/keys",
        "LLM_JWT_SCOPE": "llm",
    }
    assert {value for name, value in environment().items() if "JWT" in name} == {""}


@pytest.mark.parametrize(
    ("memory", "threads"), [(1769, "1"), (3537, "1"), (3538, "2"), (10240, "5")]
)
def test_the_function_s_engine_gets_a_thread_for_each_whole_vcpu(memory: int, threads: str) -> None:
    function = {"enabled": True, "memory_mib": memory}
    settings = StageSettings.model_validate({"name": "own", "function": function})
    assert function_environment(settings)["LLM_ENGINE_THREADS"] == threads


def test_the_function_takes_one_request_at_a_time_from_callers_that_iam_knows() -> None:
    settings = StageSettings.model_validate(
        {"name": "own", "function": {"enabled": True, "timeout_seconds": 60}}
    )
    found = function_environment(settings)
    expected = {
        "LLM_SLOTS": "1",
        "LLM_MAX_WAITING": "0",
        "LLM_MAX_WAIT_SECONDS": "60",
        "LLM_REST_AUTH": "off",
        "LLM_GRPC_AUTH": "off",
        "LLM_KEYS_SOURCE": "",
    }
    assert expected.items() <= found.items()
