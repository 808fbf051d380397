"""The picture's boxes and arrows are those of the templates; e2e draws it."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from infra.diagram import ARROWS, BOXES, ENTRANCES, connections, read
from tests.infra.assemblies import Assembly

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TASK = "AWS::ECS::TaskDefinition"


def test_references_through_resources_that_are_not_drawn_connect_those_that_are(
    prod: Assembly,
) -> None:
    found = connections(read(prod.directory))
    assert (BALANCER, "AWS::ECS::Service") in found
    assert (TASK, "AWS::SecretsManager::Secret") in found


def test_an_image_connects_the_task_with_its_repository(prod: Assembly) -> None:
    assert (TASK, "AWS::ECR::Repository") in connections(read(prod.directory))


def test_sharing_a_network_connects_nothing(prod: Assembly) -> None:
    assert (BALANCER, "AWS::EC2::NatGateway") not in connections(read(prod.directory))


def test_a_template_that_an_earlier_stage_left_behind_is_not_read(
    prod: Assembly, tmp_path: Path
) -> None:
    assembly = shutil.copytree(prod.directory, tmp_path / "assembly")
    left = {"Resources": {"Handler": {"Type": "AWS::Lambda::Function"}}}
    (assembly / "Function.template.json").write_text(json.dumps(left))
    assert read(assembly) == read(prod.directory)


@pytest.mark.parametrize("kind", BOXES)
def test_every_box_has_an_icon(kind: str) -> None:
    module, _, icon = BOXES[kind].icon.partition(".")
    assert hasattr(import_module(f"diagrams.aws.{module}"), icon)


def test_arrows_and_entrances_are_between_boxes() -> None:
    ends = {end for arrow in ARROWS for end in (arrow.source, arrow.target)}
    assert ends | set(ENTRANCES) <= set(BOXES)


def test_words_say_what_the_templates_say(prod: Assembly) -> None:
    assert BOXES[BALANCER].words([*prod.resources(BALANCER).values()]) == "public load balancer"
    assert BOXES[TASK].words([*prod.resources(TASK).values()]) == "task: 4 vCPU, 8 GiB"


def test_the_service_speaks_grpc_where_the_load_balancer_passes_it(
    dev: Assembly, prod: Assembly
) -> None:
    said = BOXES["AWS::ECS::Service"].words
    assert said([*dev.resources("AWS::ECS::Service").values()]).endswith("\nREST")
    assert said([*prod.resources("AWS::ECS::Service").values()]).endswith("\nREST, gRPC")
