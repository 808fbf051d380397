"""What is in use is not deleted, and what leads nowhere not deployed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import assembly
from sandbox.assembly import DeployFailed
from sandbox.state import REGION
from tests.moto.services import described
from tests.moto.templates import Tasks, deploy, resource


@pytest.fixture
def stage(aws: None, synthesised: Callable[[str], Path]) -> None:
    assembly.deploy_assembly(synthesised("local"), region=REGION)


@pytest.mark.usefixtures("stage")
def test_security_group_of_a_service_or_load_balancer_is_not_deleted() -> None:
    client = boto3.client("ec2")
    (balancer,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    with pytest.raises(ClientError, match="has a dependent object"):
        client.delete_security_group(GroupId=balancer["SecurityGroups"][0])


@pytest.mark.usefixtures("stage")
def test_subnet_that_tasks_run_in_is_not_deleted() -> None:
    subnets = described()["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    with pytest.raises(ClientError, match="has dependencies and cannot be deleted"):
        boto3.client("ec2").delete_subnet(SubnetId=subnets[0])


def loose() -> dict[str, Any]:
    """A service whose target group no listener forwards to."""
    vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    entry = {
        "ContainerName": "main",
        "ContainerPort": 80,
        "TargetGroupArn": {"Ref": "Targets"},
    }
    tasks = Tasks(LoadBalancers=[entry])
    tasks.resources["Targets"] = resource(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        VpcId=vpc,
        Port=80,
        Protocol="HTTP",
        TargetType="ip",
    )
    return tasks.resources


@pytest.mark.usefixtures("aws")
def test_service_behind_a_target_group_of_no_load_balancer_is_not_created() -> None:
    with pytest.raises(DeployFailed, match="does not have an associated load balancer"):
        deploy(loose())


@pytest.mark.usefixtures("aws")
def test_second_service_of_a_name_is_not_created() -> None:
    deploy(Tasks(ServiceName="mine").resources)
    cluster = described()["clusterArn"]
    with pytest.raises(ClientError, match="was not idempotent"):
        boto3.client("ecs").create_service(
            cluster=cluster, serviceName="mine", taskDefinition="family"
        )
