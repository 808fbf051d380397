"""When scheduled actions run."""

import re
from collections.abc import Iterator
from typing import Final

from infra.reading.rule import Finding, Rule
from infra.reading.scaling import TARGET
from infra.reading.stack import Stack

CRON: Final = re.compile(r"cron\((.*)\)")
FIELDS: Final = 6
DAY_OF_MONTH, DAY_OF_WEEK = 2, 4
ANY: Final = ("*", "?")


class ScheduleFields(Rule):
    """The six fields of a cron expression."""

    id = "E9595"
    shortdesc = "A schedule has six cron fields, of which one day field alone names days"
    description = (
        "Application Auto Scaling refuses the five fields of a usual cron, and days of the month "
        "together with days of the week."
    )
    source_url = "https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for target in stack.resources(TARGET):
            for action in target["ScheduledActions"].items():
                place = action["Schedule"]
                cron = CRON.fullmatch((place.text() or "").strip())
                fields = cron[1].split() if cron else []
                if cron and len(fields) != FIELDS:
                    wrong = "a schedule has six fields: minutes, hours, day of month, month, day "
                    wrong += "of week, year"
                    remedy = "add what lacks, like the year: cron(0 8 ? * MON-FRI *)"
                    yield Finding(place, wrong, cron[0], remedy)
                elif cron and not {fields[DAY_OF_MONTH], fields[DAY_OF_WEEK]} & set(ANY):
                    wrong = "a schedule names days of the month, or of the week, not both"
                    yield Finding(place, wrong, cron[0], "write ? in one of the two fields")
