"""What is logged and for how long."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticKnownError

from infra.sections.section import Section


def _whole(value: Any) -> Any:
    """Python takes true for 1 and 30.0 for 30, and pydantic what is equal to one of a few."""
    if type(value) is not int:
        raise PydanticKnownError("int_type")
    return value


Days = Annotated[Literal[1, 7, 30, 90, 365], BeforeValidator(_whole)]


class LogSettings(Section):
    """What is logged and for how long."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least severity that is logged."
    )
    prompts: bool = Field(
        default=False,
        description="true: each request's log line has the end of its prompt and the beginning "
        "of the answer, 600 characters of each: what people write is then kept in CloudWatch.",
    )
    client_addresses: bool = Field(
        default=False,
        description="true: each request's line has the IP address of its client, which is personal "
        "data in many countries.",
    )
    retention_days: Days = Field(default=30, description="Days that CloudWatch keeps the logs.")
