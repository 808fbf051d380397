"""What EXPIRES and the limits of `make key` mean."""

from datetime import UTC, datetime

import pytest

from sandbox.state import SandboxError
from sandbox.terms import Terms, terms

NOON = datetime(2027, 1, 1, 12, 30, 15, 999, tzinfo=UTC)


def written(expires: str = "", requests: str = "", tokens: str = "") -> Terms:
    return terms(expires, requests, tokens, now=NOON)


def test_nothing_written_is_no_terms() -> None:
    assert written() == Terms()
    assert written().stored() == {}
    assert written().sentence() == "It is good for ever, without limits."


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("90", "2027-04-01T12:30:15+00:00"),
        ("1", "2027-01-02T12:30:15+00:00"),
        ("2027-12-31", "2028-01-01T00:00:00+00:00"),
        ("2027-01-01", "2027-01-02T00:00:00+00:00"),
    ],
)
def test_key_is_good_for_so_many_days_or_through_its_last_day(text: str, expires: str) -> None:
    assert written(text).stored() == {"expires": expires}


@pytest.mark.parametrize(
    "text", ["0", "-1", "2026-12-31", "2027-13-01", "soon", "3651", "9" * 30, "9999-12-31", "1.5"]
)
def test_date_that_is_past_far_away_or_none_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(SandboxError, match=r"^EXPIRES: got .*; give a number of days, or"):
        written(text)


def test_limits_are_stored_as_numbers() -> None:
    found = written("", "60", "10000")
    assert found.stored() == {"requests_per_minute": 60, "tokens_per_minute": 10000}
    assert found.sentence() == (
        "It is good for ever, 60 requests and 10000 tokens a minute in each task."
    )


@pytest.mark.parametrize("text", ["0", "-1", "1000001", "1e3", "many", "60.0"])
def test_limit_that_no_service_takes_is_refused(text: str) -> None:
    with pytest.raises(SandboxError, match=r"^REQUESTS_PER_MINUTE: got .* from 1 to 1000000\.$"):
        written(requests=text)


def test_one_limit_is_told_alone() -> None:
    assert written("2027-12-31", tokens="7").sentence() == (
        "It is good until 2028-01-01 00:00 UTC, 7 tokens a minute in each task."
    )
