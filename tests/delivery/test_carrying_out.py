"""From the command line's start to the result: what is told of AWS is what AWS was asked."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from delivery import deploy
from delivery.deploy import Plan, Wish
from delivery.deploying import command_line
from delivery.deploying.ending import Interrupted
from delivery.deploying.news import BEGIN, RESULT, Level
from delivery.deploying.outcome import Outcome
from delivery.deploying.proving import Proof
from delivery.deploying.watch import Overdue
from operations.account import CouldNotAsk, NoAnswer, NoCredentials
from tests.delivery.deploying.account import Listener
from tests.delivery.formation import INFERENCE, NAMES, RUN, Cdk, Formation

Deploy = Callable[..., tuple[Outcome, Listener]]


@pytest.fixture
def carry_out(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> Deploy:
    """Carries the plan out with this command line."""

    def run(cdk: Cdk, what: Plan = plan) -> tuple[Outcome, Listener]:
        monkeypatch.setattr(command_line, "run", cdk)
        told = Listener()
        outcome = deploy.carry_out(what, told)
        assert [news.kind for news in told.news].count(RESULT) == 1
        assert told.news[-1].facts["exit_status"] == outcome.status
        return outcome, told

    return run


def standing(told: Listener) -> list[str]:
    return [news.text for news in told.news if news.kind == "standing"]


def ends(error: BaseException | type[BaseException]) -> Callable[[], None]:
    def end() -> None:
        raise error

    return end


@pytest.mark.parametrize("proof", list(Proof))
def test_good_deploy_ends_with_what_the_smoke_test_showed(
    monkeypatch: pytest.MonkeyPatch, carry_out: Deploy, proof: Proof
) -> None:
    monkeypatch.setattr(deploy, "prove", lambda *_, **__: proof)
    outcome, told = carry_out(Cdk())
    failed = proof is Proof.FAILED
    assert outcome is (Outcome.SMOKE_FAILED if failed else Outcome.DONE)
    assert told.news[-1].facts["smoke"] == str(proof)
    assert (told.news[-1].level is Level.GOOD) == (proof is Proof.COMPLETE)


def test_good_deploy_whose_address_nobody_says_is_a_smoke_test_that_failed(
    carry_out: Deploy, plan: Plan
) -> None:
    outcome, told = carry_out(Cdk(), replace(plan, wish=Wish("dev")))
    assert outcome is Outcome.SMOKE_FAILED
    assert told.news[-1].facts["outcome"] == "smoke test failed"


def test_smoke_test_that_is_interrupted_says_that_the_stage_is_deployed(
    monkeypatch: pytest.MonkeyPatch, carry_out: Deploy
) -> None:
    monkeypatch.setattr(deploy, "prove", lambda *_, **__: ends(KeyboardInterrupt)())
    outcome, told = carry_out(Cdk())
    assert outcome is Outcome.INTERRUPTED
    assert told.texts[-1] == "dev is deployed after 0 s; the smoke test was interrupted"


def test_beginning_says_where_and_by_what_name(carry_out: Deploy) -> None:
    _, told = carry_out(Cdk(1))
    (news,) = [item for item in told.news if item.kind == BEGIN]
    assert news.text == "deploys Registry, Network, Inference, in 123456789012, us-east-1"
    assert news.facts["change_set"] == RUN
    assert news.facts["stacks"] == list(NAMES.values())


def test_failed_deploy_that_touched_nothing_says_so_why_and_what_to_read(carry_out: Deploy) -> None:
    outcome, told = carry_out(Cdk(1))
    assert outcome is Outcome.FAILED
    lines = [line for news in told.news for line in news.lines]
    assert "Failed to build asset Inference/Image" in lines
    assert standing(told) == ["nothing was changed in AWS"]
    assert "docs/runbook.md#a-deploy-fails" in lines


def test_failed_deploy_says_of_each_stack_where_it_stands(
    carry_out: Deploy, formation: Formation
) -> None:
    def fail() -> None:
        formation.becomes(NAMES["Registry"], "UPDATE_COMPLETE", by=RUN)
        formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS", by=RUN)
        formation.happens(INFERENCE, "Service", "UPDATE_FAILED", "circuit breaker")
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_COMPLETE")

    outcome, told = carry_out(Cdk(1, fail))
    assert outcome is Outcome.FAILED
    assert standing(told) == [
        f"{NAMES['Registry']} is UPDATE_COMPLETE",
        f"{NAMES['Network']} is as before (UPDATE_COMPLETE): no changes, or not begun",
        f"{INFERENCE} is UPDATE_ROLLBACK_COMPLETE: CloudFormation took it back to what it was "
        "before",
    ]
    assert f"failed first: Service in {INFERENCE}: circuit breaker" in told.texts


@pytest.mark.parametrize(
    ("state", "todo"),
    [
        ("ROLLBACK_COMPLETE", "what its first deploy had made is removed; deploy again"),
        ("ROLLBACK_FAILED", "says what of its first deploy could not be removed: mend that, and"),
    ],
)
def test_first_deploy_that_failed_says_what_is_left_of_it(
    carry_out: Deploy, formation: Formation, state: str, todo: str
) -> None:
    formation.goes(INFERENCE)
    outcome, told = carry_out(Cdk(1, lambda: formation.becomes(INFERENCE, state, by=RUN)))
    assert outcome is Outcome.FAILED
    assert todo in standing(told)[-1]


def test_protected_first_deploy_that_failed_says_what_the_next_needs(
    carry_out: Deploy, formation: Formation
) -> None:
    formation.goes(INFERENCE)

    def fail() -> None:
        protected = {"EnableTerminationProtection": True}
        formation.becomes(INFERENCE, "ROLLBACK_COMPLETE", by=RUN, **protected)

    _, told = carry_out(Cdk(1, fail))
    assert "--no-enable-termination-protection" in standing(told)[-1]


def test_way_back_is_waited_for_where_the_command_line_ends_before(
    carry_out: Deploy, formation: Formation
) -> None:
    """As with its credentials; also where CloudFormation's events may not be read."""

    def fail() -> None:
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_IN_PROGRESS", by=RUN)
        formation.course = [
            lambda: None,
            lambda: formation.becomes(INFERENCE, "UPDATE_ROLLBACK_COMPLETE"),
        ]

    outcome, told = carry_out(Cdk(1, fail))
    assert outcome is Outcome.FAILED
    assert f"{INFERENCE}: UPDATE_ROLLBACK_COMPLETE" in told.texts
    assert standing(told)[-1].startswith(f"{INFERENCE} is UPDATE_ROLLBACK_COMPLETE")


def test_events_that_may_not_be_read_are_not_taken_for_nothing_changed(
    carry_out: Deploy, formation: Formation, plan: Plan
) -> None:
    refused = CouldNotAsk("needs permission cloudformation:DescribeStackEvents")
    plan.subject.account.answers["DescribeStackEvents"] = refused  # type: ignore[attr-defined]

    def fail() -> None:
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_IN_PROGRESS", by=RUN)
        formation.course = [lambda: formation.becomes(INFERENCE, "UPDATE_ROLLBACK_FAILED")]

    outcome, told = carry_out(Cdk(1, fail))
    assert outcome is Outcome.FAILED
    assert standing(told)[-1].startswith(f"{INFERENCE} is UPDATE_ROLLBACK_FAILED; read which")


def test_credentials_that_end_leave_the_deploy_unseen_and_say_what_to_do(
    carry_out: Deploy, formation: Formation
) -> None:
    def expire() -> None:
        formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS", by=RUN)
        formation.silence = NoCredentials("the sign-in has expired: no token")

    outcome, told = carry_out(Cdk(1, expire))
    assert outcome is Outcome.UNSEEN
    assert any("expired: no token; sign in again" in text for text in told.of(Level.WARNING))
    assert len(standing(told)) == len(NAMES)
    assert all("its state cannot be seen" in text for text in standing(told))
    assert told.texts[-1] == (
        "it failed after 0 s; AWS may go on, which cannot be seen (the sign-in has expired: no "
        "token): make status STAGE=dev"
    )


def test_what_was_before_and_is_not_known_is_never_said_to_be_unchanged(
    carry_out: Deploy, formation: Formation
) -> None:
    formation.silence = CouldNotAsk("cloudformation answered Throttling: slow down")

    def answer_again() -> None:
        formation.silence = None

    outcome, told = carry_out(Cdk(1, answer_again))
    assert outcome is Outcome.FAILED
    assert standing(told) == [f"{name} is UPDATE_COMPLETE" for name in NAMES.values()]


@pytest.mark.parametrize(
    ("error", "outcome", "why"),
    [
        (Overdue("the rollout of revision 2 has gone on for 100 s"), Outcome.OVERDUE, "the rollou"),
        (KeyboardInterrupt(), Outcome.INTERRUPTED, "interrupted; "),
        (Interrupted("SIGTERM"), Outcome.INTERRUPTED, "interrupted by SIGTERM; "),
    ],
)
def test_watch_that_ends_before_aws_does_says_with_what_aws_goes_on(
    carry_out: Deploy,
    formation: Formation,
    error: BaseException,
    outcome: Outcome,
    why: str,
) -> None:
    def begin() -> None:
        formation.becomes(NAMES["Registry"], "UPDATE_COMPLETE", by=RUN)
        formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS", by=RUN)

    ended, told = carry_out(Cdk(0, begin, ends(error)))
    assert ended is outcome
    assert told.texts[-1].startswith(why)
    assert told.texts[-1].endswith(
        f"; AWS goes on with {INFERENCE}: wait for its end (make status STAGE=dev), or take it "
        "back: make rollback STAGE=dev"
    )
    assert told.news[-1].lines == ("read: docs/runbook.md#a-rollout-hangs",)
    assert f"{NAMES['Registry']} is UPDATE_COMPLETE" in standing(told)
    assert any(text.startswith(f"{NAMES['Network']} is as before") for text in standing(told))


def test_end_before_any_stack_was_begun_offers_no_way_back(carry_out: Deploy) -> None:
    """As while the image is built."""
    outcome, told = carry_out(Cdk(0, ends(KeyboardInterrupt)))
    assert outcome is Outcome.INTERRUPTED
    assert told.texts[-1] == "interrupted; nothing was changed in AWS"
    assert told.news[-1].lines == ()


def test_end_between_two_stacks_says_that_the_rest_is_not_deployed(
    carry_out: Deploy, formation: Formation
) -> None:
    def one() -> None:
        formation.becomes(NAMES["Registry"], "UPDATE_COMPLETE", by=RUN)

    _, told = carry_out(Cdk(0, one, ends(KeyboardInterrupt)))
    assert told.texts[-1].startswith("interrupted; what was begun is done, and the rest is not")


def test_end_in_silence_asks_once_and_says_that_aws_may_go_on(
    carry_out: Deploy, formation: Formation, plan: Plan
) -> None:
    def fall_silent() -> None:
        formation.silence = NoAnswer("cloudformation did not answer")

    asked: list[str] = plan.subject.account.asked  # type: ignore[attr-defined]
    cdk = Cdk(0, fall_silent, asked.clear, ends(KeyboardInterrupt), watched=False)
    outcome, told = carry_out(cdk)
    assert outcome is Outcome.INTERRUPTED
    assert asked == ["DescribeStacks"]
    assert "AWS may go on, which cannot be seen" in told.texts[-1]


def test_failure_of_another_deploy_is_not_told_as_ours(
    carry_out: Deploy, formation: Formation
) -> None:
    def lose() -> None:
        formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS", by="deploy-dev-of-another")
        formation.happens(INFERENCE, "Service", "UPDATE_FAILED", "circuit breaker")

    outcome, told = carry_out(Cdk(1, lose))
    assert outcome is Outcome.FAILED
    assert f"{INFERENCE}: UPDATE_IN_PROGRESS, by another deploy" in told.texts
    assert not any(text.startswith("failed first") for text in told.texts)
    assert "the CDK's command line said:" in told.texts
    last = standing(told)[-1]
    assert last.startswith(f"{INFERENCE} is UPDATE_IN_PROGRESS by another deploy; this one changed")


def test_update_of_ours_that_somebody_cancels_is_still_ours(
    carry_out: Deploy, formation: Formation
) -> None:
    def begin() -> None:
        formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS", by=RUN)

    def cancel() -> None:
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_IN_PROGRESS")
        formation.happens(INFERENCE, "Service", "UPDATE_FAILED", "cancelled by ann")
        formation.becomes(INFERENCE, "UPDATE_ROLLBACK_COMPLETE")

    _, told = carry_out(Cdk(1, begin, cancel))
    assert f"failed first: Service in {INFERENCE}: cancelled by ann" in told.texts
