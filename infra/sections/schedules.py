"""When other bounds hold for the number of tasks."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from infra.sections.cron import CronExpression
from infra.sections.section import Section


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", value):
        raise PydanticCustomError(
            "setting", "is no name of a schedule; write it like [schedules.working-hours]"
        )
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        # A machine without any time zones knows nothing against this one.
        if available_timezones():
            raise PydanticCustomError(
                "setting", "is no time zone; write it like Europe/Berlin or UTC"
            ) from None
    return value


ScheduleName = Annotated[str, AfterValidator(_name)]


class ScheduleSettings(Section):
    """From this time on, until another schedule's, these bounds hold.

    A schedule always sets both, so that it does not matter which one came before.
    """

    cron: CronExpression = Field(
        description="When it begins, as `minutes hours day-of-month month day-of-week year`, one "
        "of the days a `?`: `0 8 ? * MON-FRI *` is eight o'clock on working days.",
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        default="UTC",
        description="The IANA time zone in which that is meant, summer time included, like "
        "Europe/Berlin.",
    )
    min_tasks: int | None = Field(
        default=None,
        ge=1,
        description="Tasks that run from then on at least; none: `scaling.min_tasks`.",
    )
    max_tasks: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Tasks that run from then on at most; none: `scaling.max_tasks`.",
    )
