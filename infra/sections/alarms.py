"""Who hears of trouble, and what counts as trouble."""

from typing import Annotated

from pydantic import AfterValidator, Field, Strict
from pydantic_core import PydanticCustomError

from infra.sections.section import Section


def _email(value: str) -> str:
    name, _, domain = value.partition("@")
    if not name or "." not in domain or any(sign.isspace() for sign in value):
        raise PydanticCustomError("setting", "is no e-mail address; write it like ann@example.org")
    return value


def _webhook(value: str) -> str:
    if not value.startswith("https://") or any(sign.isspace() for sign in value):
        raise PydanticCustomError(
            "setting", "is no HTTPS address; write it like https://example.org/alarms"
        )
    return value


class AlarmSettings(Section):
    """Who hears of trouble, and what counts as trouble. Nobody to hear: none that only tells."""

    emails: Annotated[tuple[Annotated[str, AfterValidator(_email)], ...], Strict(False)] = Field(
        default=(),
        description="E-mail addresses that hear when an alarm begins and when it is over. Each has "
        "to confirm once. One address here, or one webhook, and the alarms are made.",
    )
    webhooks: Annotated[tuple[Annotated[str, AfterValidator(_webhook)], ...], Strict(False)] = (
        Field(
            default=(),
            description="HTTPS addresses that hear the same, as Amazon SNS posts it: JSON, and "
            "first a request to confirm, which the receiver has to answer.",
        )
    )
    runbook_url: str = Field(
        default="docs/runbook.md",
        pattern=r"^\S+$",
        examples=["https://git.example.org/llm-on-ecs/blob/main/docs/runbook.md"],
        description="Where your people read docs/runbook.md. Each alarm links its section there.",
    )
    error_percent: float = Field(
        default=5,
        gt=0,
        le=100,
        description="Percent of the requests that may end by a fault of ours in five minutes. "
        "Fewer than three such requests are never an alarm. More undo a rollout, too.",
    )
    first_token_seconds: float = Field(
        default=10,
        gt=0,
        description="Seconds within which 95 of 100 requests should see their first token, "
        "waiting for a slot included. Later ones undo a rollout, too, from twenty requests on.",
    )

    @property
    def heard(self) -> bool:
        """Whether anybody would hear an alarm."""
        return bool(self.emails or self.webhooks)
