"""Which pipeline may deploy the stage."""

from collections.abc import Iterator

from pydantic import Field

from infra.sections.section import Problem, Section

OWN_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"


class DeliverySettings(Section):
    """Which pipeline may deploy the stage; without a repository there is no stack `delivery`."""

    repository: str | None = Field(
        default=None,
        # As GitHub's tokens name it in `sub`. No wildcard gets past this.
        pattern=rf"^{OWN_NAME}(@\d+/{OWN_NAME}@\d+|/{OWN_NAME})$",
        examples=["my-org@123456/my-repository@456789", "my-org/my-repository"],
        description="The GitHub repository whose workflows may deploy the stage, in its GitHub "
        "environment of the stage's name. Repositories made or renamed since 15 July 2026 are "
        "named with ids, as owner@id/name@id (`gh api repos/OWNER/NAME --jq '.owner.id, .id'`), "
        "others without.",
    )
    provider_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com$",
        examples=[
            "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
        ],
        description="The account's identity provider for GitHub, where it has one: there can be "
        "only one, so the second stage in an account names the first one's. None: it is made.",
    )

    def problems(self) -> Iterator[Problem]:
        """A provider that nobody uses."""
        if self.provider_arn is not None and self.repository is None:
            yield Problem(
                "provider_arn",
                f"got '{self.provider_arn}', but delivery.repository is not set; name the "
                "repository, or remove the provider",
            )
