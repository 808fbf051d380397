"""What is said of a stack before a deploy."""

import pytest

from operations.stack_states import obstacle

NAME = "llm-on-ecs-prod-inference"
DELETE = f"aws cloudformation delete-stack --stack-name {NAME}"
UNPROTECT = (
    "aws cloudformation update-termination-protection --no-enable-termination-protection "
    f"--stack-name {NAME}"
)


def todo(state: str, *, protected: bool = False, name: str = NAME) -> str | None:
    stack = {
        "StackName": name,
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


@pytest.mark.parametrize("state", ["DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_stack_at_work_is_waited_for(state: str) -> None:
    assert todo(state) == "wait for its end (make status STAGE=prod)"


def test_first_deploy_that_hangs_can_be_ended_though_there_is_nothing_to_go_back_to() -> None:
    assert str(todo("CREATE_IN_PROGRESS")).endswith(f"if it hangs, delete it: {DELETE}")
    assert UNPROTECT in str(todo("CREATE_IN_PROGRESS", protected=True))


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_update_that_can_be_taken_back_says_how(state: str) -> None:
    assert "make rollback STAGE=prod" in str(todo(state))


@pytest.mark.parametrize(
    ("state", "operation"),
    [
        ("UPDATE_IN_PROGRESS", "cancel-update-stack"),
        ("UPDATE_FAILED", "rollback-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_stack_without_the_service_is_taken_back_by_itself(state: str, operation: str) -> None:
    told = str(todo(state, name="llm-on-ecs-prod-delivery"))
    command = f"aws cloudformation {operation} --stack-name llm-on-ecs-prod-delivery"
    assert told.endswith(command)


@pytest.mark.parametrize(
    "state", ["UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED"]
)
def test_stack_that_could_not_go_back_is_never_to_be_deleted(state: str) -> None:
    assert "delete-stack" not in str(todo(state))


@pytest.mark.parametrize("state", ["CREATE_FAILED", "DELETE_FAILED"])
def test_what_is_left_of_a_stack_is_deleted_also_where_it_is_protected(state: str) -> None:
    assert f"delete it: {DELETE}" in str(todo(state))
    assert f"delete it: {UNPROTECT}, and then {DELETE}" in str(todo(state, protected=True))


def test_what_cannot_be_deleted_may_stay() -> None:
    assert "--retain-resources" in str(todo("DELETE_FAILED"))


def test_failed_first_deploy_is_removed_by_the_next_one_unless_it_is_protected() -> None:
    assert todo("ROLLBACK_COMPLETE") is None
    assert "--no-enable-termination-protection" in str(todo("ROLLBACK_COMPLETE", protected=True))
