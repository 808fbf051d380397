"""Cron expressions: what Application Auto Scaling takes, and when two of them may meet."""

import pytest
from pydantic import TypeAdapter, ValidationError

from infra.sections.cron import CronExpression, may_coincide

EXPRESSION: TypeAdapter[str] = TypeAdapter(CronExpression)


def refusal(expression: str) -> str:
    with pytest.raises(ValidationError) as error:
        EXPRESSION.validate_python(expression)
    (details,) = error.value.errors()
    return details["msg"]


@pytest.mark.parametrize(
    "expression",
    [
        "0 8 ? * MON-FRI *",
        "*/15 0-6,22,23 ? * * *",
        "30 5 1,15 JAN-JUN/2 ? 2027-2030",
        "0 0 L * ? *",
        "0 0 15W * ? *",
        "0 0 ? * 6L *",
        "0 0 ? * MON#1 *",
        "0 0 ? * friL *",
        "0 0 31W * ? *",
        "0 0 29 2 ? *",
        "0 0 31 2,3 ? *",
        "0 0 ? * mon *",
        "5/10 * * * ? *",
    ],
)
def test_an_expression_that_aws_takes_is_taken(expression: str) -> None:
    assert EXPRESSION.validate_python(expression) == expression


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("0 8 * * MON-FRI", "has 5 fields; write six: minutes, hours, "),
        ("0 8 * * MON-FRI *", "names days of the month and of the week, or neither; write ? "),
        ("0 8 ? * ? *", "names days of the month and of the week, or neither; write ? "),
        ("60 8 ? * MON *", "has '60' as minutes; choose from 0 to 59"),
        ("0 24 ? * MON *", "has '24' as hours; choose from 0 to 23"),
        ("0 8am ? * MON *", "has '8am' as hours; choose from 0 to 23"),
        ("0 8 ? 13 MON *", "has '13' as month; choose from 1 to 12 or JAN to DEC"),
        ("0 8 ? * 0 *", "has '0' as day of the week; choose from 1 to 7 or SUN to SAT"),
        ("0 8 32 * ? *", "has '32' as day of the month; choose from 1 to 31"),
        ("0 8 ? * MON 1969", "has '1969' as year; choose from 1970 to 2199"),
        ("0 18-8 ? * MON *", "has '18-8' as hours, which ends before it begins; turn it round"),
        ("0/0 8 ? * MON *", "has '0/0' as minutes; choose from 0 to 59"),
        ("? 8 ? * MON *", "has '?' as minutes; choose from 0 to 59"),
        ("0 8 32W * ? *", "has '32W' as day of the month; choose from 1 to 31"),
        ("0 8 0W * ? *", "has '0W' as day of the month; choose from 1 to 31"),
        ("0 8 ? * xyzL *", "has 'xyzL' as day of the week; choose from 1 to 7 or SUN to SAT"),
        ("0 8 ? * 8L *", "has '8L' as day of the week; choose from 1 to 7 or SUN to SAT"),
        ("0 8 ? * ABC#2 *", "has 'ABC#2' as day of the week; choose from 1 to 7 or SUN to SAT"),
        ("0 8 31 2 ? *", "names day 31 of month 2 in *, which no calendar has; name a day "),
        ("0 8 31 APR,JUN ? *", "names day 31 of month APR,JUN in *, which no calendar has; "),
        ("0 8 29 2 ? 2027", "names day 29 of month 2 in 2027, which no calendar has; "),
        ("0,,5 8 ? * MON *", "has '' as minutes; choose from 0 to 59"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(expression: str, sentence: str) -> None:
    assert refusal(expression).startswith(sentence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0 8 ? * MON-FRI *", "0 8 ? * MON *"),
        ("*/15 8 ? * MON *", "45 8 ? * 2 *"),
        ("0 8 1 * ? *", "0 8 ? * MON *"),
        ("0 8 L * ? *", "0 8 28 * ? *"),
        ("0 8 ? JAN-JUN MON *", "0 8 ? 6 MON *"),
    ],
)
def test_expressions_that_share_a_minute_may_coincide(one: str, other: str) -> None:
    assert may_coincide(one, other)
    assert may_coincide(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0 8 ? * MON-FRI *", "0 19 ? * MON-FRI *"),
        ("0 8 ? * MON-FRI *", "1 8 ? * MON-FRI *"),
        ("0 8 ? * MON-FRI *", "0 8 ? * SAT,SUN *"),
        ("0 8 1 * ? *", "0 8 2 * ? *"),
        ("0 8 ? JAN MON *", "0 8 ? FEB MON *"),
        ("0 8 1 * ? 2027", "0 8 ? * MON 2028"),
    ],
)
def test_expressions_without_a_common_minute_do_not_coincide(one: str, other: str) -> None:
    assert not may_coincide(one, other)
