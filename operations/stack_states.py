"""What the state of a CloudFormation stack means to whoever wants to deploy it."""

from collections.abc import Mapping
from typing import Any, Final

# "Stack status codes".
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
IN_PROGRESS: Final = "_IN_PROGRESS"
# Of a stack that has a change set and nothing else: a deploy goes on from there.
ONLY_REVIEWED: Final = "REVIEW_IN_PROGRESS"
# What is left of a first deploy that failed. The CDK's command line deletes it and begins anew.
FAILED_FIRST: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
# After these the template that was given last is what is deployed.
WENT_THROUGH: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_COMPLETE",
    }
)
# A rollback leaves these usable: what was deployed before is what is deployed.
WENT_BACK: Final = frozenset({"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"})

# Of the name of the stack that has the service.
SERVICE_ENDS: Final = "-inference"

EVENTS: Final = "aws cloudformation describe-stack-events --stack-name"
DELETE: Final = "aws cloudformation delete-stack --stack-name"
UNPROTECT: Final = (
    "aws cloudformation update-termination-protection --no-enable-termination-protection "
    "--stack-name"
)


def is_settled(state: str) -> bool:
    """Whether nothing is under way, or left halfway: its template is the one that is in force."""
    if state in FAILED_FIRST or state == ONLY_REVIEWED:
        return True  # there is none
    return state in WENT_THROUGH or "ROLLBACK_COMPLETE" in state


def is_busy(state: str) -> bool:
    """Whether CloudFormation is at work on it."""
    return state.endswith(IN_PROGRESS) and state != ONLY_REVIEWED


def may_be_updated(state: str) -> bool:
    """Whether CloudFormation takes an update of a stack in this state."""
    return state in WENT_BACK or (state in WENT_THROUGH and not is_busy(state))


def obstacle(stack: Mapping[str, Any], *, stage: str) -> str | None:
    """What to do before a deploy of the described stack can begin; None where it can."""
    name, state = stack["StackName"], str(stack["StackStatus"])
    if is_busy(state):
        return f"wait for its end (make status STAGE={stage}){_way_out(stack, stage)}"
    if state == "UPDATE_ROLLBACK_FAILED":
        return (
            f"read which resource could not go back ({EVENTS} {name}), mend that, and let it go "
            f"on: {_way_back(stack, stage, 'continue-update-rollback')}"
        )
    if state == "UPDATE_FAILED":
        way = _way_back(stack, stage, "rollback-stack")
        return f"it stands between two releases; take it back: {way}"
    if state in FAILED_FIRST and not stack.get("EnableTerminationProtection"):
        return None
    if state in FAILED_FIRST:
        return f"its first deploy failed, and it is protected: {UNPROTECT} {name}, and deploy again"
    if state == "CREATE_FAILED":
        return f"{EVENTS} {name} says what stood in the way; {deletion(stack)}"
    if state == "DELETE_FAILED":
        return (
            f"{EVENTS} {name} says what could not be deleted: mend that, and {deletion(stack)}, "
            "with --retain-resources and its logical id where it is to stay"
        )
    if state.endswith("_FAILED"):
        return (
            f"read which resource stands in the way ({EVENTS} {name}) and mend that; do not delete "
            "the stack: what is in it may serve"
        )
    return None


def deletion(stack: Mapping[str, Any]) -> str:
    """How the described stack is deleted, which one that is protected is not at once."""
    name = stack["StackName"]
    first = f"{UNPROTECT} {name}, and then " if stack.get("EnableTerminationProtection") else ""
    return f"delete it: {first}{DELETE} {name}"


def _way_out(stack: Mapping[str, Any], stage: str) -> str:
    """Of what hangs; before a first deploy there was nothing, so nothing is lost with it."""
    if stack["StackStatus"] == "UPDATE_IN_PROGRESS":
        return f", or take it back: {_way_back(stack, stage, 'cancel-update-stack')}"
    if stack["StackStatus"] == "CREATE_IN_PROGRESS":
        return f", or, if it hangs, {deletion(stack)}"
    return ""


def _way_back(stack: Mapping[str, Any], stage: str, operation: str) -> str:
    """`make rollback` is for the service: another stack that is stuck it leaves as it is."""
    if str(stack["StackName"]).endswith(SERVICE_ENDS):
        return f"make rollback STAGE={stage}"
    return f"aws cloudformation {operation} --stack-name {stack['StackName']}"
