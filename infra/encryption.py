"""The KMS keys that a stage names, as the CDK takes them."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


def named_key(scope: Construct, construct_id: str, arn: str | None) -> kms.IKey | None:
    """The key with this ARN, without asking AWS; None where the stage names none."""
    return kms.Key.from_key_arn(scope, construct_id, arn) if arn else None


def grant_decrypt(grantee: iam.IGrantable, key: kms.IKey, *, context: str, value: str) -> iam.Grant:
    """Let `grantee` decrypt with this key what was encrypted in one context, and nothing else.

    Not `key.grant_decrypt`, which has no condition.
    https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
    """
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["kms:Decrypt"],
        resource_arns=[key.key_arn],
        conditions={"StringEquals": {f"kms:EncryptionContext:{context}": value}},
    )
