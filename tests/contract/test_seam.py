"""The two programs never import each other; these tests hold the ends of their seam together."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from annotated_types import Le
from grpc_health.v1 import health_pb2

from infra import container_env
from infra.components.image import SERVICE_SOURCE
from infra.components.scaling_metrics import LINES_A_PERIOD
from infra.container_env import ServiceMetric, container_environment
from infra.sections.auth import Auth as infra_auth
from infra.sections.engine import EngineSettings
from infra.sections.limits import LimitSettings
from infra.stage_files import load_stage
from infra.timeouts import TimeoutBudget
from service.embedded_metrics import EmbeddedMetric, embedded_line
from service.heartbeat import silent_at_most
from service.metrics import DURATION_BUCKETS, TOKEN_BUCKETS
from service.rest.app import METRICS_PATH
from service.rest.health import READY_PATH
from service.settings import PREFIX, Auth, ServiceSettings
from tests.infra.assemblies import VARIANTS, Assembly, synthesised

STAGES = ("local", "dev", "prod")
OF_THE_IMAGE = {"LLM_ENGINE_PROGRAM"}
KEYS = "secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:keys"


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    return synthesised("local-https")


def environment(stage: str) -> dict[str, str]:
    return container_environment(load_stage(stage, {}), keys_source=KEYS)


def read(stage: str) -> ServiceSettings:
    return ServiceSettings.from_environment(environment(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_every_variable_is_a_field_and_every_field_a_variable(stage: str) -> None:
    fields = {PREFIX + name.upper() for name in ServiceSettings.model_fields}
    assert set(environment(stage)) == fields - OF_THE_IMAGE


def test_the_image_has_the_variables_that_depend_on_how_it_is_built() -> None:
    dockerfile = (SERVICE_SOURCE / "Dockerfile").read_text()
    assert set(re.findall(rf"\b{PREFIX}\w+(?==)", dockerfile)) == OF_THE_IMAGE


@pytest.mark.parametrize("stage", STAGES)
def test_service_reads_what_the_stage_means(stage: str) -> None:
    settings, service = load_stage(stage, {}), read(stage)
    assert service.stage == settings.name
    assert (service.slots, service.context_tokens) == (
        settings.engine.slots,
        settings.engine.context_tokens,
    )
    assert service.grpc_auth is Auth(settings.auth.grpc)
    assert service.keys_source == KEYS
    assert service.http_host == service.grpc_host == "0.0.0.0"


def test_sandbox_adds_no_forwarded_address_and_its_stage_believes_none() -> None:
    assert read("local").trusted_hops == 0


def test_service_reads_the_model_in_the_bucket() -> None:
    settings = VARIANTS["own-model"].settings()
    service = ServiceSettings.from_environment(
        container_environment(settings, keys_source=KEYS, model_bucket="models")
    )
    assert service.model_path == f"s3://models/{settings.model.key}"
    assert service.model_sha256 == settings.model.sha256
    assert service.model_fetch_seconds == settings.budget.fetch_seconds


@pytest.mark.parametrize("stage", STAGES)
def test_time_limits_agree_across_the_seam(stage: str) -> None:
    service = read(stage)
    budget = TimeoutBudget(load_stage(stage, {}).limits.longest_generation_seconds)
    request = service.max_wait_seconds + service.generation_timeout_seconds
    assert request < budget.idle_timeout_seconds < service.keep_alive_seconds
    assert request <= budget.deregistration_delay_seconds
    assert service.drain_lag_seconds < service.drain_seconds < budget.stop_timeout_seconds


def test_queue_refuses_streams_with_a_status_in_a_silence_that_the_load_balancer_allows() -> None:
    allowed = LimitSettings.model_json_schema()["properties"]["longest_generation_seconds"]
    for budget in map(TimeoutBudget, range(allowed["minimum"], allowed["maximum"] + 1)):
        silent = silent_at_most(budget.max_wait_seconds)
        assert budget.max_wait_seconds < silent < budget.idle_timeout_seconds


def test_metrics_of_the_service_are_those_that_the_infrastructure_knows() -> None:
    written = {metric.name: (metric.metric_name, metric.unit) for metric in EmbeddedMetric}
    known = {metric.name: (metric.metric_name, metric.unit) for metric in ServiceMetric}
    assert written == known


def test_scaling_policy_reads_exactly_the_metric_that_the_service_writes(
    assembly: Assembly,
) -> None:
    service = read("local")
    line = json.loads(
        embedded_line(
            {EmbeddedMetric.SLOT_UTILIZATION: 0},
            namespace=service.metrics_namespace,
            stage=service.stage,
        )
    )
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    ((dimension,),) = directive["Dimensions"]
    (metric,) = directive["Metrics"]
    policy = assembly.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert tracked == {
        "Namespace": directive["Namespace"],
        "MetricName": metric["Name"],
        "Unit": metric["Unit"],
        "Dimensions": [{"Name": dimension, "Value": line[dimension]}],
        "Statistic": "Average",
    }


def test_metric_is_written_often_enough_for_scaling() -> None:
    # One lost line must not leave a minute without data: target tracking reads minutes.
    assert all(60 / read(stage).metrics_period_seconds >= 2 for stage in STAGES)


def test_sum_of_a_minute_is_divided_by_as_many_lines_as_each_task_writes() -> None:
    written = {60 / read(stage).metrics_period_seconds for stage in STAGES}
    assert written == {LINES_A_PERIOD}


def test_longest_generation_that_a_stage_may_allow_has_a_bucket() -> None:
    allowed = LimitSettings.model_fields["longest_generation_seconds"].metadata
    (most,) = [bound.le for bound in allowed if isinstance(bound, Le)]
    assert most <= DURATION_BUCKETS[-1]


def test_largest_context_that_a_stage_may_have_has_a_bucket() -> None:
    allowed = EngineSettings.model_fields["context_tokens"].metadata
    (most,) = [bound.le for bound in allowed if isinstance(bound, Le)]
    assert most <= TOKEN_BUCKETS[-1]


def test_readiness_path_of_the_target_group_is_that_of_the_service() -> None:
    assert container_env.READINESS_PATH == READY_PATH


def test_load_balancer_hides_the_path_of_the_metrics() -> None:
    assert container_env.METRICS_PATH == METRICS_PATH


def test_grpc_health_path_of_the_target_group_is_the_method_that_the_service_answers() -> None:
    service = health_pb2.DESCRIPTOR.services_by_name["Health"]
    method = service.methods_by_name["Check"]
    assert f"/{service.full_name}/{method.name}" == container_env.GRPC_HEALTH_PATH


def test_container_health_check_is_a_module_of_the_service() -> None:
    import importlib.util

    command = container_env.LIVENESS_COMMAND
    assert command[:3] == ("CMD", "python", "-m")
    assert importlib.util.find_spec(command[3])


def test_every_way_to_ask_for_callers_is_known_on_both_sides() -> None:
    assert set(get_args(infra_auth)) == {str(auth) for auth in Auth}
