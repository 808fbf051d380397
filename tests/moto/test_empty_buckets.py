"""Buckets that hold nothing are deleted with the stage that does not keep them."""

import boto3
import pytest

from sandbox import assembly
from sandbox.state import REGION
from tests.moto.synthesis import synthesised


@pytest.mark.usefixtures("aws")
def test_bucket_for_models_goes_with_that_of_its_access_log() -> None:
    directory = synthesised("local-own-model")
    assembly.deploy_assembly(directory, region=REGION)
    client = boto3.client("s3")
    assert len(client.list_buckets()["Buckets"]) == 2
    assembly.destroy_assembly(directory, region=REGION)
    assert client.list_buckets()["Buckets"] == []
