"""A role that a GitHub workflow takes with its token, and no key."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

ISSUER: Final = "token.actions.githubusercontent.com"
# What aws-actions/configure-aws-credentials asks GitHub to put into the token.
AUDIENCE: Final = "sts.amazonaws.com"


class PipelineRole(Construct):
    """Trusts the workflows of one repository in one context, and nothing by a pattern."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        provider: iam.IOidcProvider,
        subject: str,
        description: str,
        hours: int | None = None,
    ) -> None:
        """`subject` is the token's whole `sub`: the repository, and an environment or an event.

        A job may have the role for so many `hours`; one, where nothing is said.
        """
        super().__init__(scope, construct_id)
        principal = iam.WebIdentityPrincipal(
            provider.oidc_provider_arn,
            {"StringEquals": {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": AUDIENCE}},
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=principal,
            description=description,
            max_session_duration=Duration.hours(hours) if hours else None,
        )

    def grant(self, *actions: str, on: list[str]) -> iam.Grant:
        """Let the workflows do these `actions` on these ARNs."""
        return iam.Grant.add_to_principal(
            grantee=self.role, actions=list(actions), resource_arns=on
        )
