"""Whether something in the account is in the way of a stack."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stage import Resource


@dataclass(frozen=True, slots=True)
class NamedKind:
    """Resources that have a name of our choosing, and how to ask whether it is taken."""

    property: str
    service: str
    operation: str
    argument: str
    absent: str
    many: bool = False

    def question(self, name: str) -> dict[str, Any]:
        """The arguments of the question."""
        return {self.argument: [name] if self.many else name}


KINDS: Final = {
    "AWS::ECR::Repository": NamedKind(
        "RepositoryName",
        "ecr",
        "DescribeRepositories",
        "repositoryNames",
        "RepositoryNotFoundException",
        many=True,
    ),
    "AWS::S3::Bucket": NamedKind("BucketName", "s3", "HeadBucket", "Bucket", "404"),
}


def check_stacks(subject: Subject) -> Iterator[Finding]:
    """No stack is in a state in which CloudFormation takes no deploy."""
    states = {name: _state(subject, name) for name in subject.stage.templates}
    stuck = {name: state for name, state in states.items() if state and _stuck(state)}
    for name, state in stuck.items():
        busy = state.endswith("_IN_PROGRESS")
        todo = (
            "wait for its end"
            if busy
            else f"delete it: aws cloudformation delete-stack --stack-name {name}"
        )
        yield Finding(Mark.FAILED, f"{name} is {state}", todo)
    if not stuck:
        deployed = [name for name, state in states.items() if state]
        yield Finding(
            Mark.OK,
            f"{', '.join(deployed)}: can be updated" if deployed else "none is deployed yet",
        )


def check_names(subject: Subject) -> Iterator[Finding]:
    """No resource of an earlier stage holds a name that a new stack wants."""
    taken = [
        (kind.property, resource)
        for resource in subject.stage.resources()
        if (kind := KINDS.get(resource.type)) and _is_taken(subject, resource, kind)
    ]
    for key, resource in taken:
        yield Finding(
            Mark.FAILED,
            f"{resource.properties[key]} is there without its stack {resource.stack}",
            "deploy with --import-existing-resources, or delete it",
        )
    if not taken:
        yield Finding(Mark.OK, "nothing holds a name that the stacks want")


def _is_taken(subject: Subject, resource: Resource, kind: NamedKind) -> bool:
    name = resource.properties.get(kind.property)
    if not isinstance(name, str) or _state(subject, resource.stack):
        return False  # CloudFormation makes up a name, or the stack itself has the resource
    question = kind.question(name)
    return (
        subject.account.ask(kind.service, kind.operation, absent=(kind.absent,), **question)
        is not None
    )


def _state(subject: Subject, stack: str) -> str | None:
    """A stack's status; None where there is none, which CloudFormation calls a validation error."""
    answer = subject.account.ask(
        "cloudformation", "DescribeStacks", absent=("ValidationError",), StackName=stack
    )
    return str(answer["Stacks"][0]["StackStatus"]) if answer else None


def _stuck(state: str) -> bool:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html"""
    return state.endswith(("_IN_PROGRESS", "_FAILED")) or state == "ROLLBACK_COMPLETE"
