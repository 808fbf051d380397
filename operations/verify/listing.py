"""All the claims. To add one, write it beside its like and, for a new file, add the file here."""

from typing import Final

from operations.verify import (
    edge,
    function,
    load_balancer,
    models,
    pipelines,
    service,
    stacks,
    watching,
)
from operations.verify.claim import Claim

CLAIMS: Final[tuple[Claim, ...]] = (
    *load_balancer.CLAIMS,
    *edge.CLAIMS,
    *service.CLAIMS,
    *stacks.CLAIMS,
    *function.CLAIMS,
    *watching.CLAIMS,
    *models.CLAIMS,
    *pipelines.CLAIMS,
)
