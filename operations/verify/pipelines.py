"""What we say about the roles that a pipeline takes."""

from typing import Final

from operations.verify.claim import ByHand, Claim

CLAIMS: Final = (
    Claim(
        id="workflow-takes-its-role",
        sentence="A workflow's token opens the role of its repository and environment, no other's, "
        "and the provider needs no thumbprint.",
        made_in="infra/components/pipeline_role.py",
        source="nothing but GitHub's and AWS's general pages on OpenID Connect was read",
        costs="nothing",
        how=ByHand(
            (
                "cdk deploy Delivery -c stage=dev, with delivery.repository set",
                "run the workflow deploy.yml on main, and from another branch",
                "the first must take the role, the second must be refused",
            )
        ),
    ),
    Claim(
        id="bootstrap-roles-suffice",
        sentence="A role that may only take on CDK's bootstrap roles can do a whole deploy.",
        made_in="infra/stacks/delivery.py",
        source="https://github.com/aws/aws-cdk-cli/blob/main/packages/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml",
        costs="a deploy",
        how=ByHand(("run the workflow deploy.yml on main", "it must deploy, image included")),
    ),
    Claim(
        id="cancelled-job-says-how-it-stands",
        sentence="A job that is cancelled ends the CDK, and says with what AWS goes on.",
        made_in="delivery/deploying/command_line.py",
        source="https://docs.github.com/en/actions/reference/workflow-cancellation-reference",
        costs="a deploy",
        how=ByHand(
            (
                "run the workflow deploy.yml on main, and cancel it while the service is updated",
                "the log of the step must end with the result, interrupted by a signal, and the "
                "job must keep the CDK's log as an artifact",
            )
        ),
    ),
    Claim(
        id="reader-can-compare",
        sentence="The reading role gets the deployed templates without CDK's lookup role.",
        made_in="infra/stacks/delivery.py",
        source="nothing found that says so",
        costs="nothing",
        how=ByHand(("with the reading role: make diff STAGE=dev BASE=deployed", "it must compare")),
    ),
)
