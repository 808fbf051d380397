"""A run that left something out is a fault, and says what."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.properties.lint import EXPECTED_WARNINGS
from tests.properties.refusing import Refused
from tests.properties.rules import Hits, rules
from tests.properties.shares import VALID, Outcome, Share
from tests.properties.space import INNER, OPTIONS, SETTINGS
from tests.properties.summary import ENOUGH, Summary
from tests.properties.trial import Trials


def complete() -> Outcome:
    """A share in which everything was reached."""
    options = {(path, repr(option)) for path, few in OPTIONS.items() for option in few}
    trials = Trials(
        settings=Counter((SETTINGS | INNER).keys()),
        options=Counter(options),
        warnings=Counter(EXPECTED_WARNINGS.keys()),
    )
    hits = Hits({(rule.file, rule.first_line) for rule in rules()})
    return Outcome(Share(VALID, ENOUGH, 1), trials=trials, refused=Refused(hits=hits))


def summary_of(outcome: Outcome, *, examples: int = ENOUGH) -> Summary:
    summary = Summary(examples)
    summary.add(outcome)
    return summary


def test_run_that_reached_everything_is_right() -> None:
    assert not summary_of(complete()).is_wrong


@pytest.mark.parametrize("tally", ["settings", "options", "warnings"])
def test_run_that_missed_something_is_wrong_and_names_it(tally: str) -> None:
    outcome = complete()
    counted = getattr(outcome.trials, tally)
    (missed, _), *_ = counted.most_common()
    del counted[missed]
    summary = summary_of(outcome)
    assert summary.is_wrong
    assert (missed if isinstance(missed, str) else missed[0]) in summary.told()


def test_rule_that_refused_nothing_makes_a_run_wrong() -> None:
    outcome = complete()
    rule = rules()[0]
    outcome.refused.hits.lines.discard((rule.file, rule.first_line))
    summary = summary_of(outcome)
    assert summary.is_wrong
    assert f"No stage broke the rule at {rule}" in summary.told()


def test_short_run_has_to_reach_nothing_but_may_find_something() -> None:
    share = Share(VALID, 1, 1)
    assert not summary_of(Outcome(share), examples=1).is_wrong
    assert summary_of(Outcome(share, found="a stage"), examples=1).is_wrong


def test_rules_are_found_in_the_source() -> None:
    assert len(rules()) > 50
