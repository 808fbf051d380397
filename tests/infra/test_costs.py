"""Nothing that a stage is made of is left out of its bill unseen."""

from collections.abc import Callable

import pytest

from operations.bill import estimate
from operations.prices import load_prices
from operations.tasks import Level
from tests.infra.assemblies import VARIANTS, Assembly
from tests.infra.not_priced import NOT_PRICED


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_fixed_cost_has_a_price(variant: str, synthesised: Callable[[str], Assembly]) -> None:
    bill = estimate(synthesised(variant).templates, load_prices(), Level.MAXIMUM)
    assert set(bill.not_priced) <= NOT_PRICED


def test_what_no_price_was_found_for_is_there(synthesised: Callable[[str], Assembly]) -> None:
    assert set(estimate(synthesised("dev").templates, load_prices()).not_priced) >= NOT_PRICED
