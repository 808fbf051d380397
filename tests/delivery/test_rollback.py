"""Which way back a stage takes, by the states of all of its stacks, and who may take it."""

import json
from pathlib import Path
from typing import Any

import pytest

from delivery import deploy, outputs, rollback, taking_back
from delivery.assemblies import Tree
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.outcome import Outcome
from delivery.deploying.proving import Proof
from delivery.deploying.ways_back import WAYS
from delivery.endpoint import Endpoint
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk
from tests.delivery.deploying.account import denied, refusal
from tests.delivery.formation import INFERENCE, NAMES, Formation
from tests.delivery.ways import OPERATIONS, Ways, account, template

REGISTRY = NAMES["Registry"]


def test_stage_at_rest_goes_a_revision_back(ways: Ways, formation: Formation) -> None:
    outcome, _ = ways.back(account(formation))
    assert outcome is Outcome.DONE
    (plan,) = ways.carried_out
    assert (plan.stacks, plan.done) == (("Inference",), "runs what revision 1 was")


@pytest.mark.parametrize(
    ("stack", "state"),
    [*((INFERENCE, state) for state in WAYS), (REGISTRY, "UPDATE_IN_PROGRESS")],
)
def test_update_that_is_not_done_with_is_taken_back_and_the_revision_is_left(
    ways: Ways, formation: Formation, stack: str, state: str
) -> None:
    formation.becomes(stack, state)
    asked = account(formation)
    outcome, told = ways.back(asked)
    assert outcome is Outcome.DONE
    assert [name for name in asked.asked if name in OPERATIONS] == [WAYS[state].operation]
    assert all(text.startswith(f"{stack} is {state}: ") for text in told.texts[:1])
    assert ways.carried_out == []
    rest = ", ".join(name for name in NAMES.values() if name != stack)
    assert ways.proved == [
        f"taken back to what was before: {stack}; left with what a deploy may have finished there: "
        f"{rest}"
    ]


def test_nothing_is_synthesised_to_cancel(
    ways: Ways, formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS")

    def synthesise(*_: object, **__: object) -> None:
        raise AssertionError("the working tree is of no interest")

    monkeypatch.setattr(Tree, "synthesise", synthesise)
    monkeypatch.setattr(ways, "synthesises", True)
    outcome, _ = ways.back(account(formation))
    assert outcome is Outcome.DONE


def test_revision_is_not_chosen_while_something_is_in_progress(
    ways: Ways, formation: Formation
) -> None:
    formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS")
    with pytest.raises(DeliveryError, match=f"got '41', but {INFERENCE} is UPDATE_IN_PROGRESS"):
        ways.back(account(formation), to="41")


def test_stage_that_is_not_deployed_has_no_way_back(ways: Ways) -> None:
    formation = Formation("llm-on-ecs-dev-two-inference")  # another stage's
    with pytest.raises(DeliveryError, match="which is not deployed"):
        ways.back(account(formation))


def test_stage_without_a_service_has_no_revision_to_go_back_to(ways: Ways) -> None:
    with pytest.raises(DeliveryError, match="has no service"):
        ways.back(account(Formation(REGISTRY)))


@pytest.mark.parametrize(
    ("state", "todo"),
    [
        ("ROLLBACK_COMPLETE", "nothing ran before its first deploy"),
        ("ROLLBACK_FAILED", "nothing ran before its first deploy"),
        ("DELETE_FAILED", "what could not be deleted"),
        ("IMPORT_ROLLBACK_FAILED", "which resource stands in the way"),
    ],
)
def test_stack_that_takes_no_update_is_not_given_one(
    ways: Ways, formation: Formation, state: str, todo: str
) -> None:
    formation.becomes(INFERENCE, state)
    with pytest.raises(DeliveryError, match=f"{INFERENCE} is {state}; .*{todo}"):
        ways.back(account(formation))
    assert ways.carried_out == []


@pytest.mark.parametrize(
    ("state", "todo"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("UPDATE_FAILED", "rollback-stack"),
        ("DELETE_FAILED", "delete-stack"),
    ],
)
@pytest.mark.parametrize("to", ["", "1"])
def test_another_stack_that_is_stuck_is_told_and_keeps_the_service_from_no_way_back(
    ways: Ways, formation: Formation, state: str, todo: str, to: str
) -> None:
    formation.becomes(REGISTRY, state)
    asked = account(formation)
    outcome, told = ways.back(asked, to=to)
    assert (outcome, len(ways.carried_out)) == (Outcome.DONE, 1)
    assert not set(OPERATIONS) & set(asked.asked)
    assert told.texts[0].startswith(f"{REGISTRY} is {state}, and is left as it is: ")
    assert todo in told.texts[0]


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_stack_that_a_person_deploys_is_that_persons(
    ways: Ways, formation: Formation, state: str
) -> None:
    formation.becomes("llm-on-ecs-dev-delivery", state)
    asked = account(formation)
    outcome, told = ways.back(asked)
    assert (outcome, len(ways.carried_out)) == (Outcome.DONE, 1)
    assert not set(OPERATIONS) & set(asked.asked)
    assert not any("delivery" in text for text in told.texts)


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ({"Account": "999999999999", "Arn": "arn:role/eve"}, "999999999999"),
        (CouldNotAsk("sts did not answer"), "sts did not answer"),
        (refusal("ExpiredToken"), r"have expired .*; sign in again"),
    ],
    ids=["another", "not known", "expired"],
)
@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
def test_nothing_is_taken_back_in_an_account_that_may_not_be_meant(
    ways: Ways, formation: Formation, state: str, identity: Any, told: str
) -> None:
    formation.becomes(INFERENCE, state)
    asked = account(formation, GetCallerIdentity=identity)
    with pytest.raises(DeliveryError, match=told):
        ways.back(asked, pinned="123456789012")
    assert set(asked.asked) == {"GetCallerIdentity"}


def test_credentials_that_end_meanwhile_have_a_remedy(ways: Ways, formation: Formation) -> None:
    formation.silence = refusal("ExpiredToken")
    with pytest.raises(DeliveryError, match=r"rollback: .* expired .*; sign in again"):
        ways.back(account(formation))


def test_stack_itself_says_where_the_endpoint_is_that_the_smoke_test_asks(
    ways: Ways, formation: Formation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the last deploy from here was told is of another account, or out of date."""
    proved: list[str] = []

    def prove(endpoint: Endpoint, *_: object, **__: object) -> Proof:
        proved.append(endpoint.url)
        return Proof.COMPLETE

    output = {"OutputKey": "Url", "OutputValue": "https://example.org"}
    formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS", Outputs=[output])
    monkeypatch.setattr(outputs, "OUT", tmp_path)
    file = outputs.outputs_file("dev")
    file.parent.mkdir()
    file.write_text(json.dumps({INFERENCE: {"Url": "https://old.example.org"}}))
    monkeypatch.setattr(deploy, "prove", prove)
    monkeypatch.setattr(taking_back, "prove_it", deploy.prove_it)
    outcome, told = ways.back(account(formation))
    assert (outcome, proved) == (Outcome.DONE, ["https://example.org"])
    assert told.news[-1].facts["url"] == "https://example.org"


def test_what_is_deployed_is_looked_at_by_readable_names(
    formation: Formation, tmp_path: Path
) -> None:
    stage = DeployedStage(account(formation), "dev")
    made = rollback.as_deployed(stage, [INFERENCE], tmp_path / "deployed")
    assert made.stack_names == {INFERENCE: INFERENCE}
    assert made.templates == {INFERENCE: template()}


def test_template_that_may_not_be_read_stops_no_way_back(ways: Ways, formation: Formation) -> None:
    formation.becomes(INFERENCE, "UPDATE_IN_PROGRESS")
    outcome, _ = ways.back(account(formation, GetTemplate=denied("cloudformation:GetTemplate")))
    assert outcome is Outcome.DONE
