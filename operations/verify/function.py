"""What we say about Lambda."""

from typing import Final

from operations.account import CouldNotAsk
from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
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
    Claim(
        id="function-starts-in-time",
        sentence="The function starts from its cold image within Lambda's 10 s, and answers after "
        "a thaw.",
        made_in="service/function/instance.py",
        source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        costs="a few invocations",
        how=ByHand(
            (
                "deploy a stage with function.enabled = true, and invoke it",
                "wait for 20 minutes, and invoke it again",
                "the log's INIT_REPORT must be below 10 s, and both must answer",
            )
        ),
    ),
    Claim(
        id="function-url-asks-iam",
        sentence="The function's URL answers a signed request, and 403 to any other.",
        made_in="infra/stacks/function.py",
        source="https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        costs="two requests",
        how=ByHand(
            (
                "get the output FunctionUrl with /v1/models by curl: it must be 403",
                "the same with curl --aws-sigv4 and credentials: it must list the model",
            )
        ),
    ),
)
