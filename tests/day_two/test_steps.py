"""The walk begins with what stage prod has."""

from __future__ import annotations

import tomllib

from tests.day_two.steps import PROD_LIKE
from tests.sandbox.server import ROOT


def test_the_walk_begins_as_prod_is() -> None:
    prod = tomllib.loads((ROOT / "infra/stages/prod.toml").read_text(encoding="utf-8"))
    # A step turns it on; the account has a certificate of its own, and who hears of alarms.
    del prod["firewall"]
    del prod["endpoint"]["certificate_arn"]
    assert {key: value for key, value in PROD_LIKE.items() if key != "alarms"} == prod
