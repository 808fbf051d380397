"""The endpoint's own name: a whole hosted zone, and a name that is in it."""

import pytest

from infra.sections.section import Problem
from tests.infra.stages import CERTIFICATE, ZONE, problem, stage


@pytest.mark.parametrize("missing", ZONE)
def test_half_a_hosted_zone_is_refused(missing: str) -> None:
    found = problem(domain={key: ZONE[key] for key in ZONE if key != missing})
    assert found.path == f"domain.{missing}"
    assert found.text.endswith("add it, or remove the others")


def test_a_name_outside_its_hosted_zone_is_refused() -> None:
    assert problem(domain=ZONE | {"name": "llm.myexample.com"}) == Problem(
        "domain.name",
        "got 'llm.myexample.com', which is not in the hosted zone 'example.com'; "
        "choose a name that ends with it",
    )


@pytest.mark.parametrize("name", ["example.com", "llm.eu.example.com"])
def test_the_zones_own_name_and_any_below_it_are_accepted(name: str) -> None:
    assert stage(domain=ZONE | {"name": name}).secure


LONG = f"{'a' * 60}.example.com"


def test_a_name_for_which_no_certificate_can_be_made_is_refused() -> None:
    found = problem(domain=ZONE | {"name": LONG})
    assert found.path == "domain.name"
    assert "choose a shorter one, or name a certificate" in found.text


def test_a_long_name_with_a_certificate_of_ones_own_is_accepted() -> None:
    endpoint = {"certificate_arn": CERTIFICATE}
    assert stage(domain=ZONE | {"name": LONG}, endpoint=endpoint).domain.name == LONG
