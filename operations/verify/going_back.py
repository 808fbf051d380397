"""What we say about deploys that fail, and the way back from those that do not."""

from typing import Final

from operations.stacks import stack_name
from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment


def old_revisions_are_described(deployment: Deployment) -> Outcome:
    """The newest revision that CloudFormation has deregistered, asked for by its ARN."""
    family = stack_name(deployment.stage, "inference")  # it bears its name
    answer = deployment.ask(
        "ecs",
        "ListTaskDefinitions",
        familyPrefix=family,
        status="INACTIVE",
        sort="DESC",
        maxResults=1,
    )
    if not answer["taskDefinitionArns"]:
        return not_shown("no revision was replaced yet; deploy a change of the task, and ask again")
    (arn,) = answer["taskDefinitionArns"]
    found = deployment.account.ask(
        "ecs", "DescribeTaskDefinition", absent=("ClientException",), taskDefinition=arn
    )
    revision = arn.rpartition(":")[2]
    if found is None:
        return refuted(f"revision {revision} is not described any more")
    image = found["taskDefinition"]["containerDefinitions"][0]["image"]
    return verified(f"revision {revision} is inactive, and ran {image}")


CLAIMS: Final = (
    Claim(
        id="old-revisions-are-described",
        sentence="A revision that CloudFormation has deregistered can still be described.",
        made_in="delivery/deploying/going_back.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html",
        costs="two API calls",
        how=old_revisions_are_described,
    ),
    Claim(
        id="cancelled-update-goes-back",
        sentence="A cancelled update brings the service back to its earlier revision, under every "
        "strategy, and no request fails.",
        made_in="delivery/rollback.py",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn--stack-update-cancel.html",
        costs="two fleets for half an hour, some cents",
        how=ByHand(
            (
                "deploy a change, and while its rollout goes on: make rollback STAGE=dev",
                "the stack must end in UPDATE_ROLLBACK_COMPLETE with the earlier revision running, "
                "and the endpoint answer all along",
                "once more with rollout.strategy = 'canary', while the new tasks get a part",
            )
        ),
    ),
    Claim(
        id="alarm-that-was-on",
        sentence="ECS may roll back a deployment for an alarm that was on before it began.",
        made_in="delivery/deploying/guards.py",
        source="nothing found that says so, or that it does not",
        costs="some tasks for a quarter of an hour, some cents",
        how=ByHand(
            (
                "aws cloudwatch set-alarm-state --state-value ALARM --state-reason test "
                "--alarm-name, with one of the stage's RollbackAlarms",
                "make deploy STAGE=dev IN_SPITE_OF_ALARMS=1, with a change of the task: whether it "
                "is undone says which; where it is not, the guard need not ask for rollout.alarms",
            )
        ),
    ),
    Claim(
        id="change-set-names-its-deploy",
        sentence="From its beginning on, a stack's description names the change set of an update.",
        made_in="delivery/deploying/stack_looks.py",
        source="the API's reference has the field, and does not say since when it is this one's",
        costs="two deploys of a small change",
        how=ByHand(
            (
                "make deploy STAGE=dev with a change, and while it goes on: aws cloudformation "
                "describe-stacks --stack-name llm-on-ecs-dev-inference "
                "--query 'Stacks[0].ChangeSetId' must name the change set that its beginning told",
                "from two machines at once, each with another change: the slower one must say that "
                "the other's update is by another deploy, and tell no failure of it as its own",
            )
        ),
    ),
    Claim(
        id="reason-while-draining",
        sentence="ECS tells why it stops a task when it decides so, before the task has drained.",
        made_in="delivery/deploying/stopped_tasks.py",
        source="an assumption: the API's reference says only that the fields are there",
        costs="some tasks for a quarter of an hour, some cents",
        how=ByHand(
            (
                "deploy a stage whose tasks never become ready: model.path of a file that is not "
                "in the image",
                "make deploy must tell the first task's reason within a minute of the moment that "
                "it begins to stop, with lines of its log",
            )
        ),
    ),
)
