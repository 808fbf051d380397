"""What is said of a stack before a deploy."""

import pytest

from operations.stack_states import obstacle


def todo(state: str, *, protected: bool = False) -> str | None:
    stack = {
        "StackName": "llm-on-ecs-prod-inference",
        "StackStatus": state,
        "EnableTerminationProtection": protected,
    }
    return obstacle(stack, stage="prod")


@pytest.mark.parametrize(
    "state",
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"],
)
def test_stack_that_takes_a_deploy_needs_nothing(state: str) -> None:
    assert todo(state) is None


@pytest.mark.parametrize("state", ["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_stack_at_work_is_waited_for(state: str) -> None:
    assert todo(state) == "wait for its end"


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_update_that_can_be_taken_back_says_how(state: str) -> None:
    assert "make rollback STAGE=prod" in str(todo(state))


def test_stack_that_could_not_go_back_is_never_to_be_deleted() -> None:
    assert "delete" not in str(todo("UPDATE_ROLLBACK_FAILED"))


def test_failed_first_deploy_is_removed_by_the_next_one_unless_it_is_protected() -> None:
    assert todo("ROLLBACK_COMPLETE") is None
    assert "--no-enable-termination-protection" in str(todo("ROLLBACK_COMPLETE", protected=True))
