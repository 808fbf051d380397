"""How tasks reach AWS's services where they have no way to the internet."""

from collections.abc import Iterable
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.components.network import Network

PULL: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
LOGIN: Final = "ecr:GetAuthorizationToken"  # which takes no resource
# What the tasks' roles allow, and whose: an endpoint passes nothing more on. ECR advises to give
# both of its endpoints one policy.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-vpc-endpoint-policy
ACTIONS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "ecr.api": {"ecr:{}:repository/*": PULL, "*": (LOGIN,)},
    "ecr.dkr": {"ecr:{}:repository/*": PULL, "*": (LOGIN,)},
    "logs": {"logs:{}:log-group:*": ("logs:CreateLogStream", "logs:PutLogEvents")},
    "secretsmanager": {"secretsmanager:{}:secret:*": ("secretsmanager:GetSecretValue",)},
}


class ServiceEndpoints(Construct):
    """An interface endpoint for each service, in each private subnet, that lets in only `allowed`.

    Each passes on what tasks of this account have to do with things of this account, and no more.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        services: Iterable[str],
        allowed: Iterable[ec2.IPeer],
    ) -> None:
        super().__init__(scope, construct_id)
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            allow_all_outbound=False,
            description="Endpoints of the services that tasks call.",
        )
        for peer in allowed:
            group.add_ingress_rule(peer, ec2.Port.tcp(443), "Tasks.")
        for service in services:
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                _construct_id(service),
                vpc=network.vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                subnets=network.private,
                security_groups=[group],
                open=False,
            )
            for statement in _statements(service):
                endpoint.add_to_policy(statement)


def _construct_id(service: str) -> str:
    """`ecr.api` is EcrApi: AWS's own name for it, without what an id cannot hold."""
    return "".join(part.capitalize() for part in service.split("."))


def _statements(service: str) -> Iterable[iam.PolicyStatement]:
    for resource, actions in ACTIONS[service].items():
        name = f"arn:{Aws.PARTITION}:" + resource.format(f"{Aws.REGION}:{Aws.ACCOUNT_ID}")
        yield iam.PolicyStatement(
            principals=[iam.StarPrincipal()],
            actions=list(actions),
            resources=[resource if resource == "*" else name],
            conditions={"StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
        )
