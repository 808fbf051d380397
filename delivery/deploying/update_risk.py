"""What a deploy would do to those who use the stage, graded as `make diff-risk` grades it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from delivery.assemblies import Assembly
from delivery.risk.deployed import deployed_templates
from delivery.risk.judging import judge_deployed
from delivery.risk.report import failure, lines, way_round
from delivery.risk.verdict import Verdict
from operations.account import CouldNotAsk, NoCredentials
from operations.preflight.finding import Finding, Mark, Subject

AGAIN: Final = (
    "deploy again when AWS answers, with credentials that may call cloudformation:DescribeStacks "
    "and cloudformation:GetTemplate on the stage's stacks"
)


@dataclass(frozen=True, slots=True)
class UpdateGuard:
    """Compares the stacks that would be deployed with what CloudFormation has of them."""

    assembly: Assembly
    stacks: tuple[str, ...]
    """Their ids: of what is not deployed nothing is said."""
    accept: tuple[str, ...] = ()
    """Logical ids of what may be lost, beside those that the repository accepts."""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Nothing that cannot be had again is replaced or destroyed, unless that is accepted."""
        names = {stack: self.assembly.stack_names[stack] for stack in self.stacks}
        try:
            deployed = deployed_templates(names, subject.account)
        except CouldNotAsk as error:
            yield _unknown(error)
            return
        if not deployed:
            yield Finding(Mark.OK, "nothing is deployed yet")
            return
        stage = subject.stage.settings.name
        verdict = self._of_these(judge_deployed(stage, deployed, self.assembly, self.accept))
        counts, *rows = lines(verdict)
        yield Finding(Mark.NOTE if rows else Mark.OK, counts, details=tuple(rows))
        for risk in verdict.failures:
            todo = f"if that is meant, {way_round(risk, stage=stage)}"
            yield Finding(Mark.FAILED, failure(risk), todo)

    def _of_these(self, verdict: Verdict) -> Verdict:
        """Without what the repository accepts of other stacks: whether it happens is not known."""
        mine = tuple(risk for risk in verdict.risks if risk.stack in self.stacks)
        verdict = replace(verdict, risks=mine)
        untold = set(verdict.unused) - set(self.accept)
        accepted = {key: why for key, why in verdict.accepted.items() if key not in untold}
        return replace(verdict, accepted=accepted)


def _unknown(error: CouldNotAsk) -> Finding:
    todo = error.todo if isinstance(error, NoCredentials) else AGAIN
    return Finding(Mark.UNKNOWN, f"what it would lose is not known: {error}", todo)
