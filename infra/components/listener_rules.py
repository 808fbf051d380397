"""What the load balancer's listener does with a request, beside handing it to REST.

Rules are tried by their priority, the lowest first.
"""

from typing import Final

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from infra.components.cloudformation import resource_of
from infra.container_env import METRICS_PATH

# The stage of the API in front, where there is one: the first part of every path that clients use.
API_STAGE: Final = "api"

HIDE_METRICS: Final = 5
ROUTE_GRPC: Final = 10
# Before the next one, which forwards to one of two target groups where they are new.
DIVIDE: Final = 15
DROP_STAGE: Final = 20


def hide_metrics(listener: elbv2.ApplicationListener, *, behind_gateway: bool) -> None:
    """Operators scrape the tasks themselves; no client needs to know how busy they are."""
    paths = [METRICS_PATH]
    if behind_gateway:
        paths.append(f"/{API_STAGE}{METRICS_PATH}")
    listener.add_action(
        "HideMetrics",
        priority=HIDE_METRICS,
        conditions=[elbv2.ListenerCondition.path_patterns(paths)],
        action=elbv2.ListenerAction.fixed_response(404),
    )


def route_grpc(listener: elbv2.ApplicationListener, targets: elbv2.ApplicationTargetGroup) -> None:
    """By the content type that the protocol demands of every call: a new method needs no new
    rule, and an unknown one gets gRPC's own UNIMPLEMENTED.

    https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
    """
    listener.add_target_groups(
        "Grpc",
        target_groups=[targets],
        priority=ROUTE_GRPC,
        conditions=[elbv2.ListenerCondition.http_header("content-type", ["application/grpc*"])],
    )


def drop_stage_from_paths(
    scope: Construct, listener: elbv2.ApplicationListener, targets: elbv2.ApplicationTargetGroup
) -> None:
    """`/api/v1/models` is `/v1/models`.

    API Gateway is documented to send the API's stage along in a private integration, and its
    examples rely on it not to: either way works here.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html
    """
    rule = elbv2.ApplicationListenerRule(
        scope,
        "DropStage",
        listener=listener,
        priority=DROP_STAGE,
        conditions=[elbv2.ListenerCondition.path_patterns([f"/{API_STAGE}/*"])],
        action=elbv2.ListenerAction.forward([targets]),
    )
    rewrite_paths(rule)


def rewrite_paths(rule: elbv2.ApplicationListenerRule) -> None:
    """Take the API's stage off the paths that begin with it, and leave the others alone.

    The CDK's rule has no transforms.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """
    rewrite = {"Regex": f"^/{API_STAGE}/(.*)$", "Replace": "/$1"}
    transform = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}}
    resource_of(rule).add_property_override("Transforms", [transform])
