"""Whatever the stage names by its ARN is where the stage is."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.sections.deploy import DeploySettings
from infra.sections.section import Problem

# Of what a stage names, KMS alone lets another account's be used, where its policy says so.
ANY_ACCOUNT: Final = "kms"

Arns = Mapping[str, str]
"""By the path of the setting."""


def pinned(deploy: DeploySettings, arns: Arns) -> Iterator[Problem]:
    """All of it is in the account and the region that the stage is pinned to."""
    for path, arn in arns.items():
        _, _, service, region, account, *_ = arn.split(":")
        if deploy.region and region and region != deploy.region:
            yield Problem(
                path,
                f"got one of {region}, '{arn}', but deploy.region is '{deploy.region}'; name one "
                f"of {deploy.region}, or correct deploy.region",
            )
        same = account in ("", "aws", deploy.account) or service == ANY_ACCOUNT
        if deploy.account and not same:
            yield Problem(
                path,
                f"got one of account {account}, '{arn}', but deploy.account is "
                f"'{deploy.account}'; name one of that account, or correct deploy.account",
            )


def together(arns: Arns) -> Iterator[Problem]:
    """All of it is in one region, whichever that is."""
    regions = {path: region for path, arn in arns.items() if (region := arn.split(":")[3])}
    first, *others = regions.items() or [("", "")]
    for path, region in others:
        if region != first[1]:
            yield Problem(
                path,
                f"got one of {region}, but {first[0]} names one of {first[1]}, and a stage is in "
                "one region; name both of the same",
            )
