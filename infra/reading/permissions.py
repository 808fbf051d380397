"""What a role may do, as far as templates say it."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from infra.reading.node import Node
from infra.reading.stack import Resource, Stack

ROLE: Final = "AWS::IAM::Role"
EXECUTION_POLICY: Final = "AmazonECSTaskExecutionRolePolicy"
# docs: "AmazonECSTaskExecutionRolePolicy" in the AWS managed policy reference
EXECUTION_ACTIONS: Final = frozenset(
    {
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
)


def role_of(node: Node) -> Resource | None:
    """The role that a value names, where the template or its assembly has it."""
    return node.resource(ROLE)


def lacks(stack: Stack, role: Resource, action: str) -> bool:
    """Whether no policy of a role, all of them known, allows an action on anything.

    Which resource a statement is about is not compared.
    """
    if stack.is_shared(role):
        return False  # another stack may attach policies to it
    answers = [_allows(statement, action) for statement in _statements(stack, role)]
    managed = [_managed(policy, action) for policy in _managed_policies(role)]
    return all(answer is False for answer in [*answers, *managed])


def withhold(documents: list[Node], action: str) -> bool:
    """Whether none of these policy documents, all of them known, allows anybody an action."""
    statements = [found for document in documents for found in _listed(document["Statement"])]
    whole = not any(document.unknown for document in documents)
    return whole and all(_allows(statement, action) is False for statement in statements)


def distrusts(role: Resource, service: str) -> bool:
    """Whether a role's trust, all of it known, leaves a service out."""
    statements = _listed(role["AssumeRolePolicyDocument"]["Statement"])
    trusted = [_trusted(statement) for statement in statements]
    return bool(trusted) and all(names is not None and service not in names for names in trusted)


def _trusted(statement: Node) -> list[str | None] | None:
    """The services that a statement lets in; None where that cannot be known, or it is anybody."""
    if statement["Effect"].text() == "Deny":
        return []
    principal = statement["Principal"]
    if not principal.keys() or principal["AWS"].text() == "*":
        return None
    listed = _listed(principal["Service"])
    names = [item.text() for item in listed]
    return None if None in names else names


def _allows(statement: Node, action: str) -> bool | None:
    """Whether a statement allows an action; None where that cannot be known."""
    if statement["Effect"].text() == "Deny":
        return False
    listed = statement["Action"]
    actions = [listed.text()] if listed.text() else [item.text() for item in listed.items()]
    if not actions or None in actions:
        return None
    return any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in actions)


def _statements(stack: Stack, role: Resource) -> Iterator[Node]:
    """The statements of the role's own policies, and of those that are attached to it."""
    for inline in _listed(role["Policies"]):
        yield from _listed(inline["PolicyDocument"]["Statement"])
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    attached = [node.resource() for node in role["ManagedPolicyArns"].items()]
    for policy in stack.everywhere(*kinds):
        roles = [*policy["Roles"].items(), policy["RoleName"]]
        if policy in attached or role in [node.resource() for node in roles]:
            yield from _listed(policy["PolicyDocument"]["Statement"])


def _listed(node: Node) -> list[Node]:
    """One or many; an unknown list counts as one unknown item."""
    return (node.items() or [node]) if node.exists else []


def _managed_policies(role: Resource) -> list[Node]:
    listed = role["ManagedPolicyArns"]
    return [node for node in _listed(listed) if node.resource() is None]


def _managed(policy: Node, action: str) -> bool | None:
    """Whether one of AWS's own policies allows an action, of those whose content is known here."""
    parts = policy.parts()
    known = isinstance(parts[-1], str) and parts[-1].endswith(f"/{EXECUTION_POLICY}")
    return action in EXECUTION_ACTIONS if known else None
