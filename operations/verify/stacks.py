"""What we say about CloudFormation: what it keeps, imports and leaves alone."""

import json
from typing import Final

from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment


def secret_survives_updates(deployment: Deployment) -> Outcome:
    """Keys were written, then the stack was updated, and they are still the current value.

    A value that CloudFormation writes again is younger than the beginning of the update.
    """
    secret = deployment.output("ApiKeysSecretArn")
    updated = deployment.stack().get("LastUpdatedTime")
    versions = deployment.ask("secretsmanager", "ListSecretVersionIds", SecretId=secret)["Versions"]
    by_age = sorted(versions, key=lambda item: item["CreatedDate"])
    current = next(item for item in by_age if "AWSCURRENT" in item["VersionStages"])
    if updated is None or len(by_age) < 2 or updated < by_age[1]["CreatedDate"]:
        return not_shown("make a key (make key), deploy a change of the stack, and ask again")
    written, update = f"{current['CreatedDate']:%F %T}", f"the update of {updated:%F %T}"
    if current["CreatedDate"] < updated:
        return verified(f"the keys of {written} outlived {update}")
    if _is_empty(deployment, secret):
        return refuted(f"after {update} the secret is empty, unless someone removed every key")
    return not_shown(f"a key was written after {update}; deploy a change, and ask again")


def _is_empty(deployment: Deployment, secret: str) -> bool:
    """Whether the secret holds what the template gives it: no key."""
    answer = deployment.ask("secretsmanager", "GetSecretValue", SecretId=secret)
    return not json.loads(answer["SecretString"])["keys"]


CLAIMS: Final = (
    Claim(
        id="secret-survives",
        sentence="A stack update leaves a secret's value alone while the template's stays.",
        made_in="infra/components/keys.py",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html",
        costs="four API calls",
        how=secret_survives_updates,
    ),
    Claim(
        id="import-after-destroy",
        sentence="`--import-existing-resources` takes back a repository that a destroy kept.",
        made_in="infra/settings.py",
        source="the CDK CLI's own help: cdk deploy --help",
        costs="a stage for half an hour, some cents",
        how=ByHand(
            (
                "cdk deploy --all, then cdk destroy --all --force, with retain_data true",
                "make preflight must name the repository as being there without its stack",
                "cdk deploy --all --import-existing-resources must succeed and keep the images",
            )
        ),
    ),
    Claim(
        id="one-deploy",
        sentence="In an empty account one `cdk deploy --all` makes the repository, pushes the "
        "image to it, and starts the service.",
        made_in="infra/build.py",
        source="measured against the sandbox only",
        costs="a stage for a quarter of an hour, some cents",
        how=ByHand(
            (
                "cdk bootstrap in a region that has neither our stacks nor our repository",
                "cdk deploy --all must succeed at the first attempt",
                "cdk destroy --all --force, and delete what it names as kept",
            )
        ),
    ),
    Claim(
        id="failed-first-deploy",
        sentence="With RetainExceptOnCreate a first deploy that fails leaves nothing behind.",
        made_in="infra/retention.py",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html",
        costs="a stage for a quarter of an hour, some cents",
        how=ByHand(
            (
                "deploy a new stage with -c image= of an image that exits at once",
                "after the rollback the secret and the log group must be gone",
            )
        ),
    ),
)
