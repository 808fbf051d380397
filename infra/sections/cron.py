"""Cron expressions as Application Auto Scaling reads them: six fields, one of the days a `?`.

https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
ANY: Final = "*"
NO_DAY: Final = "?"


class _Wrong(ValueError):
    """What a value is, and what to write instead."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its bounds, the names of its values, and which signs mean a day by its place."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    special: str = ""

    def values(self, text: str) -> frozenset[int]:
        """The values that `text` stands for; all of them where it counts from a month's end."""
        return frozenset().union(*(self._part(part) for part in text.split(",")))

    def _part(self, part: str) -> range:
        every = range(self.least, self.most + 1)
        if part == ANY or (part == NO_DAY and self.special):
            return every
        if self.special and re.fullmatch(self.special, part, re.IGNORECASE):
            return every
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if slash and not (step.isdecimal() and int(step) > 0):
            raise self._wrong(part)
        if span == ANY:
            start, stop = self.least, self.most
        else:
            start = self._number(first, part)
            stop = self._number(last, part) if dash else self.most if slash else start
        if start > stop:
            raise _Wrong(f"has '{part}' as {self.name}, which ends before it begins; turn it round")
        return range(start, stop + 1, int(step) if slash else 1)

    def _number(self, text: str, part: str) -> int:
        if text.upper() in self.names:
            return self.names.index(text.upper()) + self.least
        if not text.isdecimal() or not self.least <= int(text) <= self.most:
            raise self._wrong(part)
        return int(text)

    def _wrong(self, part: str) -> _Wrong:
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return _Wrong(
            f"has '{part}' as {self.name}; choose from {self.least} to {self.most}{names}"
        )


_DATE: Final = r"(0?[1-9]|[12]\d|3[01])"
_WEEKDAY: Final = rf"([1-7]|{'|'.join(WEEKDAYS)})"

FIELDS: Final = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of the month", 1, 31, special=rf"L|LW|{_DATE}W"),
    _Field("month", 1, 12, MONTHS),
    _Field("day of the week", 1, 7, WEEKDAYS, special=rf"L|{_WEEKDAY}L|{_WEEKDAY}#[1-5]"),
    _Field("year", 1970, 2199),
)
DAY_OF_MONTH: Final = 2
MONTH: Final = 3
DAY_OF_WEEK: Final = 4
YEAR: Final = 5


def _sets(expression: str) -> tuple[frozenset[int], ...]:
    """The values of each field. Raises `_Wrong`."""
    texts = expression.split()
    if len(texts) != len(FIELDS):
        raise _Wrong(
            f"has {len(texts)} fields; write six: minutes, hours, day of the month, month, day of "
            "the week, year, like 0 8 ? * MON-FRI *"
        )
    if (texts[DAY_OF_MONTH] == NO_DAY) == (texts[DAY_OF_WEEK] == NO_DAY):
        raise _Wrong(
            "names days of the month and of the week, or neither; write ? for exactly one of them, "
            "like 0 8 ? * MON-FRI *"
        )
    sets = tuple(field.values(text) for field, text in zip(FIELDS, texts, strict=True))
    if not _has_a_day(sets):
        raise _Wrong(
            f"names day {texts[DAY_OF_MONTH]} of month {texts[MONTH]} in {texts[YEAR]}, which no "
            "calendar has; name a day that comes"
        )
    return sets


def _has_a_day(sets: tuple[frozenset[int], ...]) -> bool:
    """Whether one of the months is long enough for the first of the days."""
    first = min(sets[DAY_OF_MONTH])
    return any(first <= monthrange(year, month)[1] for year in sets[YEAR] for month in sets[MONTH])


def _checked(expression: str) -> str:
    try:
        _sets(expression)
    except _Wrong as wrong:
        raise PydanticCustomError("setting", "{wrong}", {"wrong": str(wrong)}) from None
    return expression


CronExpression = Annotated[str, AfterValidator(_checked)]


def may_coincide(one: str, other: str) -> bool:
    """Whether there may be a minute that both name.

    A day of the month and one of the week are taken to meet: in some month they do.
    """
    mixed = (one.split()[DAY_OF_MONTH] == NO_DAY) != (other.split()[DAY_OF_MONTH] == NO_DAY)
    days = {DAY_OF_MONTH, DAY_OF_WEEK} if mixed else set()
    pairs = enumerate(zip(_sets(one), _sets(other), strict=True))
    return all(mine & theirs for index, (mine, theirs) in pairs if index not in days)
