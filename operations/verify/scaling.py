"""What we say about scaling: what no data counts for, and how long a task takes to come."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.timeouts import PLACEMENT_SECONDS, SCALING_PERIOD_SECONDS
from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment

LOOK_BACK: Final = timedelta(minutes=30)
NO_GROUP: Final = "targetgroup/none/0000000000000000"
FASTER: Final = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/target-tracking-faster-auto-scaling.html"
METRIC_MATH: Final = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"
)


def an_idle_fleet_counts_for_nothing(deployment: Deployment) -> Outcome:
    """The larger fleet is found beside a target group that has no data, as an idle one has."""
    (balancer,) = deployment.physical_ids("AWS::ElasticLoadBalancingV2::LoadBalancer")
    groups = deployment.physical_ids("AWS::ElasticLoadBalancingV2::TargetGroup")
    name = balancer.partition("loadbalancer/")[2]
    real = [f"targetgroup/{group.partition('targetgroup/')[2]}" for group in groups]
    now = datetime.now(UTC)
    answer = deployment.ask(
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[
            _tasks("real", balancer=name, group=real[0]),
            _tasks("none", balancer=name, group=NO_GROUP),
            {"Id": "larger", "Expression": "IF(real > none, real, none)"},
            {"Id": "sum", "Expression": "real + FILL(none, 0)"},
        ],
        StartTime=now - LOOK_BACK,
        EndTime=now,
    )
    values = {item["Id"]: item["Values"] for item in answer["MetricDataResults"]}
    if not values["real"]:
        return not_shown(f"no task was ready in the last {LOOK_BACK}")
    if values["larger"] == values["sum"] == values["real"]:
        return verified(f"{len(values['real'])} minutes, the last with {values['real'][0]:g} tasks")
    return refuted(f"of {values['real']} became {values['larger']} and {values['sum']}")


def _tasks(identity: str, *, balancer: str, group: str) -> dict[str, Any]:
    """How many tasks of a target group are ready."""
    dimensions = [
        {"Name": "LoadBalancer", "Value": balancer},
        {"Name": "TargetGroup", "Value": group},
    ]
    metric = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "HealthyHostCount",
        "Dimensions": dimensions,
    }
    statistic = {"Metric": metric, "Stat": "Maximum", "Period": SCALING_PERIOD_SECONDS}
    return {"Id": identity, "MetricStat": statistic}


def tasks_are_placed_in_time(deployment: Deployment) -> Outcome:
    """From ECS's decision to the container's start, of every task that runs."""
    tasks = deployment.tasks()
    if not tasks:
        return not_shown("no task runs")
    seconds = [
        (task["startedAt"] - task["createdAt"]).total_seconds()
        for task in tasks
        if "startedAt" in task
    ]
    if not seconds:
        return not_shown("no task has started yet")
    saw = f"{len(seconds)} tasks, the slowest in {max(seconds):.0f} s"
    if max(seconds) <= PLACEMENT_SECONDS:
        return verified(saw)
    return refuted(f"{saw}; set scaling.start_seconds to what they take until they are ready")


CLAIMS: Final = (
    Claim(
        id="idle-fleet-is-nothing",
        sentence="A comparison takes a metric without data for 0, and FILL gives zeros for it.",
        made_in="infra/components/scaling_metrics.py",
        source=METRIC_MATH,
        costs="four metrics of GetMetricData",
        how=an_idle_fleet_counts_for_nothing,
    ),
    Claim(
        id="placed-in-time",
        sentence=f"A task's container starts within {PLACEMENT_SECONDS} s of ECS's decision, its "
        "image's pull included.",
        made_in="infra/timeouts.py",
        source="https://aws.amazon.com/blogs/aws/amazon-ecs-introduces-new-high-resolution-metrics-for-faster-service-auto-scaling/",
        costs="three API calls",
        how=tasks_are_placed_in_time,
    ),
    Claim(
        id="cpu-of-20-seconds",
        sentence="One deploy can switch the 20-second metrics of a running service on and make the "
        "policy that reads them, and one can take both away.",
        made_in="infra/components/scaling.py",
        source=FASTER,
        costs="two rollouts",
        how=ByHand(
            (
                "deploy a stage, set scaling.cpu_percent, deploy it again",
                "aws application-autoscaling describe-scaling-policies: the policy Cpu has alarms, "
                "which leave INSUFFICIENT_DATA within two minutes",
                "remove cpu_percent and deploy: it must end with UPDATE_COMPLETE",
            )
        ),
    ),
    Claim(
        id="schedule-keeps-summer-time",
        sentence="A schedule begins at its hour in its time zone, in summer and in winter.",
        made_in="infra/sections/schedules.py",
        source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html",
        costs="some tasks for an hour",
        how=ByHand(
            (
                "deploy a stage with a schedule in a time zone that has summer time now",
                "aws application-autoscaling describe-scaling-activities: a step of that minute, "
                "by the local clock",
            )
        ),
    ),
)
