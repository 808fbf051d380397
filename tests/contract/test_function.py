"""The function's ends of the seam: what it is told, what its image starts, what it promises."""

from __future__ import annotations

import json

from infra.container_env import function_environment
from infra.sections.function import MIB_PER_VCPU
from service.function import entry, instance
from service.settings import PREFIX, Auth, ServiceSettings
from tests.contract.test_seam import OF_THE_IMAGE
from tests.infra.assemblies import ROOT, VARIANTS

SETTINGS = VARIANTS["dev-function"].settings()
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
ENVIRONMENT_BYTES = 4096


def read() -> ServiceSettings:
    return ServiceSettings.from_environment(function_environment(SETTINGS))


def test_every_variable_is_a_field_and_every_field_a_variable() -> None:
    fields = {PREFIX + name.upper() for name in ServiceSettings.model_fields}
    assert set(function_environment(SETTINGS)) == fields - OF_THE_IMAGE


def test_the_service_reads_what_the_stage_means() -> None:
    service = read()
    assert service.engine_threads == SETTINGS.function.memory_mib // MIB_PER_VCPU
    assert service.slots == 1
    assert service.rest_auth is service.grpc_auth is Auth.OFF
    assert service.context_tokens == SETTINGS.engine.context_tokens


def test_a_request_waits_for_a_loading_engine_until_its_own_deadline() -> None:
    assert read().max_wait_seconds >= SETTINGS.function.timeout_seconds


def test_the_shortest_timeout_leaves_time_beside_the_last_words() -> None:
    field = type(SETTINGS.function).model_fields["timeout_seconds"]
    (least,) = (rule.ge for rule in field.metadata if hasattr(rule, "ge"))
    assert least > 2 * instance.LAST_WORDS_SECONDS


def test_the_image_starts_the_handler_that_the_module_has() -> None:
    lines = (ROOT / "service/Dockerfile").read_text().splitlines()
    (command,) = (line for line in lines if line.startswith("CMD "))
    (handler,) = json.loads(command.removeprefix("CMD "))
    module, _, name = handler.rpartition(".")
    assert module == entry.__name__
    assert name == "handler"


def test_the_variables_fit_what_lambda_takes() -> None:
    variables = function_environment(SETTINGS)
    assert sum(len(name) + len(value) for name, value in variables.items()) < ENVIRONMENT_BYTES / 2
