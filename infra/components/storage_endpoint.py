"""How tasks reach S3, where the layers of images and the models lie."""

from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.settings import StageSettings


def add_storage_endpoint(
    scope: Construct,
    *,
    vpc: ec2.IVpc,
    subnets: list[ec2.SubnetSelection],
    settings: StageSettings,
) -> None:
    """In the route tables of `subnets`: free, where NAT takes 0.045 USD per GB.

    Where tasks have no other way out it passes on only what they read; where they have, that would
    protect nothing, and hinder a registry whose layers are in S3 too.
    """
    endpoint = ec2.GatewayVpcEndpoint(
        scope,
        "S3",
        vpc=vpc,
        service=ec2.GatewayVpcEndpointAwsService.S3,
        subnets=subnets,
    )
    if not settings.reaches_internet:
        for statement in _reads(settings):
            endpoint.add_to_policy(statement)


def _reads(settings: StageSettings) -> Iterator[iam.PolicyStatement]:
    """ECR's own bucket of layers, to which it signs the addresses itself; this account's models.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
    """
    yield iam.PolicyStatement(
        principals=[iam.StarPrincipal()],
        actions=["s3:GetObject"],
        resources=[f"arn:{Aws.PARTITION}:s3:::prod-{Aws.REGION}-starport-layer-bucket/*"],
    )
    if settings.model.key:
        own = {"aws:PrincipalAccount": Aws.ACCOUNT_ID, "aws:ResourceAccount": Aws.ACCOUNT_ID}
        yield iam.PolicyStatement(
            principals=[iam.StarPrincipal()],
            actions=["s3:GetObject"],
            resources=[f"arn:{Aws.PARTITION}:s3:::*/{settings.model.key}"],
            conditions={"StringEquals": own},
        )
