"""What we say about Lambda."""

from typing import Final

from operations.account import CouldNotAsk
from operations.verify.claim import Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment


def function_is_active(deployment: Deployment) -> Outcome:
    """Lambda has taken the image and made the function ready."""
    try:
        name = deployment.output("FunctionName", stack="function")
    except CouldNotAsk:
        return not_shown("deploy a stage with function.enabled = true")
    function = deployment.ask("lambda", "GetFunctionConfiguration", FunctionName=name)
    state = function.get("State")
    if state == "Active":
        return verified(f"{name} is Active")
    if state == "Pending":
        return not_shown(f"{name} is Pending; ask again in a minute")
    return refuted(f"{name} is {state}: {function.get('StateReason', 'no reason given')}")


CLAIMS: Final = (
    Claim(
        id="function-image",
        sentence="Lambda takes the function's image from our repository, as its policy stands.",
        made_in="infra/stacks/function.py",
        source="no page was found for a repository whose policy names another principal",
        costs="two API calls",
        how=function_is_active,
    ),
)
