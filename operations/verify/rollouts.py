"""What we say about rollouts: who undoes them, and how ECS moves requests between two fleets."""

from typing import Final

from operations.verify.claim import ByHand, Claim

ALARM: Final = "aws cloudwatch describe-alarms --alarm-name-prefix STACK-RollbackAlarms"

CLAIMS: Final = (
    Claim(
        id="rollback",
        sentence="A rollout whose tasks fail goes back by itself to the definition that worked.",
        made_in="infra/components/rollout.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
        costs="some tasks for a quarter of an hour, some cents",
        how=ByHand(
            (
                "deploy a working stage, then again with -c image= of an image that exits at once",
                "the stack must end in UPDATE_ROLLBACK_COMPLETE, the endpoint answer all along",
            )
        ),
    ),
    Claim(
        id="rollback-by-alarm",
        sentence="An alarm that begins during a rollout undoes it, under every strategy.",
        made_in="infra/components/rollback_alarms.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html",
        costs="some tasks for half an hour, some cents",
        how=ByHand(
            (
                f"deploy a change of the image; while it rolls out take a name from: {ALARM}",
                "aws cloudwatch set-alarm-state --alarm-name NAME --state-value ALARM "
                "--state-reason test",
                "aws ecs list-service-deployments: the newest but one must be ROLLBACK_SUCCESSFUL, "
                "and name the alarm",
            )
        ),
    ),
    Claim(
        id="canary-moves-one-rule",
        sentence="With a role for our rule and groups alone ECS moves the rule's weights, and the "
        "rule's own path rewrite stays.",
        made_in="infra/components/second_targets.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html",
        costs="twice the tasks for half an hour, some cents",
        how=ByHand(
            (
                "deploy stage dev with rollout.strategy = 'canary', and again with another image",
                "ask https://.../api/v1/models all along, and aws elbv2 describe-rules: the "
                "weights must go from 100/0 over 90/10 to 0/100, the Transforms stay, and no "
                "request fail",
            )
        ),
    ),
    Claim(
        id="metrics-hidden-without-a-rule",
        sentence="With two target groups every rule of the listener forwards, as AWS asks, and the "
        "service itself answers 404 to whoever asks the load balancer for /metrics.",
        made_in="service/rest/app.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html",
        costs="nothing beside `canary-moves-one-rule`, with which it goes",
        how=ByHand(
            (
                "ask the load balancer for /metrics, and behind an API Gateway for /api/metrics: "
                "404 both times",
            )
        ),
    ),
    Claim(
        id="breaker-of-two-fleets",
        sentence="The circuit breaker ends a rollout with two fleets whose new tasks fail; AWS's "
        "pages differ on it.",
        made_in="infra/components/rollout.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-failure-detection.html",
        costs="some tasks for a quarter of an hour, some cents",
        how=ByHand(
            (
                "as for `rollback`, with rollout.strategy = 'blue-green'",
                "the rollout must fail after a few tasks, and not wait for a day in SCALE_UP",
            )
        ),
    ),
    Claim(
        id="strategy-changes-in-place",
        sentence="A running service that was deployed once with rollout.second_target_group "
        "changes its strategy, and back, without a gap.",
        made_in="infra/sections/rollout.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-rolling-to-bluegreen.html",
        costs="twice the tasks for an hour, some cents",
        how=ByHand(
            (
                "deploy stage dev, then with second_target_group = true, then with strategy = "
                "'blue-green' and another image, then with 'rolling' and a third image",
                "ask the endpoint all along: no request may fail",
            )
        ),
    ),
)
