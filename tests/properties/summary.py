"""Adds the shares up, and says what was run, what was found and what no stage reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.properties.lint import EXPECTED_WARNINGS
from tests.properties.rules import Hits, rules
from tests.properties.shares import VALID, Outcome
from tests.properties.space import INNER, OPTIONS, SETTINGS
from tests.properties.stages import Yield
from tests.properties.trial import Trials

# From so many on, what no stage reached is a fault: of the list, the strategies or the rule.
ENOUGH: Final = 200


class Summary:
    """Of all shares that are done."""

    def __init__(self, examples: int) -> None:
        self._examples = examples
        self._outcomes: list[Outcome] = []
        self._hits = Hits()

    def add(self, outcome: Outcome) -> None:
        """One more share."""
        self._outcomes.append(outcome)
        self._hits.lines |= outcome.refused.hits.lines

    @property
    def is_wrong(self) -> bool:
        """Whether a stage failed, or something was not reached that should have been."""
        missed = any(self._missed()) and self._examples >= ENOUGH
        return missed or any(outcome.found for outcome in self._outcomes)

    def progress(self, shares: int) -> str:
        """One line while it runs, with what the last share found."""
        last = self._outcomes[-1]
        found = f"\n{last.found}" if last.found else ""
        share = last.share
        return (
            f"{len(self._outcomes)} of {shares} shares: {share.examples} {share.kind}, "
            f"seed {share.seed}{', FAILED' if found else ''}{found}"
        )

    def told(self) -> str:
        """All that there is to say in the end."""
        return "\n".join([self._of_valid(), *self._of_broken(), *self._missed(), self._verdict()])

    def _of_valid(self) -> str:
        drawn, trials = Yield(), Trials()
        for outcome in self._outcomes:
            drawn.add(outcome.drawn)
            trials.add(outcome.trials)
        resources = f"{trials.resources.total()} resources of {len(trials.resources)} types"
        return (
            f"Valid: {drawn}\n"
            f"  {trials.synthesised} synthesised, {trials.linted} linted, {trials.deployed} "
            f"deployed ({trials.stacks} stacks, {resources}), {trials.deleted} deleted again"
        )

    def _of_broken(self) -> Iterator[str]:
        kinds = sorted({outcome.share.kind for outcome in self._outcomes} - {VALID})
        for kind in kinds:
            tallies = [outcome.refused for outcome in self._outcomes if outcome.share.kind == kind]
            yield (
                f"{kind.capitalize()}: {sum(tally.stages for tally in tallies)} refused in "
                f"{sum(tally.lines for tally in tallies)} lines, "
                f"{sum(tally.still_valid for tally in tallies)} still valid; "
                f"{sum(tally.proposals for tally in tallies)} proposals followed, "
                f"{sum(tally.good_at_once for tally in tallies)} good at once"
            )
        reached = [rule for rule in rules() if self._hits.hit(rule)]
        yield f"Rules: {len(reached)} of {len(rules())} refused something"

    def _missed(self) -> Iterator[str]:
        for rule in rules():
            if not self._hits.hit(rule):
                yield f"No stage broke the rule at {rule}"
        trials = Trials()
        for outcome in self._outcomes:
            trials.add(outcome.trials)
        if unset := sorted((SETTINGS | INNER).keys() - trials.settings.keys()):
            yield f"No valid stage had other than by default: {', '.join(unset)}"
        every = {(path, repr(option)) for path, few in OPTIONS.items() for option in few}
        for path, option in sorted(every - trials.options.keys()):
            yield f"No valid stage had {option} as {path}"
        for cause in sorted(EXPECTED_WARNINGS.keys() - trials.warnings.keys()):
            yield f"cfn-lint never gave the expected warning {' for '.join(cause)}"

    def _verdict(self) -> str:
        failed = sum(outcome.found is not None for outcome in self._outcomes)
        return f"{failed} shares failed." if failed else "Nothing wrong found."
