"""Where the stage belongs."""

from pydantic import Field

from infra.sections.section import Section


class DeploySettings(Section):
    """Where the stage belongs; the stacks themselves go to whoever's account deploys them."""

    account: str | None = Field(
        default=None,
        pattern=r"^\d{12}$",
        examples=["111122223333"],
        description="AWS account that the stage belongs to. With credentials for another one "
        "`make preflight` fails; the deploy itself does not look.",
    )
    region: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        examples=["eu-west-1"],
        description="Region that the stage belongs to, checked likewise.",
    )
