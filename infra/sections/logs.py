"""What is logged and for how long."""

from typing import Literal

from pydantic import Field

from infra.sections.section import Section


class LogSettings(Section):
    """What is logged and for how long."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least severity that is logged."
    )
    retention_days: Literal[1, 7, 30, 90, 365] = Field(
        default=30, description="Days that CloudWatch keeps the logs."
    )
