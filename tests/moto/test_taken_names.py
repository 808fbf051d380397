"""A resource whose name is taken fails the deploy, and what has the name stays."""

import boto3
import pytest

from sandbox.assembly import DeployFailed
from tests.moto.templates import deploy, resource

pytestmark = pytest.mark.usefixtures("aws")


def test_repository_of_somebody_else_survives_a_deploy_that_wants_its_name() -> None:
    client = boto3.client("ecr")
    client.create_repository(repositoryName="taken")
    with pytest.raises(DeployFailed, match="already exists"):
        deploy({"Own": resource("AWS::ECR::Repository", RepositoryName="taken")})
    assert client.describe_repositories(repositoryNames=["taken"])["repositories"]


def test_log_group_of_somebody_else_survives_a_deploy_that_wants_its_name() -> None:
    client = boto3.client("logs")
    client.create_log_group(logGroupName="taken")
    with pytest.raises(DeployFailed, match="already exists"):
        deploy({"Own": resource("AWS::Logs::LogGroup", LogGroupName="taken")})
    assert client.describe_log_groups(logGroupNamePrefix="taken")["logGroups"]
