"""All the claims. To add one, write it beside its like and, for a new file, add the file here."""

from typing import Final

from operations.verify import (
    edge,
    function,
    going_back,
    governance,
    load_balancer,
    models,
    pipelines,
    place,
    rollouts,
    scaling,
    service,
    stacks,
    watching,
)
from operations.verify.claim import Claim

CLAIMS: Final[tuple[Claim, ...]] = (
    *load_balancer.CLAIMS,
    *edge.CLAIMS,
    *service.CLAIMS,
    *scaling.CLAIMS,
    *place.CLAIMS,
    *rollouts.CLAIMS,
    *stacks.CLAIMS,
    *governance.CLAIMS,
    *function.CLAIMS,
    *watching.CLAIMS,
    *models.CLAIMS,
    *pipelines.CLAIMS,
    *going_back.CLAIMS,
)
