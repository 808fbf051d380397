"""Who may scrape, and who hears that a budget is spent."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.infra.stages import problem, stage


def test_scraping_from_everywhere_is_refused() -> None:
    found = problem(monitoring={"scrape_from": ["10.9.0.0/24", "0.0.0.0/0"]})
    assert found.path == "monitoring.scrape_from"


def test_a_budget_without_anybody_who_hears_of_it_is_refused() -> None:
    found = problem(monitoring={"monthly_budget_usd": 100})
    assert found.path == "monitoring.monthly_budget_usd"
    assert "nobody would hear" in found.text


@pytest.mark.parametrize(
    "alarms", [{"emails": ["ann@example.org"]}, {"webhooks": ["https://example.org/a"]}]
)
def test_a_budget_is_heard_by_e_mail_or_webhook(alarms: dict[str, Any]) -> None:
    assert stage(monitoring={"monthly_budget_usd": 100}, alarms=alarms).alarms.heard


@pytest.mark.parametrize(
    "address",
    [
        "collector:4318",
        "ftp://collector/v1/traces",
        "http://[collector/v1/traces",
        "http://collector:70000/v1/traces",
        "http://collector:0/v1/traces",
        "http://ann:secret@collector/v1/traces",
        "http:///v1/traces",
    ],
)
def test_what_is_no_address_of_a_collector_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="is no HTTP or HTTPS address"):
        stage(monitoring={"traces_endpoint": address})


@pytest.mark.parametrize("address", ["http://[fd00::1]:4318/v1/traces", "https://c.example"])
def test_a_collector_may_be_named_by_address_and_without_a_port(address: str) -> None:
    assert stage(monitoring={"traces_endpoint": address}).monitoring.traces_port in (4318, 443)
