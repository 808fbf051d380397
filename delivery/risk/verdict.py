"""One stage's update as a whole: all risks of all stacks, and which of them nobody has accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from delivery.assemblies import Assembly
from delivery.risk.canonical import Template, without_hashes
from delivery.risk.exports import refused_exports
from delivery.risk.grades import Grade, Risk
from delivery.risk.grading import grade
from delivery.risk.names import refused_names
from delivery.risk.outputs import removed_outputs


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stage's update does, the worst first.

    `base`: what it is compared with, in words. `dropped`: stacks that are in the app no more, which
    a deploy leaves alone. `accepted`: what may be lost, with the reasons.
    """

    stage: str
    base: str
    risks: tuple[Risk, ...]
    dropped: tuple[str, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> list[Risk]:
        """What stops the update until somebody accepts it."""
        return [risk for risk in self.risks if risk.fails and risk.key not in self.accepted]

    @property
    def unused(self) -> list[str]:
        """What was accepted and does not happen."""
        failing = {risk.key for risk in self.risks if risk.fails}
        return sorted(self.accepted.keys() - failing)

    def counted(self) -> Counter[Grade]:
        """How many of each grade."""
        return Counter(risk.grade for risk in self.risks)


def judge(
    stage: str,
    before: Mapping[str, Template],
    after: Assembly,
    *,
    base: str,
    accepted: Mapping[str, str],
    images_count: bool = True,
) -> Verdict:
    """Compare stack by stack, and the exports and fixed names in the order of the deploy.

    `images_count`: false where `before` does not say which image ran.
    """
    new = after.templates if images_count else without_hashes(after.templates)
    risks = [
        risk
        for stack in after.order
        for graded in (grade, removed_outputs)
        for risk in graded(stack, before.get(stack, {}), new[stack])
    ]
    risks += refused_exports(before, new, after.order)
    risks += refused_names(before, new, after.order)
    return Verdict(
        stage=stage,
        base=base,
        risks=tuple(sorted(risks, key=lambda risk: risk.grade)),
        dropped=tuple(sorted(before.keys() - new.keys())),
        accepted=accepted,
    )
