"""CloudFormation's way back, from each state to each end; nothing before somebody has agreed."""

from collections.abc import Callable
from typing import Any

import pytest

from delivery import taking_back
from delivery.deploying.news import BEGIN
from delivery.deploying.outcome import Outcome
from delivery.deploying.watch import Overdue, Watch
from delivery.deploying.ways_back import WAYS
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk, NoCredentials
from tests.delivery.deploying.account import FakeAccount, denied, refusal
from tests.delivery.formation import INFERENCE, NAMES, Formation
from tests.delivery.ways import OPERATIONS, Ways, account, goes_back

NETWORK = NAMES["Network"]
IN_PROGRESS = "UPDATE_IN_PROGRESS"


def asked_for(account: FakeAccount) -> list[str]:
    return [name for name in account.asked if name in OPERATIONS]


def in_turn(formation: Formation, operation: str, *states: str) -> FakeAccount:
    """An account in which each look at the service's stack after the operation shows the next."""
    asked, left = account(formation, **{operation: {}}), list(states)
    describe = asked.answers["DescribeStacks"]

    def look(**parameters: Any) -> Any:
        if asked_for(asked) and parameters.get("StackName") == INFERENCE and left:
            formation.becomes(INFERENCE, left.pop(0))
        return describe(**parameters)

    asked.answers["DescribeStacks"] = look
    return asked


@pytest.mark.parametrize("state", list(WAYS))
def test_nothing_is_done_before_somebody_agrees(
    ways: Ways, formation: Formation, state: str
) -> None:
    formation.becomes(INFERENCE, state)
    asked, ways.agrees = account(formation), False
    outcome, told = ways.back(asked)
    assert outcome is Outcome.REFUSED
    assert asked_for(asked) == []
    assert BEGIN not in {news.kind for news in told.news}
    assert told.texts[-1] == "nothing was changed"


def test_beginning_says_what_is_asked_of_whom_and_names_no_log_of_the_cdk(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(INFERENCE, IN_PROGRESS)
    _, told = ways.back(account(formation))
    (begin,) = (news for news in told.news if news.kind == BEGIN)
    assert begin.text.startswith(f"asks CloudFormation for CancelUpdateStack of {INFERENCE}, in 1")
    assert (begin.facts["log"], begin.lines) == (None, ())


def test_two_stacks_are_taken_back_together(ways: Ways, formation: Formation) -> None:
    formation.becomes(NETWORK, IN_PROGRESS)
    formation.becomes(INFERENCE, "UPDATE_ROLLBACK_FAILED")
    asked = account(formation)
    outcome, _ = ways.back(asked)
    assert outcome is Outcome.DONE
    assert asked_for(asked) == ["CancelUpdateStack", "ContinueUpdateRollback"]


@pytest.mark.parametrize(
    "state", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"]
)
def test_stack_on_its_way_back_is_watched_to_its_end_and_nobody_is_asked(
    ways: Ways, formation: Formation, state: str
) -> None:
    formation.becomes(INFERENCE, state)
    ways.agrees = False

    def services(**_: Any) -> dict[str, Any]:
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_COMPLETE")
        return {"services": []}

    asked = account(formation, DescribeServices=services)
    outcome, told = ways.back(asked)
    assert (outcome, len(ways.proved), asked_for(asked)) == (Outcome.DONE, 1, [])
    assert told.texts[0] == f"{INFERENCE} is {state}: it is watched to its end"


# Ends at which nothing has gone back.


def test_update_that_has_finished_but_for_its_cleanup_goes_a_revision_back(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(INFERENCE, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    asked = account(formation)
    before = asked.answers["DescribeServices"]

    def services(**_: Any) -> Any:
        formation.becomes(INFERENCE, "UPDATE_COMPLETE")
        return before

    asked.answers["DescribeServices"] = services
    outcome, told = ways.back(asked)
    assert (outcome, ways.proved, len(ways.carried_out)) == (Outcome.DONE, [], 1)
    assert f"{INFERENCE} is UPDATE_COMPLETE: its update had gone through" in told.texts


@pytest.mark.parametrize("answer", [{}, refusal("ValidationError")], ids=["taken", "refused"])
def test_update_that_wins_the_race_is_taken_a_revision_back(
    ways: Ways, formation: Formation, answer: Any
) -> None:
    formation.becomes(INFERENCE, IN_PROGRESS)

    def cancel(**_: Any) -> Any:
        formation.becomes(INFERENCE, "UPDATE_COMPLETE")
        return answer

    outcome, _ = ways.back(account(formation, CancelUpdateStack=cancel))
    assert (outcome, ways.proved, len(ways.carried_out)) == (Outcome.DONE, [], 1)


def test_update_of_another_stack_that_wins_the_race_is_a_failure(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(NETWORK, IN_PROGRESS)

    def cancel(**_: Any) -> dict[str, Any]:
        formation.becomes(NETWORK, "UPDATE_COMPLETE")
        return {}

    outcome, told = ways.back(account(formation, CancelUpdateStack=cancel))
    assert (outcome, ways.proved, ways.carried_out) == (Outcome.FAILED, [], [])
    assert told.texts[-1].startswith(f"{NETWORK}: what was in progress has gone through")


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ("CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"),
        (IN_PROGRESS, "UPDATE_ROLLBACK_FAILED"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
        ("ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"),
        ("DELETE_IN_PROGRESS", "DELETE_FAILED"),
    ],
)
def test_whatever_else_it_ends_with_is_a_failure_with_what_to_read(
    ways: Ways, formation: Formation, state: str, end: str
) -> None:
    formation.becomes(INFERENCE, state)

    def services(**_: Any) -> dict[str, Any]:
        formation.becomes(INFERENCE, end)
        return {"services": []}

    asked = account(formation, DescribeServices=services, CancelUpdateStack={})
    outcome, told = ways.back(asked)
    assert (outcome, ways.proved, ways.carried_out) == (Outcome.FAILED, [], [])
    assert told.texts[-1] == f"{INFERENCE} is {end}"
    assert told.news[-1].lines == ("read docs/runbook.md#a-deploy-fails",)


def test_stack_that_is_deleted_meanwhile_is_a_failure(ways: Ways, formation: Formation) -> None:
    formation.becomes(NETWORK, "DELETE_IN_PROGRESS")
    asked = account(formation)

    def services(**_: Any) -> dict[str, Any]:
        if NETWORK in busy(asked):
            formation.goes(NETWORK)
        return {"services": []}

    asked.answers["DescribeServices"] = services
    outcome, told = ways.back(asked)
    assert (outcome, told.texts[-1]) == (Outcome.FAILED, f"{NETWORK} is gone")


def test_first_deploy_that_finishes_has_nothing_before_it(ways: Ways, formation: Formation) -> None:
    formation.becomes(INFERENCE, "CREATE_IN_PROGRESS")
    asked = account(formation, ListServiceDeployments={"serviceDeployments": []})
    before = asked.answers["DescribeServices"]

    def services(**_: Any) -> Any:
        formation.becomes(INFERENCE, "CREATE_COMPLETE")
        return before

    asked.answers |= {"DescribeServices": services, "DescribeServiceRevisions": {}}
    with pytest.raises(DeliveryError, match="no other revision that has run"):
        ways.back(asked)


def test_reason_of_a_failed_way_back_is_told(
    ways: Ways, formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_back, "BEGINS_SECONDS", 0)
    formation.becomes(INFERENCE, "UPDATE_ROLLBACK_FAILED")

    def go_on(**_: Any) -> dict[str, Any]:
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_IN_PROGRESS")
        formation.happens(INFERENCE, "Listener", "UPDATE_FAILED", "it was deleted by hand")
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_FAILED", StatusReason="again")
        return {}

    asked = account(formation, ContinueUpdateRollback=go_on)
    outcome, told = ways.back(asked)
    assert outcome is Outcome.FAILED
    assert f"Listener in {INFERENCE}: UPDATE_FAILED: it was deleted by hand" in told.texts


# While it goes on.


def test_state_of_before_is_not_taken_for_the_end(ways: Ways, formation: Formation) -> None:
    failed, back = "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE"
    formation.becomes(INFERENCE, failed)
    looks = (failed, failed, "UPDATE_ROLLBACK_IN_PROGRESS", back)
    outcome, _ = ways.back(in_turn(formation, "ContinueUpdateRollback", *looks))
    assert (outcome, len(ways.proved)) == (Outcome.DONE, 1)


def test_next_stack_of_a_deploy_that_goes_on_elsewhere_is_cancelled_too(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(NETWORK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    asked = account(formation)
    before = asked.answers["DescribeServices"]

    def services(**_: Any) -> Any:
        if NETWORK in busy(asked):
            formation.becomes(NETWORK, "UPDATE_COMPLETE")
            formation.becomes(INFERENCE, IN_PROGRESS)
        return before

    asked.answers["DescribeServices"] = services
    outcome, told = ways.back(asked)
    assert asked_for(asked) == ["CancelUpdateStack"]
    assert outcome is Outcome.FAILED
    assert told.texts[-1].startswith(f"{NETWORK}: what was in progress has gone through")


def goes_on_to_the_service(formation: Formation) -> FakeAccount:
    """A deploy elsewhere, which comes to it while the network is taken back, and finishes it."""

    def cancel(**_: Any) -> dict[str, Any]:
        formation.becomes(NETWORK, "UPDATE_ROLLBACK_IN_PROGRESS")
        return {}

    asked = account(formation, CancelUpdateStack=cancel)
    before = asked.answers["DescribeServices"]
    steps: list[Callable[[], object]] = [
        lambda: formation.becomes(INFERENCE, IN_PROGRESS, by="another"),
        lambda: goes_back(formation, NETWORK),
        lambda: formation.happens(INFERENCE, "Listener", "UPDATE_FAILED", "no such certificate"),
        lambda: formation.becomes(INFERENCE, "UPDATE_COMPLETE"),
    ]

    def services(**_: Any) -> Any:
        if asked_for(asked) and steps:
            steps.pop(0)()
        return before

    asked.answers["DescribeServices"] = services
    return asked


def test_no_to_the_next_stack_leaves_the_first_one_watched_and_is_no_refusal(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(NETWORK, IN_PROGRESS)
    asked, ways.answers, ways.agrees = goes_on_to_the_service(formation), [True], False
    outcome, told = ways.back(asked)
    assert (outcome, asked_for(asked)) == (Outcome.FAILED, ["CancelUpdateStack"])
    assert "nothing more is begun; what was is watched to its end" in told.texts
    standing = [news.facts["stack"] for news in told.news if news.kind == "standing"]
    assert standing == list(NAMES.values())


def test_whose_update_it_was_is_of_no_matter(ways: Ways, formation: Formation) -> None:
    formation.becomes(NETWORK, IN_PROGRESS)
    asked, ways.answers, ways.agrees = goes_on_to_the_service(formation), [True], False
    _, told = ways.back(asked)
    assert not any("by another deploy" in text for text in told.texts)
    assert f"Listener in {INFERENCE}: UPDATE_FAILED: no such certificate" in told.texts


def test_no_to_an_earlier_revision_is_a_refusal_only_where_nothing_was_cancelled(
    ways: Ways, formation: Formation
) -> None:
    def cancel(**_: Any) -> dict[str, Any]:
        formation.becomes(INFERENCE, "UPDATE_COMPLETE")
        return {}

    formation.becomes(INFERENCE, IN_PROGRESS)
    ways.answers, ways.agrees = [True], False
    outcome, told = ways.back(account(formation, CancelUpdateStack=cancel))
    assert (outcome, ways.carried_out) == (Outcome.FAILED, [])
    assert told.texts[-1].endswith("nothing more was begun")
    outcome, told = ways.back(account(formation))
    assert (outcome, told.texts[-1]) == (Outcome.REFUSED, "nothing was changed")


def test_stack_that_may_not_be_cancelled_leaves_the_other_one_watched(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(NETWORK, IN_PROGRESS)
    formation.becomes(INFERENCE, IN_PROGRESS)

    def cancel(StackName: str) -> Any:
        if StackName == INFERENCE:
            return denied("cloudformation:CancelUpdateStack")
        formation.becomes(INFERENCE, "UPDATE_COMPLETE")
        return goes_back(formation, StackName)

    ways.answers, ways.agrees = [True], False
    outcome, told = ways.back(account(formation, CancelUpdateStack=cancel))
    assert outcome is Outcome.FAILED
    assert any(text.startswith(f"{INFERENCE} is not taken back: needs") for text in told.texts)
    assert f"{NETWORK}: UPDATE_ROLLBACK_COMPLETE" in [text.split(";")[0] for text in told.texts]


def test_every_update_that_had_gone_through_is_told_though_the_service_goes_on(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(NETWORK, IN_PROGRESS)
    formation.becomes(INFERENCE, IN_PROGRESS)

    def cancel(StackName: str) -> dict[str, Any]:
        formation.becomes(StackName, "UPDATE_COMPLETE")
        return {}

    outcome, told = ways.back(account(formation, CancelUpdateStack=cancel))
    assert (outcome, len(ways.carried_out)) == (Outcome.DONE, 1)
    for stack in (NETWORK, INFERENCE):
        assert f"{stack} is UPDATE_COMPLETE: its update had gone through" in told.texts


def busy(account: FakeAccount) -> list[str]:
    stacks = account.answers["DescribeStacks"]()
    return [item["StackName"] for item in stacks if "IN_PROGRESS" in item["StackStatus"]]


@pytest.mark.parametrize("error", [CouldNotAsk("it was throttled"), refusal("Throttling")])
def test_question_that_fails_once_ends_nothing(
    ways: Ways, formation: Formation, error: Exception
) -> None:
    formation.becomes(INFERENCE, IN_PROGRESS)
    asked = account(formation)
    describe, left = asked.answers["DescribeStacks"], [error, error]

    def flaky(**parameters: Any) -> Any:
        if asked_for(asked) and left:
            raise left.pop()
        return describe(**parameters)

    asked.answers["DescribeStacks"] = flaky
    outcome, _ = ways.back(asked)
    assert (outcome, len(ways.proved)) == (Outcome.DONE, 1)


def silent(formation: Formation, error: Exception) -> FakeAccount:
    """An account that says nothing of its stacks once one is being taken back."""
    formation.becomes(INFERENCE, IN_PROGRESS)

    def cancel(**_: Any) -> dict[str, Any]:
        formation.silence = error
        return {}

    return account(formation, CancelUpdateStack=cancel)


@pytest.mark.parametrize("error", [NoCredentials("they expired"), denied("DescribeStacks")])
def test_what_cannot_be_seen_any_more_goes_on_in_aws(
    ways: Ways, formation: Formation, error: CouldNotAsk
) -> None:
    outcome, told = ways.back(silent(formation, error))
    assert outcome is Outcome.UNSEEN
    assert told.texts[-1].startswith("it is watched no more; AWS may go on, which cannot be seen")
    assert "make status STAGE=dev" in told.texts[-1]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(Overdue("too long"), Outcome.OVERDUE), (KeyboardInterrupt(), Outcome.INTERRUPTED)],
)
@pytest.mark.parametrize(
    ("state", "then"),
    [
        (IN_PROGRESS, "UPDATE_ROLLBACK_IN_PROGRESS"),
        (IN_PROGRESS, IN_PROGRESS),
        ("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"),
    ],
    ids=["begun", "cancelled just now", "continued just now", "on its way before"],
)
def test_watch_that_ends_before_aws_does_says_that_aws_goes_on(
    ways: Ways,
    formation: Formation,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    outcome: Outcome,
    state: str,
    then: str,
) -> None:
    formation.becomes(INFERENCE, state)

    def begin(**_: Any) -> dict[str, Any]:
        formation.becomes(INFERENCE, then)
        return {}

    def poll(_: Watch) -> None:
        raise error

    monkeypatch.setattr(Watch, "poll", poll)
    asked = account(formation, CancelUpdateStack=begin, ContinueUpdateRollback=begin)
    found, told = ways.back(asked)
    assert found is outcome
    assert f"AWS goes on with {INFERENCE}" in told.texts[-1]
    assert "nothing was changed in AWS" not in " ".join(told.texts)


def test_operation_that_is_refused_is_said_with_the_permission(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(INFERENCE, IN_PROGRESS)
    no = denied("cloudformation:CancelUpdateStack")
    with pytest.raises(DeliveryError, match="rollback: needs permission cloudformation:Cancel"):
        ways.back(account(formation, CancelUpdateStack=no))
