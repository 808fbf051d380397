"""Puts on every resource of a stage what a company asks for: tags, and a bound on each role."""

from aws_cdk import App, Stack, Tags
from aws_cdk import aws_iam as iam

from infra.names import own_tags
from infra.settings import StageSettings


def govern(app: App, settings: StageSettings) -> None:
    """Called when all stacks are there; what is added to them later is included all the same."""
    for key, value in (own_tags(settings.name) | settings.governance.tags).items():
        Tags.of(app).add(key, value)
    if boundary := settings.governance.permissions_boundary:
        for stack in app.node.children:
            if isinstance(stack, Stack):
                _bound(stack, boundary)


def _bound(stack: Stack, boundary: str) -> None:
    """Every role, those of the CDK's own functions too."""
    by_arn = boundary.startswith("arn:")
    arn = boundary if by_arn else _policy_arn(stack, name=boundary)
    policy = iam.ManagedPolicy.from_managed_policy_arn(stack, "PermissionsBoundary", arn)
    iam.PermissionsBoundary.of(stack).apply(policy)


def _policy_arn(stack: Stack, *, name: str) -> str:
    return stack.format_arn(service="iam", region="", resource="policy", resource_name=name)
