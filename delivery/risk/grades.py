"""How bad a change is, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """What an update does to one resource, the worst first.

    `refused`: CloudFormation stops the update and rolls it back. `harmless` is only what is known
    to be: a type or a property that no table names interrupts.
    """

    REFUSED = "refused"
    DESTROYS = "destroys"
    REPLACES = "replaces"
    INTERRUPTS = "interrupts"
    HARMLESS = "harmless"

    def __lt__(self, other: str) -> bool:
        """Worse than; for sorting."""
        order = list(Grade)
        return order.index(self) < order.index(Grade(other))


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that the update does to a resource. `source`: where that is said."""

    grade: Grade
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Risk:
    """One resource, or one export, of one stack, by its worst reason first.

    `loss` is what would be lost for good, in words; where there is any, the update has to be
    accepted by its `key`, the logical id or the export's name.
    """

    stack: str
    key: str
    name: str
    kind: str
    reasons: tuple[Reason, ...]
    loss: str = ""

    @property
    def grade(self) -> Grade:
        """That of the worst reason."""
        return min(reason.grade for reason in self.reasons)

    @property
    def told(self) -> str:
        """The worst reasons, and what is lost where they do not say that already."""
        worst = "; ".join(reason.text for reason in self.reasons if reason.grade is self.grade)
        return worst if self.loss in worst else f"{worst}. {self.loss}"

    @property
    def fails(self) -> bool:
        """Whether somebody has to accept it, or nobody can deploy it."""
        return bool(self.loss) or self.grade is Grade.REFUSED
