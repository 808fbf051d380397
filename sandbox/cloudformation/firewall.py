"""AWS::EC2 security groups: moto's CloudFormation drops egress, IPv6 ranges and descriptions."""

from __future__ import annotations

import contextlib
from typing import ClassVar

from botocore.exceptions import ClientError
from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource

ADDRESS = ("CidrIp", "CidrIpv6", "FromPort", "GroupId", "IpProtocol", "ToPort")
RULE = (
    "CidrIp",
    "CidrIpv6",
    "Description",
    "FromPort",
    "IpProtocol",
    "SourcePrefixListId",
    "DestinationPrefixListId",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "ToPort",
)
EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def permission(rule: Properties) -> Properties:
    """One rule of a template as the EC2 API's IpPermission."""
    text = {"Description": rule["Description"]} if "Description" in rule else {}
    sources = {
        "IpRanges": ("CidrIp", rule.get("CidrIp")),
        "Ipv6Ranges": ("CidrIpv6", rule.get("CidrIpv6")),
        "PrefixListIds": (
            "PrefixListId",
            rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId"),
        ),
        "UserIdGroupPairs": (
            "GroupId",
            rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId"),
        ),
    }
    result: Properties = {
        key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule
    }
    result |= {name: [{key: value, **text}] for name, (key, value) in sources.items() if value}
    return result


class SecurityGroup(ApiResource, CloudFormationModel):
    """A security group with the rules in both directions that its template lists."""

    type_name: ClassVar[str] = "AWS::EC2::SecurityGroup"
    name_property: ClassVar[str] = "GroupName"
    returns: ClassVar[frozenset[str]] = frozenset({"GroupId", "Id", "VpcId"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"GroupDescription", "GroupName", "VpcId"})

    def create(self) -> None:
        chosen = self.take("VpcId", "GroupDescription", "GroupName", "Tags")
        parameters = {
            "GroupName": self.name,
            "Description": chosen["GroupDescription"],
            "VpcId": chosen["VpcId"],
        }
        self.physical_resource_id = self.call("ec2", "CreateSecurityGroup", parameters)["GroupId"]
        group = self.physical_resource_id
        self.values = {"GroupId": group, "Id": group, "VpcId": chosen["VpcId"]}
        if chosen.get("Tags"):
            self.call("ec2", "CreateTags", {"Resources": [group], "Tags": chosen["Tags"]})
        rules = self.take("SecurityGroupIngress", "SecurityGroupEgress")
        self._authorize("Ingress", rules.get("SecurityGroupIngress", []))
        if "SecurityGroupEgress" in rules:
            # A group starts with egress to everywhere; a template that lists egress replaces that.
            self._change("RevokeSecurityGroupEgress", [EVERYWHERE])
            self._authorize("Egress", rules["SecurityGroupEgress"])

    def update(self, before: Properties) -> None:
        for side in ("Ingress", "Egress"):
            name = f"SecurityGroup{side}"
            old, new = before.get(name, []), self.properties.get(name, [])
            gone = [permission(rule) for rule in old if rule not in new]
            if gone:
                self._change(f"RevokeSecurityGroup{side}", gone)
            self._authorize(side, [rule for rule in new if rule not in old])

    def remove(self) -> None:
        self.call("ec2", "DeleteSecurityGroup", {"GroupId": self.physical_resource_id})

    def _authorize(self, side: str, rules: list[Properties]) -> None:
        if rules:
            permissions = [permission(rule) for rule in rules]
            self._change(f"AuthorizeSecurityGroup{side}", permissions)

    def _change(self, operation: str, permissions: list[Properties]) -> None:
        parameters = {"GroupId": self.physical_resource_id, "IpPermissions": permissions}
        self.call("ec2", operation, parameters)


class _Rule(ApiResource):
    side: ClassVar[str]
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})

    def create(self) -> None:
        answer = self._change("Authorize")
        self.physical_resource_id = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        self.values = {"Id": self.physical_resource_id}

    def update(self, before: Properties) -> None:
        """Only the description can change: a new rule of the same meaning takes its place."""
        after, self.properties = self.properties, before
        self.remove()
        self.properties = after
        self.create()

    def remove(self) -> None:
        self._change("Revoke")

    def _change(self, verb: str) -> Properties:
        group, rule = self.take("GroupId"), self.take(*RULE)
        parameters = {**group, "IpPermissions": [permission(rule)]}
        answer: Properties = self.call("ec2", f"{verb}SecurityGroup{self.side}", parameters)
        return answer


class SecurityGroupIngress(_Rule, CloudFormationModel):
    """A rule of its own, which CDK writes between two groups."""

    type_name: ClassVar[str] = "AWS::EC2::SecurityGroupIngress"
    side: ClassVar[str] = "Ingress"
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {*ADDRESS, "SourcePrefixListId", "SourceSecurityGroupId"}
    )


class SecurityGroupEgress(_Rule, CloudFormationModel):
    """A rule of its own, which CDK writes between two groups; moto lacks the type."""

    type_name: ClassVar[str] = "AWS::EC2::SecurityGroupEgress"
    side: ClassVar[str] = "Egress"
    replaced_by: ClassVar[frozenset[str]] = frozenset(
        {*ADDRESS, "DestinationPrefixListId", "DestinationSecurityGroupId"}
    )

    def create(self) -> None:
        """With the first such rule CloudFormation takes the group's egress to everywhere away.

        github.com/aws/aws-cdk/pull/998 ("strip the default outbound rule").
        """
        with contextlib.suppress(ClientError):  # it is gone already
            parameters = {**self.take("GroupId"), "IpPermissions": [EVERYWHERE]}
            self.call("ec2", "RevokeSecurityGroupEgress", parameters)
        super().create()
