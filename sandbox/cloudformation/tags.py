"""How the tags of a resource change: by calls that each service names anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from .api import Properties

Call = Callable[[str, str, Properties], Any]


@dataclass(frozen=True)
class Tagging:
    """The two calls of a service, and how their parameters are named."""

    service: str
    resource: str
    """The parameter that names the resource."""
    arn: str = ""
    """The attribute that has what this parameter wants; without one it is the physical id."""
    many: bool = False
    """Whether the parameter is a list."""
    tags: str = "Tags"
    keys: str = "TagKeys"
    add: str = "TagResource"
    remove: str = "UntagResource"
    keys_as_tags: bool = False
    property: str = "Tags"
    """Of the template."""

    def change(self, call: Call, resource: str, *, before: list[Any], after: list[Any]) -> None:
        """From one list of tags to the other."""
        named = {self.resource: [resource] if self.many else resource}
        wanted = {tag["Key"] for tag in after}
        gone = [tag["Key"] for tag in before if tag["Key"] not in wanted]
        if gone:
            keys: list[Any] = [{"Key": key} for key in gone] if self.keys_as_tags else gone
            call(self.service, self.remove, named | {self.keys: keys})
        if after:
            call(self.service, self.add, named | {self.tags: after})


_EC2: Final = Tagging(
    "ec2",
    "Resources",
    many=True,
    add="CreateTags",
    remove="DeleteTags",
    keys="Tags",
    keys_as_tags=True,
)
_GATEWAY: Final = Tagging("apigateway", "resourceArn")
_BALANCING: Final = Tagging("elbv2", "ResourceArns", many=True, add="AddTags", remove="RemoveTags")

BY_TYPE: Final[dict[str, Tagging]] = {
    "AWS::ApiGateway::ApiKey": _GATEWAY,
    "AWS::ApiGateway::RestApi": _GATEWAY,
    "AWS::ApiGateway::Stage": _GATEWAY,
    "AWS::ApiGateway::UsagePlan": _GATEWAY,
    "AWS::ApiGatewayV2::VpcLink": Tagging("apigatewayv2", "ResourceArn"),
    "AWS::ApplicationAutoScaling::ScalableTarget": Tagging(
        "application-autoscaling", "ResourceARN"
    ),
    "AWS::Budgets::Budget": Tagging(
        "budgets",
        "ResourceARN",
        arn="Arn",
        tags="ResourceTags",
        keys="ResourceTagKeys",
        property="ResourceTags",
    ),
    "AWS::CertificateManager::Certificate": Tagging(
        "acm",
        "CertificateArn",
        add="AddTagsToCertificate",
        remove="RemoveTagsFromCertificate",
        keys="Tags",
        keys_as_tags=True,
    ),
    "AWS::CloudWatch::Alarm": Tagging("cloudwatch", "ResourceARN", arn="Arn"),
    "AWS::CloudWatch::Dashboard": Tagging("cloudwatch", "ResourceARN"),
    "AWS::EC2::EIP": replace(_EC2, arn="AllocationId"),
    "AWS::EC2::FlowLog": _EC2,
    "AWS::EC2::InternetGateway": _EC2,
    "AWS::EC2::NatGateway": _EC2,
    "AWS::EC2::RouteTable": _EC2,
    "AWS::EC2::SecurityGroup": _EC2,
    "AWS::EC2::Subnet": _EC2,
    "AWS::EC2::VPC": _EC2,
    "AWS::EC2::VPCEndpoint": _EC2,
    "AWS::ECR::Repository": Tagging("ecr", "resourceArn", arn="Arn"),
    "AWS::ECS::Cluster": Tagging("ecs", "resourceArn", arn="Arn"),
    "AWS::ECS::Service": Tagging("ecs", "resourceArn"),
    "AWS::ECS::TaskDefinition": Tagging("ecs", "resourceArn"),
    "AWS::ElasticLoadBalancingV2::Listener": _BALANCING,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _BALANCING,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _BALANCING,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _BALANCING,
    "AWS::IAM::OIDCProvider": Tagging(
        "iam",
        "OpenIDConnectProviderArn",
        add="TagOpenIDConnectProvider",
        remove="UntagOpenIDConnectProvider",
    ),
    "AWS::IAM::Role": Tagging("iam", "RoleName", add="TagRole", remove="UntagRole"),
    "AWS::Lambda::Function": Tagging("lambda", "Resource", arn="Arn"),
    "AWS::Logs::LogGroup": Tagging("logs", "resourceArn", arn="Arn"),
    "AWS::SecretsManager::Secret": Tagging("secretsmanager", "SecretId"),
    "AWS::SNS::Topic": Tagging("sns", "ResourceArn"),
    "AWS::WAFv2::WebACL": Tagging("wafv2", "ResourceARN", arn="Arn"),
}


def listed(tags: Any) -> list[Any]:
    """Some templates write a map of tags."""
    if isinstance(tags, dict):
        return [{"Key": key, "Value": value} for key, value in tags.items()]
    return list(tags)
