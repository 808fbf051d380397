"""Where the stage belongs."""

from pydantic import Field

from infra.sections.section import Section


class DeploySettings(Section):
    """Where the stage belongs. None: the account and region of who deploys it."""

    account: str | None = Field(
        default=None,
        pattern=r"^\d{12}$",
        examples=["111122223333"],
        description="AWS account that the stage belongs to. With credentials for another one the "
        "CDK stops before it does anything. It can be added to a deployed stage: no template "
        "changes.",
    )
    region: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        examples=["eu-west-1"],
        description="Region that the stage belongs to: the CDK goes there, whatever the shell's "
        "own region is. It can be added likewise.",
    )
