"""A resource whose name is taken fails the deploy, and what has the name stays."""

import json

import boto3
import pytest

from sandbox import assembly
from sandbox.state import REGION

pytestmark = pytest.mark.usefixtures("aws")


def deploy(kind: str, **properties: str) -> None:
    template = json.dumps({"Resources": {"Own": {"Type": kind, "Properties": properties}}})
    assembly.deploy_template("own", template, region=REGION)


def test_repository_of_somebody_else_survives_a_deploy_that_wants_its_name() -> None:
    client = boto3.client("ecr")
    client.create_repository(repositoryName="taken")
    with pytest.raises(assembly.DeployFailed, match="already exists"):
        deploy("AWS::ECR::Repository", RepositoryName="taken")
    assert client.describe_repositories(repositoryNames=["taken"])["repositories"]


def test_log_group_of_somebody_else_survives_a_deploy_that_wants_its_name() -> None:
    client = boto3.client("logs")
    client.create_log_group(logGroupName="taken")
    with pytest.raises(assembly.DeployFailed, match="already exists"):
        deploy("AWS::Logs::LogGroup", LogGroupName="taken")
    assert client.describe_log_groups(logGroupNamePrefix="taken")["logGroups"]
