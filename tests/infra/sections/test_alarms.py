"""Addresses that hear of alarms."""

import pytest
from pydantic import ValidationError

from tests.infra.stages import stage


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("emails", "ann"),
        ("emails", "ann@example"),
        ("emails", "Ann <ann@example.org>"),
        ("webhooks", "http://example.org/alarms"),
        ("webhooks", "https://example.org/a b"),
    ],
)
def test_an_address_that_no_alarm_can_reach_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match="write it like"):
        stage(alarms={key: [value]})
