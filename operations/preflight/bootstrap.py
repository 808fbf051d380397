"""Whether the account is prepared for the CDK."""

from collections.abc import Iterator

from operations.preflight.finding import Finding, Mark, Subject


def check_bootstrap(subject: Subject) -> Iterator[Finding]:
    """The bootstrap stack is there, at a version that the assembly accepts."""
    asked = subject.stage.bootstrap
    if asked is None:
        yield Finding(Mark.OK, "the stacks ask for none")
        return
    answer = subject.account.ask(
        "ssm", "GetParameter", absent=("ParameterNotFound",), Name=asked.parameter
    )
    if answer is None:
        yield Finding(
            Mark.FAILED,
            f"this account and region have none ({asked.parameter})",
            "run cdk bootstrap",
        )
        return
    version = int(answer["Parameter"]["Value"])
    if version < asked.version:
        found = f"version {version}, but the stacks need {asked.version}"
        yield Finding(Mark.FAILED, found, "run cdk bootstrap again")
    else:
        yield Finding(Mark.OK, f"version {version}; the stacks need {asked.version}")
