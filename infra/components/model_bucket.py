"""Where the models lie that the image does not bring."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.retention import removal_policy
from infra.settings import StageSettings


class ModelBucket(Construct):
    """A private bucket; `make model` writes it, and a task reads the one object that it serves."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        # CloudFormation deletes no bucket that holds objects: where nothing is retained, empty it
        # first. To have that done takes a Lambda function with the right to delete every model.
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # A model that is overwritten or deleted by mistake can still be had.
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(90),
                )
            ],
            removal_policy=removal_policy(settings),
        )

    def grant_read(self, grantee: iam.IGrantable, *, key: str) -> iam.Grant:
        """Let `grantee` read one object. Not `Bucket.grant_read`, which adds listing."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:GetObject"],
            resource_arns=[self.bucket.arn_for_objects(key)],
        )
