"""Whether something in the account is in the way of a stack."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stack_states import FAILED_FIRST, obstacle
from operations.stacks import describe_stack, physical_id
from operations.stage import Resource


@dataclass(frozen=True, slots=True)
class NamedKind:
    """Resources that have a name of our choosing, and how to ask whether it is taken."""

    property: str
    service: str
    operation: str
    argument: str
    absent: str
    delete: str
    """The command that deletes it, up to its name."""
    many: bool = False
    listed: tuple[str, str] | None = None
    """Where it lists all that begins with the name: the list's key, and the name's in it."""

    def question(self, name: str) -> dict[str, Any]:
        """The arguments of the question."""
        return {self.argument: [name] if self.many else name}

    def is_in(self, answer: Mapping[str, Any] | None, name: str) -> bool:
        """Whether the answer says that the name is taken."""
        if answer is None or self.listed is None:
            return answer is not None
        items, key = self.listed
        return any(item[key] == name for item in answer[items])


KINDS: Final = {
    "AWS::ECR::Repository": NamedKind(
        "RepositoryName",
        "ecr",
        "DescribeRepositories",
        "repositoryNames",
        "RepositoryNotFoundException",
        "aws ecr delete-repository --force --repository-name ",
        many=True,
    ),
    "AWS::S3::Bucket": NamedKind(
        "BucketName", "s3", "HeadBucket", "Bucket", "404", "aws s3 rb --force s3://"
    ),
    "AWS::Logs::LogGroup": NamedKind(
        "LogGroupName",
        "logs",
        "DescribeLogGroups",
        "logGroupNamePrefix",
        "ResourceNotFoundException",
        "aws logs delete-log-group --log-group-name ",
        listed=("logGroups", "logGroupName"),
    ),
}


# CloudFormation imports nothing that would go with its stack.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
DELETE: Final = "Delete"


def check_stacks(subject: Subject) -> Iterator[Finding]:
    """No stack is in a state in which CloudFormation takes no deploy."""
    name = subject.stage.settings.name
    described = [describe_stack(subject.account, stack) for stack in subject.stage.templates]
    stacks = [item for item in described if item is not None]
    stuck = {item["StackName"]: todo for item in stacks if (todo := obstacle(item, stage=name))}
    for item in stacks:
        stack, state = item["StackName"], item["StackStatus"]
        if todo := stuck.get(stack):
            yield Finding(Mark.FAILED, f"{stack} is {state}", todo)
        elif state in FAILED_FIRST:
            found = f"{stack} is {state}: its first deploy failed"
            yield Finding(Mark.NOTE, found, "nothing: the deploy removes what is left of it")
    if not stuck:
        deployed = [item["StackName"] for item in stacks]
        yield Finding(
            Mark.OK,
            f"{', '.join(deployed)}: can be updated" if deployed else "none is deployed yet",
        )


def check_names(subject: Subject) -> Iterator[Finding]:
    """Nothing that is not a stack's own holds a name that the stack wants.

    What is retained outlives its stack, and in a stack that goes on also the setting that made it.
    """
    taken = [
        (kind, resource)
        for resource in subject.stage.resources()
        if (kind := KINDS.get(resource.type)) and _is_taken(subject, resource, kind)
    ]
    for kind, resource in taken:
        yield _in_the_way(subject, kind, resource)
    if not taken:
        yield Finding(Mark.OK, "nothing holds a name that the stacks want")


def _in_the_way(subject: Subject, kind: NamedKind, resource: Resource) -> Finding:
    name = resource.properties[kind.property]
    found = f"{name} is there, and not of stack {resource.stack}"
    delete = f"delete it: {kind.delete}{name}"
    if resource.body.get("DeletionPolicy", DELETE) == DELETE:
        return Finding(Mark.FAILED, found, delete)
    if subject.imports_existing:
        return Finding(Mark.NOTE, found, "the deploy takes it into the stack")
    take = f"make deploy STAGE={subject.stage.settings.name} IMPORT_EXISTING=1"
    return Finding(Mark.FAILED, found, f"take it into the stack: {take}; or {delete}")


def _is_taken(subject: Subject, resource: Resource, kind: NamedKind) -> bool:
    name = resource.properties.get(kind.property)
    if not isinstance(name, str):
        return False  # CloudFormation makes up a name
    # The stack's own; under another logical id it would be made anew, and fail.
    if physical_id(subject.account, resource.stack, resource.logical_id) == name:
        return False
    question = kind.question(name)
    answer = subject.account.ask(kind.service, kind.operation, absent=(kind.absent,), **question)
    return kind.is_in(answer, name)
