"""What we say about alarms, the dashboard and the budget."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment

LOOK_BACK: Final = timedelta(hours=1)
ALB_METRICS: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"


def sees_ready_tasks(deployment: Deployment) -> Outcome:
    """No data is an alarm here: OK can only come of a healthy target that it saw."""
    alarm = _alarm(deployment, "#no-ready-task")
    if alarm is None:
        return not_shown("the stage has no alarms; name somebody in alarms.emails")
    state, running = alarm["StateValue"], deployment.service["runningCount"]
    if state == "OK":
        return verified(f"OK since {alarm['StateUpdatedTimestamp']:%F %H:%M}")
    if running == 0:
        return not_shown(f"{state}, and no task runs")
    return refuted(f"{state}, with {running} tasks running: {alarm.get('StateReason', '')}")


def counts_without_errors(deployment: Deployment) -> Outcome:
    """The error rate is a number where the load balancer has reported no error of its own."""
    alarm = _alarm(deployment, "#error-rate")
    if alarm is None:
        return not_shown("the stage has no alarms; name somebody in alarms.emails")
    now = datetime.now(UTC)
    answer = deployment.ask(
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[*alarm["Metrics"], _visible(alarm["Metrics"], "lost")],
        StartTime=now - LOOK_BACK,
        EndTime=now,
    )
    values = {item["Id"]: item["Values"] for item in answer["MetricDataResults"]}
    if values.pop("shown", []):
        return not_shown("the load balancer answered with errors of its own within the hour")
    (rates,) = values.values()
    if rates:
        return verified(f"{len(rates)} values, the highest {max(rates):g} %")
    return refuted("no value in an hour without an error of the load balancer's")


def _visible(queries: list[dict[str, Any]], identity: str) -> dict[str, Any]:
    (query,) = (query for query in queries if query["Id"] == identity)
    return {**query, "Id": "shown", "ReturnData": True}


def _alarm(deployment: Deployment, section: str) -> dict[str, Any] | None:
    """The stage's alarm that links this section of the runbook."""
    names = deployment.physical_ids("AWS::CloudWatch::Alarm")
    if not names:
        return None
    answer = deployment.ask("cloudwatch", "DescribeAlarms", AlarmNames=names)
    alarms: list[dict[str, Any]] = answer["MetricAlarms"]
    return next(alarm for alarm in alarms if alarm["AlarmDescription"].endswith(section))


CLAIMS: Final = (
    Claim(
        id="alarm-sees-ready-tasks",
        sentence="HealthyHostCount of target group and load balancer is at least 1 while a task "
        "is ready, also over several zones.",
        made_in="infra/components/alarms.py",
        source=ALB_METRICS,
        costs="two API calls",
        how=sees_ready_tasks,
    ),
    Claim(
        id="error-rate-without-errors",
        sentence="FILL gives zeros for a metric that has no data at all beside one that has.",
        made_in="infra/components/stage_metrics.py",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html",
        costs="four metrics of GetMetricData",
        how=counts_without_errors,
    ),
    Claim(
        id="alarm-is-heard",
        sentence="CloudWatch may publish to the topic, which only admits it for this account.",
        made_in="infra/components/notifications.py",
        source="https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger",
        costs="an e-mail",
        how=ByHand(
            (
                "deploy a stage with an address of yours in alarms.emails, and confirm it",
                "aws cloudwatch set-alarm-state --state-value ALARM --state-reason test "
                "--alarm-name, with the stage's NoReadyTask alarm",
                "an e-mail says ALARM, and within minutes another one OK",
            )
        ),
    ),
    Claim(
        id="budget-counts-the-stage",
        sentence="A budget filtered by both tags counts what carries both, tasks included.",
        made_in="infra/components/budget.py",
        source="https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Expression.html",
        costs="two days of a stage",
        how=ByHand(
            (
                "activate the cost allocation tags project and stage in the billing console",
                "deploy a stage with monitoring.monthly_budget_usd, and wait for two days",
                "the budget's actual cost must be Cost Explorer's, filtered by both tags, and not "
                "zero",
            )
        ),
    ),
    Claim(
        id="dashboard-counts-whole-time",
        sentence="The single values count over the whole time chosen, the graphs by five minutes.",
        made_in="infra/components/dashboard.py",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
        costs="a look",
        how=ByHand(
            (
                "open the dashboard of a stage that has had requests, and choose 3 h, then 1 d",
                "the number of requests grows, and the points of the graphs stay 5 minutes apart",
            )
        ),
    ),
    Claim(
        id="percentiles-of-arrays",
        sentence="Every value of an embedded metric's array counts for its percentiles.",
        made_in="service/embedded_metrics.py",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html",
        costs="a few requests",
        how=ByHand(
            (
                "send a stage twenty requests, one of them of 1,000 words, within a minute",
                "TimeToFirstToken of that minute must have a SampleCount of 20, and a p95 near "
                "the slowest",
            )
        ),
    ),
    Claim(
        id="prometheus-finds-tasks",
        sentence="Prometheus finds the tasks by their service's tags, with the permissions listed.",
        made_in="monitoring/prometheus.yml",
        source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#aws_sd_config",
        costs="a small instance in the VPC",
        how=ByHand(
            (
                "deploy a stage with monitoring.scrape_from, and start Prometheus 3.8 there",
                "its page Targets must list every task, up",
            )
        ),
    ),
)
