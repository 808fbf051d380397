"""A claim about AWS: who makes it, on whose word, and how an account would show it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from operations.verify.deployment import Deployment


class Verdict(StrEnum):
    """VERIFIED is only ever said by a check that ran and saw it."""

    VERIFIED = "verified"
    REFUTED = "refuted"
    NOT_SHOWN = "not shown"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check saw."""

    verdict: Verdict
    saw: str


def verified(saw: str) -> Outcome:
    """AWS does as we say."""
    return Outcome(Verdict.VERIFIED, saw)


def refuted(saw: str) -> Outcome:
    """AWS does not."""
    return Outcome(Verdict.REFUTED, saw)


def not_shown(why: str) -> Outcome:
    """The stage gave no occasion to see it; the text says what would."""
    return Outcome(Verdict.NOT_SHOWN, why)


Check = Callable[[Deployment], Outcome]


@dataclass(frozen=True, slots=True)
class ByHand:
    """Steps for a person, the last of which says what must be seen."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence that our code relies on."""

    id: str
    sentence: str
    made_in: str
    """The file that relies on it, from the repository's root."""
    source: str
    """The document or issue that says so; or that nothing was found."""
    costs: str
    how: Check | ByHand
