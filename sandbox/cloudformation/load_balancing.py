"""AWS::ElasticLoadBalancingV2: moto's CloudFormation keeps no attributes and no gRPC matchers."""

from __future__ import annotations

from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .balancer_rules import (
    refuse_deletion,
    refuse_foreign_targets,
    refuse_other_vpc,
    refuse_taken_port,
)
from .resource import ApiResource

HEALTH_CHECK = (
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckPath",
    "HealthCheckPort",
    "HealthCheckProtocol",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "Matcher",
    "UnhealthyThresholdCount",
)


class LoadBalancer(ApiResource, CloudFormationModel):
    """An application load balancer with its attributes (idle timeout, logs, protection ...)."""

    type_name: ClassVar[str] = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset(
        {
            "CanonicalHostedZoneID",
            "DNSName",
            "LoadBalancerArn",
            "LoadBalancerFullName",
            "LoadBalancerName",
            "SecurityGroups",
        }
    )
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Name", "Scheme", "Type"})

    def create(self) -> None:
        chosen = self.take(
            "Scheme", "Type", "Subnets", "SubnetMappings", "SecurityGroups", "IpAddressType", "Tags"
        )
        answer = self.call("elbv2", "CreateLoadBalancer", {"Name": self.name, **chosen})
        made = answer["LoadBalancers"][0]
        self.take("Name", "LoadBalancerAttributes")
        self.physical_resource_id = made["LoadBalancerArn"]
        self._read(made)
        self._put_attributes()

    def update(self, before: Properties) -> None:
        arn = {"LoadBalancerArn": self.physical_resource_id}
        if self.changed(before, "SecurityGroups"):
            groups = {"SecurityGroups": self.properties.get("SecurityGroups", [])}
            self.call("elbv2", "SetSecurityGroups", {**arn, **groups})
        if self.changed(before, "Subnets"):
            refuse_other_vpc(self, self.properties["Subnets"])
            self.call("elbv2", "SetSubnets", {**arn, "Subnets": self.properties["Subnets"]})
        self._put_attributes()

    def remove(self) -> None:
        refuse_deletion(self)
        self.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": self.physical_resource_id})

    def _put_attributes(self) -> None:
        attributes = self.properties.get("LoadBalancerAttributes", [])
        if attributes:
            parameters = {"LoadBalancerArn": self.physical_resource_id, "Attributes": attributes}
            self.call("elbv2", "ModifyLoadBalancerAttributes", parameters)

    def _read(self, made: Properties) -> None:
        arn = made["LoadBalancerArn"]
        self.values = {
            "CanonicalHostedZoneID": made["CanonicalHostedZoneId"],
            "DNSName": made["DNSName"],
            "LoadBalancerArn": arn,
            "LoadBalancerFullName": arn.partition(":loadbalancer/")[2],
            "LoadBalancerName": self.name,
            "SecurityGroups": made.get("SecurityGroups", []),
        }


class TargetGroup(ApiResource, CloudFormationModel):
    """A target group with its health check, protocol version and attributes."""

    type_name: ClassVar[str] = "AWS::ElasticLoadBalancingV2::TargetGroup"
    name_property: ClassVar[str] = "Name"
    returns: ClassVar[frozenset[str]] = frozenset(
        {"LoadBalancerArns", "TargetGroupArn", "TargetGroupFullName", "TargetGroupName"}
    )
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {"IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"}
    )

    def create(self) -> None:
        chosen = self.take(*self.replaced_by, *HEALTH_CHECK, "Tags")
        made = self.call("elbv2", "CreateTargetGroup", {**chosen, "Name": self.name})
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        self.take("TargetGroupAttributes")
        self.physical_resource_id = arn
        self.values = {
            "LoadBalancerArns": [],
            "TargetGroupArn": arn,
            "TargetGroupFullName": arn.rpartition(":")[2],
            "TargetGroupName": self.name,
        }
        self._put_attributes()

    def update(self, before: Properties) -> None:
        parameters = {"TargetGroupArn": self.physical_resource_id, **self.take(*HEALTH_CHECK)}
        self.call("elbv2", "ModifyTargetGroup", parameters)
        self._put_attributes()

    def remove(self) -> None:
        self.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": self.physical_resource_id})

    def _put_attributes(self) -> None:
        attributes = self.properties.get("TargetGroupAttributes", [])
        if attributes:
            parameters = {"TargetGroupArn": self.physical_resource_id, "Attributes": attributes}
            self.call("elbv2", "ModifyTargetGroupAttributes", parameters)


class Listener(ApiResource, CloudFormationModel):
    """A listener with its certificates, TLS policy and default actions."""

    type_name: ClassVar[str] = "AWS::ElasticLoadBalancingV2::Listener"
    returns: ClassVar[frozenset[str]] = frozenset({"ListenerArn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"LoadBalancerArn"})
    CHANGEABLE: ClassVar[tuple[str, ...]] = (
        "AlpnPolicy",
        "Certificates",
        "DefaultActions",
        "MutualAuthentication",
        "Port",
        "Protocol",
        "SslPolicy",
    )

    def create(self) -> None:
        chosen = self.take("LoadBalancerArn", "Tags", *self.CHANGEABLE)
        refuse_taken_port(self, chosen["LoadBalancerArn"], chosen["Port"])
        refuse_foreign_targets(self, chosen["LoadBalancerArn"], chosen["DefaultActions"])
        made = self.call("elbv2", "CreateListener", chosen)["Listeners"][0]
        self.physical_resource_id = made["ListenerArn"]
        self.values = {"ListenerArn": self.physical_resource_id}
        self._put_attributes()

    def update(self, before: Properties) -> None:
        parameters = {"ListenerArn": self.physical_resource_id, **self.take(*self.CHANGEABLE)}
        actions = parameters["DefaultActions"]
        refuse_foreign_targets(self, self.properties["LoadBalancerArn"], actions)
        self.call("elbv2", "ModifyListener", parameters)
        self._put_attributes()

    def remove(self) -> None:
        self.call("elbv2", "DeleteListener", {"ListenerArn": self.physical_resource_id})

    def _put_attributes(self) -> None:
        attributes = self.take("ListenerAttributes").get("ListenerAttributes", [])
        if attributes:
            parameters = {"ListenerArn": self.physical_resource_id, "Attributes": attributes}
            self.call("elbv2", "ModifyListenerAttributes", parameters)


class ListenerRule(ApiResource, CloudFormationModel):
    """A listener's rule with its conditions, priority and actions."""

    type_name: ClassVar[str] = "AWS::ElasticLoadBalancingV2::ListenerRule"
    returns: ClassVar[frozenset[str]] = frozenset({"IsDefault", "RuleArn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"ListenerArn"})

    def create(self) -> None:
        chosen = self.take("ListenerArn", "Actions", "Conditions", "Priority", "Transforms", "Tags")
        refuse_foreign_targets(self, self._balancer(chosen["ListenerArn"]), chosen["Actions"])
        self.physical_resource_id = self.call("elbv2", "CreateRule", chosen)["Rules"][0]["RuleArn"]
        self.values = {"IsDefault": False, "RuleArn": self.physical_resource_id}

    def _balancer(self, listener_arn: str) -> str:
        found = self.call("elbv2", "DescribeListeners", {"ListenerArns": [listener_arn]})
        return str(found["Listeners"][0]["LoadBalancerArn"])

    def update(self, before: Properties) -> None:
        arn = {"RuleArn": self.physical_resource_id}
        if self.changed(before, "Priority"):
            priorities = [{**arn, "Priority": self.properties["Priority"]}]
            self.call("elbv2", "SetRulePriorities", {"RulePriorities": priorities})
        chosen = self.take("Actions", "Conditions", "Transforms")
        balancer = self._balancer(self.properties["ListenerArn"])
        refuse_foreign_targets(self, balancer, chosen["Actions"])
        self.call("elbv2", "ModifyRule", {**arn, **chosen})

    def remove(self) -> None:
        self.call("elbv2", "DeleteRule", {"RuleArn": self.physical_resource_id})
