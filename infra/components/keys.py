"""The API keys."""

from aws_cdk import SecretValue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.encryption import grant_decrypt, named_key
from infra.retention import removal_policy
from infra.settings import StageSettings

# No key yet: the service is ready and refuses everyone. CloudFormation writes the value again only
# if this text changes, which would remove every key: so it never may.
NO_KEYS = '{"keys": []}'


class ApiKeys(Construct):
    """The secret with the hashes of the API keys, which the service polls and `make key` writes."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self._key = named_key(self, "Key", settings.encryption.secret_key_arn)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            encryption_key=self._key,
            description="SHA-256 hashes of the API keys of the language model service.",
            secret_string_value=SecretValue.unsafe_plain_text(NO_KEYS),
            removal_policy=removal_policy(settings),
        )

    @property
    def source(self) -> str:
        """Where the service finds the keys, as its environment says it."""
        return f"secretsmanager:{self.secret.secret_arn}"

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` read the hashes. Not `Secret.grant_read`, which adds DescribeSecret."""
        if self._key:
            # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
            grant_decrypt(grantee, self._key, context="SecretARN", value=self.secret.secret_arn)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.secret.secret_arn],
        )
