"""What a resource costs by being there, read from its template; what costs by use; what is free."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from operations.stage import Resource, Template

HOURS: Final = 730
"""Of a month, as AWS's own calculator counts: 8,760 / 12."""


@dataclass(frozen=True, slots=True)
class Charge:
    """`count` things, each of which takes `units` of a price a month."""

    what: str
    count: int
    price: str
    units: float = HOURS


ChargeRule = Callable[[Resource, Template], Iterator[Charge]]


def _nat_gateway(_: Resource, __: Template) -> Iterator[Charge]:
    yield Charge("NAT gateway", 1, "nat_gateway_hour")


def _address(_: Resource, __: Template) -> Iterator[Charge]:
    yield Charge("public IPv4 address", 1, "public_ipv4_hour")


def _load_balancer(resource: Resource, _: Template) -> Iterator[Charge]:
    kind = resource.properties.get("Type", "application")
    yield Charge(f"{kind} load balancer", 1, f"{kind}_load_balancer_hour")
    if resource.properties.get("Scheme") == "internet-facing":
        zones = len(resource.properties.get("Subnets", ()))
        yield Charge("public IPv4 address", zones, "public_ipv4_hour")


def _endpoint(resource: Resource, _: Template) -> Iterator[Charge]:
    kind = resource.properties.get("VpcEndpointType", "Gateway")
    if (
        kind == "Gateway"
    ):  # free: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
        return
    zones = len(resource.properties.get("SubnetIds", ())) or 1
    yield Charge(f"{kind.lower()} endpoint in a zone", zones, f"{kind.lower()}_endpoint_hour")


def _secret(_: Resource, __: Template) -> Iterator[Charge]:
    yield Charge("secret", 1, "secret_month", 1)


def _key(_: Resource, __: Template) -> Iterator[Charge]:
    yield Charge("encryption key", 1, "kms_key_month", 1)


def _alarm(resource: Resource, _: Template) -> Iterator[Charge]:
    """For each metric that it reads; what it computes of them costs nothing."""
    queries = [
        item["MetricStat"]
        for item in resource.properties.get("Metrics", ())
        if "MetricStat" in item
    ]
    periods = [item.get("Period", 60) for item in queries] or [
        resource.properties.get("Period", 60)
    ]
    for period in periods:
        yield _alarm_metrics(1, fast=int(period) < 60)


def _alarm_metrics(count: int, *, fast: bool) -> Charge:
    return Charge(
        "alarm's metric", count, "fast_alarm_metric_month" if fast else "alarm_metric_month", 1
    )


def _scaling_policy(resource: Resource, _: Template) -> Iterator[Charge]:
    """Target tracking makes alarms for itself, one to add and one to remove, which read the same.

    https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
    """
    tracking = resource.properties.get("TargetTrackingScalingPolicyConfiguration", {})
    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", "")
    own = tracking.get("CustomizedMetricSpecification", {}).get("Metrics", ())
    read = sum("MetricStat" in item for item in own) or 1
    if tracking:
        yield _alarm_metrics(2 * read, fast=predefined.endswith("HighResolution"))


def _composite_alarm(_: Resource, __: Template) -> Iterator[Charge]:
    yield Charge("composite alarm", 1, "composite_alarm_month", 1)


def _cluster(resource: Resource, _: Template) -> Iterator[Charge]:
    for setting in resource.properties.get("ClusterSettings", ()):
        if setting["Name"] == "containerInsights" and setting["Value"] != "disabled":
            yield Charge("Container Insights", 1, "container_insights_month", 1)


def _dashboard(_: Resource, __: Template) -> Iterator[Charge]:
    yield Charge("dashboard", 1, "dashboard_month", 1)


def _web_acl(resource: Resource, _: Template) -> Iterator[Charge]:
    yield Charge("web ACL", 1, "web_acl_month", 1)
    yield Charge(
        "web ACL's rule", len(resource.properties.get("Rules", ())), "web_acl_rule_month", 1
    )


FIXED: Final[dict[str, ChargeRule]] = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling_policy,
    "AWS::EC2::NatGateway": _nat_gateway,
    "AWS::EC2::EIP": _address,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancer,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::KMS::Key": _key,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _composite_alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::ECS::Cluster": _cluster,
    "AWS::WAFv2::WebACL": _web_acl,
}

BY_USE: Final = {
    "AWS::ApiGateway::RestApi": "API Gateway: requests and data",
    "AWS::ApiGatewayV2::Api": "API Gateway: requests and data",
    "AWS::EC2::FlowLog": "flow logs: lines delivered",
    "AWS::EC2::NatGateway": "NAT gateway: data that passes it",
    "AWS::ECR::Repository": "ECR: stored images",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer: capacity units",
    "AWS::Lambda::Function": "Lambda: calls and their seconds",
    "AWS::Logs::LogGroup": "CloudWatch Logs: lines written and kept",
    "AWS::S3::Bucket": "S3: stored objects and requests",
    "AWS::SNS::Topic": "SNS: messages",
    "AWS::WAFv2::WebACL": "WAF: requests inspected",
}

# Configuration of something that is charged elsewhere, or free. A type that is in none of these
# tables is named as not priced, so a new one cannot pass for free.
FREE: Final = (
    "AWS::ApiGateway::[!RV]*",  # all but the API itself and a link to a VPC
    "AWS::ApiGateway::Resource",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    # "$0.00 for Budget-days", and ours has no actions: AWS's price list of 2020-10-01,
    # https://huggingface.co/datasets/labofsahil/aws-pricing-dataset (AWSBudgets.csv)
    "AWS::Budgets::Budget",
    "AWS::CDK::Metadata",
    "AWS::CertificateManager::Certificate",  # public ones: https://aws.amazon.com/certificate-manager/pricing/
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup*",
    "AWS::EC2::Subnet*",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener*",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::*",
    "AWS::KMS::Alias",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Route53::RecordSet",  # an alias's queries too: https://aws.amazon.com/route53/pricing/
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
)


def is_free(resource_type: str) -> bool:
    """Whether a resource of this type costs nothing of its own."""
    return any(fnmatchcase(resource_type, pattern) for pattern in FREE)
