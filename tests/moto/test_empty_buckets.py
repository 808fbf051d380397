"""Buckets that hold nothing are deleted with the stage that does not keep them."""

from pathlib import Path

import boto3
import pytest

from sandbox import assembly
from sandbox.state import REGION
from tests.infra.assemblies import synthesise_variant


@pytest.mark.usefixtures("aws")
def test_bucket_for_models_goes_with_that_of_its_access_log(tmp_path: Path) -> None:
    synthesise_variant("local-own-model", tmp_path)
    assembly.deploy_assembly(tmp_path, region=REGION)
    client = boto3.client("s3")
    assert len(client.list_buckets()["Buckets"]) == 2
    assembly.destroy_assembly(tmp_path, region=REGION)
    assert client.list_buckets()["Buckets"] == []
