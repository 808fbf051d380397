"""What a check says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from operations.account import Account
from operations.stage import SynthesisedStage


class Mark(StrEnum):
    """Only FAILED makes the run fail: an UNKNOWN says that we could not look, and why."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found and, where something is to be done, what."""

    mark: Mark
    found: str
    todo: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at: a stage, and the account that it would be deployed to."""

    stage: SynthesisedStage
    account: Account
    imports_existing: bool = False
    """Whether the deploy takes what is retained, and in nobody's stack, into its own."""


@dataclass(frozen=True, slots=True)
class Check:
    """A named question. One that asks AWS is not asked without credentials."""

    name: str
    run: Callable[[Subject], Iterator[Finding]]
    asks_aws: bool = True
