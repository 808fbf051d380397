"""What AWS WAF takes."""

import pytest
from pydantic import ValidationError

from tests.infra.stages import stage


@pytest.mark.parametrize("requests", [9, 2_000_000_001])
def test_a_rate_that_aws_waf_does_not_take_is_refused(requests: int) -> None:
    with pytest.raises(ValidationError, match="requests_per_5_minutes"):
        stage(firewall={"requests_per_5_minutes": requests})
