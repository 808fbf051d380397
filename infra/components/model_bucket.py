"""Where the models lie that the image does not bring."""

from typing import Any, Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.encryption import grant_decrypt, named_key
from infra.retention import removal_policy
from infra.settings import StageSettings

ACCESS_LOG_DAYS: Final = 90
# A model that is overwritten or deleted by mistake can be had back for this long.
OLD_VERSION_DAYS: Final = 90


class ModelBucket(Construct):
    """A private bucket; `make model` writes it, and a task reads the one object that it serves.

    Who read or wrote a model is in a second bucket. CloudFormation deletes neither while it holds
    objects: to have them emptied takes a function that may delete every model.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self._key = named_key(self, "Key", settings.encryption.models_key_arn)
        log = self._make_bucket(
            "AccessLog",
            settings,
            # Under another key S3 writes no access log.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(ACCESS_LOG_DAYS))],
        )
        self.bucket = self._make_bucket(
            "Bucket",
            settings,
            encryption=s3.BucketEncryption.KMS if self._key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self._key,
            # One call to KMS for many objects, and all of them in one encryption context.
            bucket_key_enabled=True if self._key else None,
            versioned=True,
            server_access_logs_bucket=log,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    noncurrent_version_expiration=Duration.days(OLD_VERSION_DAYS),
                )
            ],
        )

    def _make_bucket(self, construct_id: str, settings: StageSettings, **further: Any) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal_policy(settings),
            **further,
        )

    def grant_read(self, grantee: iam.IGrantable, *, key: str) -> iam.Grant:
        """Let `grantee` read one object. Not `Bucket.grant_read`, which adds listing."""
        if self._key:
            # The bucket's ARN, where it has a key of its own: the objects' otherwise.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
            grant_decrypt(grantee, self._key, context="aws:s3:arn", value=self.bucket.bucket_arn)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:GetObject"],
            resource_arns=[self.bucket.arn_for_objects(key)],
        )
