"""What lets a pipeline into the account."""

from typing import Final

from aws_cdk import ArnFormat, CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.bootstrap import qualifier, role_arn
from infra.components.pipeline_role import AUDIENCE, ISSUER, PipelineRole
from infra.names import ANY_STAGE
from infra.settings import StageSettings
from infra.timeouts import DEPLOY_HOURS

# All that a deploy needs: the first changes stacks, the next two push assets, the last one reads.
# https://github.com/aws/aws-cdk-cli/blob/main/packages/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml
BOOTSTRAP_ROLES: Final = (
    DefaultStackSynthesizer.DEFAULT_DEPLOY_ROLE_ARN,
    DefaultStackSynthesizer.DEFAULT_FILE_ASSET_PUBLISHING_ROLE_ARN,
    DefaultStackSynthesizer.DEFAULT_IMAGE_ASSET_PUBLISHING_ROLE_ARN,
    DefaultStackSynthesizer.DEFAULT_LOOKUP_ROLE_ARN,
)
# What `cdk diff --method template` asks of CloudFormation.
READ_TEMPLATE: Final = "cloudformation:GetTemplate"
READ_ACTIONS: Final = ("cloudformation:DescribeStacks", READ_TEMPLATE)

# What `make deploy` asks beside the command line: its guards, and its watch. None of these reads
# what somebody wrote, or takes the name of a resource before there is one.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
WATCH_ACTIONS: Final = (
    "acm:DescribeCertificate",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ecr:DescribeRepositories",
    "ecs:DescribeServiceDeployments",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeTasks",
    "ecs:ListServices",
    "ecs:ListTasks",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetHealth",
    "kms:DescribeKey",
    "logs:DescribeLogGroups",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
)
# The last lines of a task that stops, and the version of the bootstrap.
LOG_ACTIONS: Final = ("logs:GetLogEvents",)
PARAMETER_ACTIONS: Final = ("ssm:GetParameter",)
# Whether the endpoint's own name is taken, where it has one.
ZONE_ACTIONS: Final = ("route53:ListResourceRecordSets",)


class DeliveryStack(Stack):
    """GitHub's identity provider and two roles: one reads templates, one deploys.

    A stack of its own, because it has to be there before a pipeline can deploy anything, and
    because a person deploys it: `make deploy` leaves it out, so that no merge can widen, or lock
    out, the trust that its own deploy came in by. That is order and no wall: whoever may take the
    bootstrap's deploy role may do what the bootstrap lets CloudFormation do, which is everything
    unless it was made with `--cloudformation-execution-policies`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        repository: str,
        stack_name: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"Who may deploy the language model service, stage {settings.name}.",
            termination_protection=settings.deletion_protection,
        )
        provider = self._provider(settings.delivery.provider_arn)
        self._make_reader(provider, repository, stage=settings.name)
        deployer = self._make_deployer(provider, repository, stage=settings.name)
        if zone := settings.domain.hosted_zone_id:
            deployer.grant(*ZONE_ACTIONS, on=[self._zone(zone)])

    def _provider(self, arn: str | None) -> iam.IOidcProvider:
        if arn:
            return iam.OidcProviderNative.from_oidc_provider_arn(self, "Provider", arn)
        return iam.OidcProviderNative(
            self, "Provider", url=f"https://{ISSUER}", client_ids=[AUDIENCE]
        )

    def _make_reader(self, provider: iam.IOidcProvider, repository: str, *, stage: str) -> None:
        """For pull requests, whose code nobody has reviewed yet.

        So it is not let into the bootstrap's lookup role, which reads the whole account.
        """
        reader = PipelineRole(
            self,
            "Reader",
            provider=provider,
            subject=f"repo:{repository}:pull_request",
            description=f"Pull requests read the templates of stage {stage}.",
        )
        reader.grant(*READ_ACTIONS, on=[self._stacks()])
        CfnOutput(self, "ReadRoleArn", value=reader.role.role_arn)

    def _make_deployer(
        self, provider: iam.IOidcProvider, repository: str, *, stage: str
    ) -> PipelineRole:
        """For jobs in the GitHub environment of the stage's name, which has the reviewers."""
        deployer = PipelineRole(
            self,
            "Deployer",
            provider=provider,
            subject=f"repo:{repository}:environment:{stage}",
            description=f"Jobs of environment {stage} deploy with the CDK.",
            hours=DEPLOY_HOURS,
        )
        deployer.grant("sts:AssumeRole", on=[role_arn(self, role) for role in BOOTSTRAP_ROLES])
        self._let_watch(deployer)
        CfnOutput(self, "DeployRoleArn", value=deployer.role.role_arn)
        return deployer

    def _let_watch(self, deployer: PipelineRole) -> None:
        """CloudFormation names the log groups after their stack, and adds an id."""
        deployer.grant(*WATCH_ACTIONS, on=["*"])
        deployer.grant(READ_TEMPLATE, on=[self._stacks()])  # for preflight's comparisons
        logs = self.format_arn(
            service="logs",
            resource="log-group",
            resource_name=ANY_STAGE,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        deployer.grant(*LOG_ACTIONS, on=[logs])
        version = self.format_arn(
            service="ssm",
            resource="parameter",
            resource_name=f"cdk-bootstrap/{qualifier(self)}/version",
        )
        deployer.grant(*PARAMETER_ACTIONS, on=[version])

    def _stacks(self) -> str:
        """Of this project. An id that CloudFormation makes ends a stack's ARN: hence a pattern."""
        return self.format_arn(service="cloudformation", resource="stack", resource_name=ANY_STAGE)

    def _zone(self, identity: str) -> str:
        return self.format_arn(
            service="route53", region="", account="", resource="hostedzone", resource_name=identity
        )
