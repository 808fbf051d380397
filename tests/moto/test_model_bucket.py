"""A stage with a model of its own, deployed into moto, whose bucket `make model` fills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.state import REGION
from service.model.digest import file_digest
from service.model.errors import ModelError
from tests.infra.assemblies import OWN_MODEL
from tests.moto.synthesis import synthesised
from tests.service.model.files import write_model
from weights.__main__ import put
from weights.bucket import find_bucket, object_key

STAGE = "local"


@pytest.fixture(scope="module")
def deployed() -> Iterator[None]:
    with mock_aws():
        assembly.deploy_assembly(synthesised("local-own-model"), region=REGION)
        yield


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "Tiny Model.Q8_0.gguf")


@pytest.mark.usefixtures("deployed")
def test_bucket_is_encrypted() -> None:
    (rule,) = boto3.client("s3").get_bucket_encryption(Bucket=find_bucket(STAGE))[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


@pytest.mark.usefixtures("deployed")
def test_task_is_told_the_address_in_the_deployed_bucket() -> None:
    ecs = boto3.client("ecs")
    (arn,) = ecs.list_task_definitions()["taskDefinitionArns"]
    definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    environment = {item["name"]: item["value"] for item in container["environment"]}
    key = OWN_MODEL["path"].removeprefix("s3:")
    assert environment["LLM_MODEL_PATH"] == f"s3://{find_bucket(STAGE)}/{key}"


@pytest.mark.usefixtures("deployed")
def test_model_is_uploaded_once_and_the_lines_name_it(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sha256 = file_digest(model)
    key = f"tiny-model.q8_0-{sha256[:12]}.gguf"
    put(str(model), stage_name=STAGE)
    first = capsys.readouterr()
    put(str(model), stage_name=STAGE)
    again = capsys.readouterr()
    stored = boto3.client("s3").get_object(Bucket=find_bucket(STAGE), Key=key)
    assert stored["Body"].read() == model.read_bytes()
    assert "uploading Tiny Model.Q8_0.gguf: " in first.err
    assert f'path = "s3:{key}"\nsha256 = "{sha256}"\nweights_mib = 1\n' in first.out
    assert f"/{key} (it was there)" in again.out
    assert "uploading" not in again.err


def test_another_content_under_the_same_name_is_another_object(tmp_path: Path) -> None:
    file = tmp_path / "own.gguf"
    assert object_key(file, "0" * 64) != object_key(file, "1" * 64)


@pytest.mark.usefixtures("aws")
def test_a_stage_that_is_not_deployed_is_one_sentence(model: Path) -> None:
    with pytest.raises(ModelError, match=r"llm-on-ecs-dev-registry: .*; deploy the stage first"):
        put(str(model), stage_name="dev")


@pytest.mark.usefixtures("aws")
def test_what_is_no_model_is_not_uploaded(tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_text("<html>")
    with pytest.raises(ModelError, match="is no readable GGUF file"):
        put(str(page), stage_name=STAGE)
