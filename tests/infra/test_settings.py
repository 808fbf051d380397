"""Every rule between values, and what the settings promise to those who read and edit them."""

import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its types are another package
import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from infra.sections.section import Problem
from infra.sections.task import FARGATE_MEMORY_MIB
from infra.settings import StageSettings, settings_schema
from infra.stage_files import STAGES, load_stage, stage_names

JWT = {"issuer": "https://id.example", "audience": "llm", "jwks_url": "https://id.example/keys"}
PUBLIC: dict[str, Any] = {
    "public": True,
    "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/abc",
    "allowed_networks": ["0.0.0.0/0"],
}
# So small that any task has room for it.
TINY_MODEL = {"slots": 1, "context_tokens": 256, "max_output_tokens": 16, "prompt_cache_mib": 0}
OWN_MODEL = {"path": "/models/own.gguf"}


def stage(**sections: Any) -> StageSettings:
    return StageSettings.model_validate({"name": "own", **sections})


def problems(**sections: Any) -> list[Problem]:
    """The rules that these sections break."""
    with pytest.raises(ValidationError) as error:
        stage(**sections)
    (details,) = error.value.errors()
    return list(details["ctx"]["problems"])


def problem(**sections: Any) -> Problem:
    """The one rule that these sections break."""
    (only,) = problems(**sections)
    return only


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """All fields of `model` and of its sections, with their dotted paths."""
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, f"{path}{name}.")


FIELDS = dict(fields(StageSettings))


@pytest.mark.parametrize("cpu", FARGATE_MEMORY_MIB)
def test_each_fargate_size_takes_its_least_and_most_memory(cpu: int) -> None:
    for memory in (FARGATE_MEMORY_MIB[cpu][0], FARGATE_MEMORY_MIB[cpu][-1]):
        task = {"cpu": cpu, "memory_mib": memory}
        model = {**TINY_MODEL, **OWN_MODEL}
        assert stage(task=task, model=model).task.memory_mib == memory


@pytest.mark.parametrize("cpu", FARGATE_MEMORY_MIB)
def test_each_fargate_size_refuses_memory_outside_and_between(cpu: int) -> None:
    fitting = FARGATE_MEMORY_MIB[cpu]
    for memory in (fitting[0] - 1, fitting[0] + 1, fitting[-1] + 1024):
        found = problem(task={"cpu": cpu, "memory_mib": memory}, model=TINY_MODEL | OWN_MODEL)
        assert found.path == "task.memory_mib"
        assert found.text.startswith(f"got {memory}, which does not fit cpu {cpu}; choose ")


def test_the_memory_that_fits_is_named_as_a_range_or_as_a_list() -> None:
    own = TINY_MODEL | OWN_MODEL
    assert problem(task={"cpu": 1024, "memory_mib": 3000}, model=own).text.endswith(
        "choose 2048 to 8192 in steps of 1024"
    )
    assert problem(task={"cpu": 256, "memory_mib": 3000}, model=own).text.endswith(
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
        task={"cpu": 1024, "memory_mib": 2048}, model={"slots": 16, "context_tokens": 4096}
    )
    assert found.path == "task.memory_mib"
    # 16 slots of 4096 tokens at 23,040 bytes are 1440 MiB.
    assert found.text.startswith(
        "got 2048, but about 2208 MiB are needed (94 of weights, "
        "418 to run, 1440 for 16 slots of 4096 tokens, 256 of prompt cache); give it more"
    )


def test_a_function_too_small_for_its_one_slot_is_refused_with_the_sum() -> None:
    found = problem(
        function={"enabled": True, "memory_mib": 1769},
        model={"context_tokens": 8192, "prompt_cache_mib": 1100},
    )
    assert found.path == "function.memory_mib"
    assert found.text.startswith(
        "got 1769, but about 1792 MiB are needed (94 of weights, 418 to run, 180 for 1 slot of "
    )


def test_the_memory_of_a_function_that_is_off_does_not_matter() -> None:
    model = {"context_tokens": 8192, "prompt_cache_mib": 1100}
    assert not stage(function={"memory_mib": 1769}, model=model).function.enabled


def test_a_function_beside_a_named_image_is_refused_because_nothing_is_built() -> None:
    found = problem(function={"enabled": True}, task={"image": "other:1"})
    assert found.path == "function.enabled"
    assert "task.image is 'other:1' and nothing is built" in found.text


def test_a_larger_prompt_cache_than_half_the_memory_of_another_model_is_refused() -> None:
    task = {"cpu": 1024, "memory_mib": 4096}
    assert stage(task=task, model=OWN_MODEL | {"prompt_cache_mib": 2048})
    found = problem(task=task, model=OWN_MODEL | {"prompt_cache_mib": 2049})
    assert found.path == "model.prompt_cache_mib"
    assert found.text.endswith("choose at most 2048")


def test_a_context_beyond_the_bundled_models_training_is_refused_for_it_alone() -> None:
    long = {"context_tokens": 8193, "slots": 1}
    found = problem(model=long)
    assert (found.path, found.text.split("; ")[1]) == (
        "model.context_tokens",
        "choose at most 8192",
    )
    assert stage(model=long | OWN_MODEL).model.context_tokens == 8193


@pytest.mark.parametrize("key", ["batch_tokens", "max_output_tokens"])
def test_a_count_of_tokens_that_fills_the_context_is_refused(key: str) -> None:
    small = {"context_tokens": 512, "max_output_tokens": 64}
    assert stage(model=small | {key: 511})
    found = problem(model=small | {key: 512})
    assert found == Problem(
        f"model.{key}", "got 512, which a context of 512 has no room for; choose at most 511"
    )


IN_BUCKET = {
    "path": "s3:own.gguf",
    "bucket": True,
    "sha256": "0" * 64,
    "weights_mib": 2000,
    "kv_bytes_per_token": 65536,
}


def test_a_model_in_the_bucket_that_is_known_and_fits_is_accepted() -> None:
    # 8 slots of 2048 tokens at 65,536 bytes are 1024 MiB.
    settings = stage(task={"cpu": 2048, "memory_mib": 4096}, model=IN_BUCKET)
    assert (settings.model.key, settings.model.fetched_mib) == ("own.gguf", 2000)


def test_a_function_beside_a_model_in_the_bucket_is_refused() -> None:
    found = problem(
        task={"cpu": 2048, "memory_mib": 4096},
        model=IN_BUCKET,
        function={"enabled": True, "memory_mib": 10240},
    )
    assert found.path == "function.enabled"
    assert "a function fetches no model; " in found.text


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


def test_a_public_endpoint_with_certificate_networks_and_keys_is_accepted() -> None:
    assert stage(endpoint=PUBLIC).endpoint.public


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"certificate_arn": None}, "endpoint.certificate_arn"),
        ({"allowed_networks": []}, "endpoint.allowed_networks"),
        ({"rest_auth": "off"}, "endpoint.rest_auth"),
        ({"grpc_auth": "off"}, "endpoint.grpc_auth"),
    ],
)
def test_a_public_endpoint_without_one_of_its_protections_is_refused(
    change: dict[str, Any], path: str
) -> None:
    found = problem(endpoint=PUBLIC | change)
    assert found.path == path
    assert "a public endpoint" in found.text


def test_an_internal_endpoint_may_go_without_certificate_and_keys() -> None:
    settings = stage(endpoint={"rest_auth": "off", "grpc_auth": "off"})
    assert settings.endpoint.certificate_arn is None


def test_scraping_from_everywhere_is_refused() -> None:
    found = problem(monitoring={"scrape_from": ["10.9.0.0/24", "0.0.0.0/0"]})
    assert found.path == "monitoring.scrape_from"


def test_a_budget_without_anybody_who_hears_of_it_is_refused() -> None:
    found = problem(monitoring={"monthly_budget_usd": 100})
    assert found.path == "monitoring.monthly_budget_usd"
    assert "nobody would hear" in found.text


@pytest.mark.parametrize(
    "alarms", [{"emails": ["ann@example.org"]}, {"webhooks": ["https://example.org/a"]}]
)
def test_a_budget_is_heard_by_e_mail_or_webhook(alarms: dict[str, Any]) -> None:
    assert stage(monitoring={"monthly_budget_usd": 100}, alarms=alarms).alarms.heard


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("emails", "ann"),
        ("emails", "ann@example"),
        ("emails", "Ann <ann@example.org>"),
        ("webhooks", "http://example.org/alarms"),
        ("webhooks", "https://example.org/a b"),
    ],
)
def test_an_address_that_no_alarm_can_reach_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match="write it like"):
        stage(alarms={key: [value]})


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/25"])
def test_a_network_too_large_or_too_small_for_a_vpc_is_refused(cidr: str) -> None:
    assert problem(network={"cidr": cidr}).path == "network.cidr"


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.0.0/24"])
def test_a_network_that_a_vpc_may_have_is_accepted(cidr: str) -> None:
    assert stage(network={"cidr": cidr}).network.cidr == cidr


def test_more_nat_gateways_than_zones_are_refused() -> None:
    assert stage(network={"zones": 3, "nat_gateways": 3})
    found = problem(network={"zones": 2, "nat_gateways": 3})
    assert found.path == "network.nat_gateways"


def test_fewer_tasks_at_most_than_at_least_are_refused() -> None:
    assert stage(scaling={"min_tasks": 4, "max_tasks": 4})
    found = problem(scaling={"min_tasks": 4, "max_tasks": 3})
    assert found.path == "scaling.min_tasks"
    assert found.text == "got 4, above scaling.max_tasks 3; lower it, or raise max_tasks"


def test_naming_an_image_and_a_base_to_build_on_is_refused() -> None:
    assert problem(task={"image": "a:1", "base_image": "b:1"}).path == "task.base_image"


@pytest.mark.parametrize("path", FIELDS)
def test_every_setting_is_described(path: str) -> None:
    description = FIELDS[path].description
    assert description is not None
    assert description.endswith(".")


@pytest.mark.parametrize("path", FIELDS)
def test_every_setting_with_a_pattern_has_examples_that_match_it(path: str) -> None:
    schema = FIELDS[path].metadata
    pattern = next((item.pattern for item in schema if getattr(item, "pattern", None)), None)
    examples = FIELDS[path].examples
    assert bool(pattern) == bool(examples)
    for example in examples or ():
        jsonschema.validate(example, {"type": "string", "pattern": pattern})


def test_settings_cannot_be_changed_once_made() -> None:
    settings = stage()
    with pytest.raises(ValidationError, match="frozen"):
        settings.task.cpu = 256  # type: ignore[misc]


@pytest.mark.parametrize("name", stage_names())
def test_the_schema_accepts_every_stage_file(name: str) -> None:
    content = tomllib.loads((STAGES / f"{name}.toml").read_text(encoding="utf-8"))
    jsonschema.validate(content, settings_schema())


@pytest.mark.parametrize(
    "content", [{"name": "dev"}, {"task": {"memry_mib": 1}}, {"model": {"slots": 0}}]
)
def test_the_schema_refuses_what_the_settings_refuse(content: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, settings_schema())


def test_only_stage_local_answers_without_a_key_and_only_on_grpc() -> None:
    auths = {
        name: (load_stage(name).endpoint.rest_auth, load_stage(name).endpoint.grpc_auth)
        for name in stage_names()
    }
    assert auths.pop("local") == ("keys", "off")
    assert set(auths.values()) == {("keys", "keys")}


def test_stage_local_is_what_the_sandbox_runs() -> None:
    settings = load_stage("local")
    assert (settings.task.cpu, settings.task.memory_mib) == (1024, 2048)
    assert (settings.model.slots, settings.model.context_tokens) == (8, 2048)
    assert (settings.scaling.min_tasks, settings.endpoint.keys_poll_seconds) == (2, 5)
    assert settings.limits.longest_generation_seconds == 120


def test_public_endpoint_may_ask_for_access_tokens_instead_of_keys() -> None:
    endpoint = {**PUBLIC, "rest_auth": "jwt", "grpc_auth": "jwt"}
    assert stage(endpoint=endpoint, jwt=JWT).jwt.scope is None


@pytest.mark.parametrize("missing", sorted(JWT))
@pytest.mark.parametrize("transport", ["rest_auth", "grpc_auth"])
def test_whoever_asks_for_access_tokens_says_whose(missing: str, transport: str) -> None:
    jwt = {key: value for key, value in JWT.items() if key != missing}
    path, text = problem(endpoint={transport: "jwt"}, jwt=jwt)
    assert path == f"jwt.{missing}"
    assert f"endpoint.{transport} is 'jwt'" in text


def test_key_set_over_plain_http_is_refused() -> None:
    with pytest.raises(ValidationError, match="jwks_url"):
        stage(jwt={**JWT, "jwks_url": "http://id.example/keys"})


@pytest.mark.parametrize("repository", ["my-org/app", "my-org@12/app@345", "a/b.c_d-e"])
def test_repository_is_named_as_githubs_tokens_name_it(repository: str) -> None:
    assert stage(delivery={"repository": repository}).delivery.repository == repository


@pytest.mark.parametrize(
    "repository", ["app", "my-org/*", "my-org@12/app", "my-org/app:*", "a@*/b@1"]
)
def test_repository_that_would_match_others_or_none_is_refused(repository: str) -> None:
    with pytest.raises(ValidationError):
        stage(delivery={"repository": repository})


def test_provider_without_a_repository_is_refused() -> None:
    arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    assert problem(delivery={"provider_arn": arn}).path == "delivery.provider_arn"
