"""Whose pages may use the endpoint."""

import pytest
from pydantic import ValidationError

from tests.infra.stages import GATEWAY, SHORT, problem, stage


@pytest.mark.parametrize(
    "origin",
    ["app.example.com", "https://app.example.com/", "https://a.example.com, https://b", "null", ""],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError):
        stage(browser={"cors_origins": [origin]})


def test_every_origin_stands_alone() -> None:
    found = problem(browser={"cors_origins": ["*", "https://app.example.com"]})
    assert found.path == "browser.cors_origins"
    assert stage(browser={"cors_origins": ["*"]})


def test_pages_of_every_origin_are_not_let_in_where_the_network_is_all_that_holds_others_off() -> (
    None
):
    found = problem(browser={"cors_origins": ["*"]}, auth={"rest": "off"})
    assert found.path == "browser.cors_origins"
    assert stage(browser={"cors_origins": ["http://localhost:3000"]}, auth={"rest": "off"})


def test_pages_are_not_let_in_where_api_gateway_asks_their_browser_for_a_key() -> None:
    pages = {"cors_origins": ["https://app.example.com"]}
    keyed = {"require_api_key": True}
    found = problem(endpoint=GATEWAY, browser=pages, limits=SHORT, api_gateway=keyed)
    assert found.path == "browser.cors_origins"
    assert stage(endpoint=GATEWAY, browser=pages, limits=SHORT)
