"""Preflight and the key of the repository: chosen once, for good."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.stage_files import load_stage
from operations.account import Account
from operations.preflight.encryption import check_image_key
from operations.preflight.finding import Finding, Mark, Subject
from operations.stage import SynthesisedStage, read_assembly
from sandbox.state import REGION

pytestmark = pytest.mark.usefixtures("aws")
NAME = "llm-on-ecs-local"


@pytest.fixture
def stage(local_assembly: Path) -> SynthesisedStage:
    return read_assembly(local_assembly, settings=load_stage("local"))


@pytest.fixture
def key() -> str:
    """A customer's key."""
    arn: str = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    return arn


def found(stage: SynthesisedStage, *, named: str | None) -> Finding:
    """What the check says where the stage names this key."""
    encryption = stage.settings.encryption.model_copy(update={"images_key_arn": named})
    settings = stage.settings.model_copy(update={"encryption": encryption})
    account = Account(boto3.Session(region_name=REGION))
    (only,) = check_image_key(Subject(replace(stage, settings=settings), account))
    return only


def make_repository(**key: Any) -> None:
    configuration: Any = {"encryptionType": "KMS", **key}
    boto3.client("ecr").create_repository(
        repositoryName=NAME, encryptionConfiguration=configuration
    )


def test_any_key_will_do_before_the_first_deploy(stage: SynthesisedStage, key: str) -> None:
    assert found(stage, named=key).mark is Mark.OK


def test_repository_that_has_the_key_of_the_stage_is_fine(
    stage: SynthesisedStage, key: str
) -> None:
    make_repository(kmsKey=key)
    assert found(stage, named=key).mark is Mark.OK


def test_repository_that_nobody_chose_a_key_for_is_fine_without_one(
    stage: SynthesisedStage,
) -> None:
    make_repository()
    assert found(stage, named=None).mark is Mark.OK


def test_key_that_is_named_later_fails_before_the_deploy_does(
    stage: SynthesisedStage, key: str
) -> None:
    make_repository()
    finding = found(stage, named=key)
    assert finding.mark is Mark.FAILED
    assert f"but encryption.images_key_arn is {key}" in finding.found


def test_key_that_is_no_longer_named_fails_too(stage: SynthesisedStage, key: str) -> None:
    make_repository(kmsKey=key)
    finding = found(stage, named=None)
    assert finding.mark is Mark.FAILED
    assert finding.found.endswith("but encryption.images_key_arn is not set")
