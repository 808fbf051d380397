"""Whether the repository is encrypted as the stage says: it can never change."""

from collections.abc import Iterator

from operations.preflight.finding import Finding, Mark, Subject


def check_image_key(subject: Subject) -> Iterator[Finding]:
    """A deployed repository has the key that the stage names; CloudFormation would try to replace
    it, and fail because its name is taken."""
    (wanted,) = (
        resource.properties
        for resource in subject.stage.resources()
        if resource.type == "AWS::ECR::Repository"
    )
    name = wanted["RepositoryName"]
    answer = subject.account.ask(
        "ecr",
        "DescribeRepositories",
        absent=("RepositoryNotFoundException",),
        repositoryNames=[name],
    )
    if answer is None:
        yield Finding(Mark.OK, f"{name} is not made yet")
        return
    asked = subject.stage.settings.encryption.images_key_arn
    found = answer["repositories"][0].get("encryptionConfiguration", {}).get("kmsKey")
    if found == asked or (asked is None and not _is_a_customers(subject, found)):
        yield Finding(Mark.OK, f"{name} is under the key that the stage names")
        return
    yield Finding(
        Mark.FAILED,
        f"{name} is under the key {found}, but encryption.images_key_arn is {asked or 'not set'}",
        "set it as it was: a repository's key cannot change (docs/governance.md)",
    )


def _is_a_customers(subject: Subject, key: str | None) -> bool:
    """Whether somebody chose the key; without a choice it is AWS's own, of whatever ARN."""
    if key is None:
        return False
    answer = subject.account.ask("kms", "DescribeKey", absent=("NotFoundException",), KeyId=key)
    return answer is not None and answer["KeyMetadata"]["KeyManager"] == "CUSTOMER"
