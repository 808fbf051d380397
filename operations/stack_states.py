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
# A stack that a rollback leaves usable.
WENT_BACK: Final = "UPDATE_ROLLBACK_COMPLETE"

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


def obstacle(stack: Mapping[str, Any], *, stage: str) -> str | None:
    """What to do before a deploy of the described stack can begin; None where it can."""
    name, state = stack["StackName"], str(stack["StackStatus"])
    if is_busy(state):
        back = f", or take it back: make rollback STAGE={stage}"
        return f"wait for its end{back if state == 'UPDATE_IN_PROGRESS' else ''}"
    if state == "UPDATE_ROLLBACK_FAILED":
        return (
            f"read which resource could not go back ({EVENTS} {name}), mend that, and let it go "
            f"on: make rollback STAGE={stage}"
        )
    if state == "UPDATE_FAILED":
        return f"it stands between two releases; take it back: make rollback STAGE={stage}"
    if state in FAILED_FIRST and not stack.get("EnableTerminationProtection"):
        return None
    if state in FAILED_FIRST:
        return f"its first deploy failed, and it is protected: {UNPROTECT} {name}, and deploy again"
    if state.endswith("_FAILED"):
        return f"delete it: {DELETE} {name}; {EVENTS} {name} says what stood in the way"
    return None
