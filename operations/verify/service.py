"""What we say about ECS, its images, its metrics and its scaling."""

from datetime import UTC, datetime, timedelta
from typing import Final

from infra.container_env import METRIC_DIMENSION, METRICS_NAMESPACE, ServiceMetric
from infra.names import full_name
from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment

# CloudWatch lists a new metric up to 15 minutes after its first value.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
UNTIL_LISTED: Final = timedelta(minutes=15)
METRIC_NAME: Final = ServiceMetric.SLOT_UTILIZATION.metric_name


def image_was_pushed(deployment: Deployment) -> Outcome:
    """What the tasks run lies in our repository, where only the publishing role can have put it."""
    definition = deployment.ask(
        "ecs", "DescribeTaskDefinition", taskDefinition=deployment.service["taskDefinition"]
    )
    image = definition["taskDefinition"]["containerDefinitions"][0]["image"]
    repository, _, tag = image.partition("/")[2].rpartition(":")
    if ".dkr.ecr." not in image or repository != full_name(deployment.stage):
        return not_shown(f"the tasks run {image}; deploy a stage that builds its image")
    images = deployment.ask(
        "ecr", "DescribeImages", repositoryName=repository, imageIds=[{"imageTag": tag}]
    )["imageDetails"]
    return verified(f"{repository}:{tag} is there, {images[0].get('imageSizeInBytes', 0)} bytes")


def metric_arrives(deployment: Deployment) -> Outcome:
    """The log lines of the tasks have become the metric that scaling reads."""
    answer = deployment.ask(
        "cloudwatch",
        "ListMetrics",
        Namespace=METRICS_NAMESPACE,
        MetricName=METRIC_NAME,
        Dimensions=[{"Name": METRIC_DIMENSION, "Value": deployment.stage}],
    )
    found = [item for item in answer["Metrics"] if len(item["Dimensions"]) == 1]
    if found:
        return verified(f"{METRICS_NAMESPACE} {METRIC_NAME} {METRIC_DIMENSION}={deployment.stage}")
    since = min(item["createdAt"] for item in deployment.service["deployments"])
    running = deployment.service["runningCount"]
    if running and datetime.now(UTC) - since > UNTIL_LISTED:
        return refuted(
            f"{running} tasks run since {since:%H:%M}, and CloudWatch lists no such metric"
        )
    return not_shown(f"{running} tasks run since {since:%H:%M}; wait for {UNTIL_LISTED}")


def scaling_acts(deployment: Deployment) -> Outcome:
    """Application Auto Scaling has changed the number of tasks by itself."""
    cluster, name = deployment.output("ClusterName"), deployment.output("ServiceName")
    activities = deployment.ask(
        "application-autoscaling",
        "DescribeScalingActivities",
        ServiceNamespace="ecs",
        ResourceId=f"service/{cluster}/{name}",
    )["ScalingActivities"]
    acted = [item for item in activities if "TargetTracking" in item.get("Cause", "")]
    if not acted:
        return not_shown("no step yet; keep all slots and the queue full for five minutes")
    return verified(f"{acted[0]['Description']}: {acted[0]['StatusCode']}")


CLAIMS: Final = (
    Claim(
        id="publishing-role",
        sentence="The bootstrap's image-publishing role may push to our repository by its policy.",
        made_in="infra/stacks/registry.py",
        source="https://github.com/aws/aws-cdk-cli/blob/main/packages/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml",
        costs="four API calls, after a deploy that built an image",
        how=image_was_pushed,
    ),
    Claim(
        id="metric-arrives",
        sentence="Embedded metrics in the tasks' log become SlotUtilization, by stage alone.",
        made_in="infra/components/scaling.py",
        source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html",
        costs="three API calls",
        how=metric_arrives,
    ),
    Claim(
        id="scaling-acts",
        sentence="Target tracking on that metric starts and stops tasks.",
        made_in="infra/components/scaling.py",
        source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html",
        costs="three API calls; tasks for ten minutes, some cents, where it has not scaled yet",
        how=scaling_acts,
    ),
    Claim(
        id="scale-in-waits",
        sentence="Target tracking waits for 15 minutes of low load before it stops a task.",
        made_in="infra/components/scaling.py",
        source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html",
        costs="the tasks of half an hour, some cents",
        how=ByHand(
            (
                "load the stage until it has more tasks than scaling.min_tasks, then stop the load",
                "aws application-autoscaling describe-scaling-activities: the first step back must "
                "come 15 to 20 minutes after the load ended",
            )
        ),
    ),
    Claim(
        id="scratch-space",
        sentence="A folder that the image declares as a volume and owns is writable on Fargate for "
        "its user, under a read-only root.",
        made_in="service/Dockerfile",
        source="https://github.com/aws/containers-roadmap/issues/938",
        costs="nothing beyond the stage",
        how=ByHand(
            (
                "deploy any stage that builds its image",
                "aws ecs describe-tasks: the tasks must be HEALTHY; the engine's socket lies in "
                "/tmp, and where that cannot be written each task ends with an error in its log",
            )
        ),
    ),
    Claim(
        id="role-of-this-account",
        sentence="ECS names the account in aws:SourceAccount when it takes on a task's roles.",
        made_in="infra/components/task.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
        costs="nothing beyond the stage",
        how=ByHand(
            (
                "deploy any stage",
                "a task must start; with the condition unmet ECS cannot assume its roles",
            )
        ),
    ),
)
