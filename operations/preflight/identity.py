"""Whose account and which region the deploy would go to."""

from collections.abc import Iterator

from operations.account import NoCredentials
from operations.place import pins
from operations.preflight.finding import Finding, Mark, Subject


def check_credentials(subject: Subject) -> Iterator[Finding]:
    """There are credentials, and AWS takes them."""
    if subject.account.region is None:
        yield Finding(
            Mark.FAILED, "no region is set", "set AWS_REGION, or AWS_PROFILE to one that has it"
        )
        return
    try:
        identity = subject.account.ask("sts", "GetCallerIdentity")
    except NoCredentials as error:
        yield Finding(Mark.FAILED, str(error), error.todo)
        return
    assert identity is not None
    yield Finding(Mark.OK, f"{identity['Arn']}")


def check_place(subject: Subject) -> Iterator[Finding]:
    """The account and region are those that the stage file names, where it names any."""
    file = f"{subject.stage.settings.name}.toml"
    for pin in pins(subject.stage.settings, subject.account):
        if pin.pinned is None:
            yield Finding(
                Mark.NOTE,
                f"{pin.name} {pin.found}",
                f"write it into {file} as deploy.{pin.name} to have the CDK go nowhere else",
            )
        elif not pin.holds:
            yield Finding(Mark.FAILED, pin.sentence, pin.todo)
        else:
            yield Finding(Mark.OK, f"{pin.name} {pin.found}, as {file} says")
