"""What tasks are made of: the image repository and, where a stage wants one, the model bucket."""

from typing import Final

from aws_cdk import ArnFormat, CfnOutput, DefaultStackSynthesizer, Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.bootstrap import role_arn
from infra.components.model_bucket import ModelBucket
from infra.encryption import named_key
from infra.names import full_name
from infra.retention import removal_policy
from infra.settings import StageSettings

# What the bootstrap's image-publishing role may do in the bootstrap's own repository, and no more.
# https://github.com/aws/aws-cdk-cli/blob/main/packages/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml
PUBLISH_ACTIONS: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)

PULL_ACTIONS: Final = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def repository_name(stage: str) -> str:
    """The repository's physical name, fixed before any deploy: the CLI pushes to it by name."""
    return full_name(stage)


class RegistryStack(Stack):
    """Keeps every image that a rollout or a rollback may need.

    A stack of its own, because it must exist before the CLI can push what the inference stack runs.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, stack_name: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"Container images of the language model service, stage {settings.name}.",
            termination_protection=settings.deletion_protection,
        )
        self.repository = self._make_repository(settings)
        self._let_the_cli_publish()
        if settings.function.enabled:
            self._let_lambda_pull()
        CfnOutput(self, "RepositoryUri", value=self.repository.repository_uri)
        self.models = self._make_model_bucket(settings)

    def _make_repository(self, settings: StageSettings) -> ecr.Repository:
        return ecr.Repository(
            self,
            "Repository",
            repository_name=repository_name(settings.name),
            # A tag is the hash of what was built: it need not move, and a rollback runs what ran.
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            # To change the key would replace the repository, whose name is taken: it fails.
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=named_key(self, "Key", settings.encryption.images_key_arn),
            lifecycle_rules=[
                ecr.LifecycleRule(
                    # Tasks name images by tag and tags cannot move. A rule by age or count of
                    # tagged ones could take the image of a service that has long been stable.
                    description="Only untagged images expire: no task definition names one.",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(14),
                )
            ],
            removal_policy=removal_policy(settings),
            empty_on_delete=not settings.retain_data,
        )

    def _make_model_bucket(self, settings: StageSettings) -> ModelBucket | None:
        if not settings.model.bucket:
            return None
        models = ModelBucket(self, "Models", settings=settings)
        # Whoever imports them: an export that is in use cannot go, and this stack is deployed
        # before the one that may use another model from now on.
        self.export_value(models.bucket.bucket_name)
        self.export_value(models.bucket.bucket_arn)
        CfnOutput(self, "ModelBucketName", value=models.bucket.bucket_name)
        return models

    def _let_the_cli_publish(self) -> None:
        """The role that `cdk bootstrap` makes may push to its own repository, and now to ours."""
        publisher = role_arn(self, DefaultStackSynthesizer.DEFAULT_IMAGE_ASSET_PUBLISHING_ROLE_ARN)
        self.repository.grant(iam.ArnPrincipal(publisher), *PUBLISH_ACTIONS)

    def _let_lambda_pull(self) -> None:
        """For functions of this account and region. Without it Lambda adds to the policy itself.

        https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
        """
        functions = self.format_arn(
            service="lambda",
            resource="function",
            resource_name="*",  # CloudFormation makes the name up
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        principal = iam.ServicePrincipal(
            "lambda.amazonaws.com", conditions={"StringLike": {"aws:SourceArn": functions}}
        )
        self.repository.grant(principal, *PULL_ACTIONS)
