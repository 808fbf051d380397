"""Whose account and which region the deploy would go to."""

from collections.abc import Iterator

from operations.account import NoCredentials
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
        yield Finding(Mark.FAILED, str(error), "sign in again (aws sso login), or set AWS_PROFILE")
        return
    assert identity is not None
    yield Finding(Mark.OK, f"{identity['Arn']}")


def check_place(subject: Subject) -> Iterator[Finding]:
    """The account and region are those that the stage file names, where it names any."""
    identity = subject.account.ask("sts", "GetCallerIdentity")
    assert identity is not None
    wanted = subject.stage.settings.deploy
    pairs = {
        "account": (identity["Account"], wanted.account),
        "region": (subject.account.region, wanted.region),
    }
    file = f"{subject.stage.settings.name}.toml"
    for name, (found, pinned) in pairs.items():
        if pinned is None:
            yield Finding(
                Mark.NOTE,
                f"{name} {found}",
                f"write it into {file} as deploy.{name} to have it checked",
            )
        elif found != pinned:
            todo = "use other credentials" if name == "account" else f"set AWS_REGION={pinned}"
            yield Finding(Mark.FAILED, f"{name} {found}, but {file} says {pinned}", todo)
        else:
            yield Finding(Mark.OK, f"{name} {found}, as {file} says")
