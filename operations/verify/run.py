"""Runs the checks of the claims; what did not run is never called verified."""

from collections.abc import Iterable, Iterator

from operations.account import CouldNotAsk
from operations.verify.claim import ByHand, Claim, Outcome, Verdict, not_shown
from operations.verify.deployment import Deployment


def verify(claims: Iterable[Claim], deployment: Deployment) -> Iterator[tuple[Claim, Outcome]]:
    """Each claim with what was seen, as soon as it was."""
    for claim in claims:
        yield claim, _outcome(claim, deployment)


def _outcome(claim: Claim, deployment: Deployment) -> Outcome:
    if isinstance(claim.how, ByHand):
        return Outcome(Verdict.BY_HAND, " / ".join(claim.how.steps))
    try:
        return claim.how(deployment)
    except CouldNotAsk as error:
        return not_shown(str(error))
