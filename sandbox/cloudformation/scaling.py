"""AWS::ApplicationAutoScaling and AWS::CloudWatch::Alarm, which moto's CloudFormation lacks."""

from __future__ import annotations

from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource

TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
POLICIES = (
    "PolicyType",
    "PredictiveScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
)
SERVICE = "application-autoscaling"


class ScalableTarget(ApiResource, CloudFormationModel):
    """The bounds between which a service is scaled."""

    type_name: ClassVar[str] = "AWS::ApplicationAutoScaling::ScalableTarget"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset(TARGET)

    def create(self) -> None:
        identity = self.take(*TARGET)
        # The id that ScalingTargetId refers to: AWS::ApplicationAutoScaling::ScalableTarget, Ref.
        self.physical_resource_id = "|".join(
            identity[key] for key in ("ResourceId", "ScalableDimension", "ServiceNamespace")
        )
        self.values = {"Id": self.physical_resource_id}
        self._put()

    def update(self, before: Properties) -> None:
        for name in _action_names(before) - _action_names(self.properties):
            self._unschedule(name)
        self._put()

    def remove(self) -> None:
        for name in _action_names(self.properties):
            self._unschedule(name)
        self.call(SERVICE, "DeregisterScalableTarget", self.take(*TARGET))

    def _put(self) -> None:
        chosen = self.take(
            *TARGET, "MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState", "Tags"
        )
        self._arn = self.call(SERVICE, "RegisterScalableTarget", chosen)["ScalableTargetARN"]
        for action in self.take("ScheduledActions").get("ScheduledActions", []):
            self.call(SERVICE, "PutScheduledAction", {**self.take(*TARGET), **action})

    @property
    def tagged_as(self) -> str:
        return str(self._arn)

    def _unschedule(self, name: str) -> None:
        identity = {**self.take(*TARGET), "ScheduledActionName": name}
        self.call(SERVICE, "DeleteScheduledAction", identity)


def _action_names(properties: Properties) -> set[str]:
    return {action["ScheduledActionName"] for action in properties.get("ScheduledActions", [])}


class ScalingPolicy(ApiResource, CloudFormationModel):
    """A scaling policy; the API makes the alarms of target tracking."""

    type_name: ClassVar[str] = "AWS::ApplicationAutoScaling::ScalingPolicy"
    name_property: ClassVar[str] = "PolicyName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({*TARGET, "PolicyName", "ScalingTargetId"})
    shares_name: ClassVar[bool] = True

    def create(self) -> None:
        self.take("PolicyName", "ScalingTargetId")
        self._put()

    def update(self, before: Properties) -> None:
        self._put()

    def remove(self) -> None:
        self.call(SERVICE, "DeleteScalingPolicy", {**self._target(), "PolicyName": self.name})

    def _put(self) -> None:
        chosen = {**self._target(), **self.take(*POLICIES), "PolicyName": self.name}
        self.physical_resource_id = self.call(SERVICE, "PutScalingPolicy", chosen)["PolicyARN"]
        self.values = {"Arn": self.physical_resource_id}

    def _target(self) -> Properties:
        explicit = self.take(*TARGET)
        if "ScalingTargetId" not in self.properties:
            return explicit
        resource, dimension, namespace = self.properties["ScalingTargetId"].split("|")
        return dict(zip(TARGET, (namespace, resource, dimension), strict=True))


class Alarm(ApiResource, CloudFormationModel):
    """A metric alarm."""

    type_name: ClassVar[str] = "AWS::CloudWatch::Alarm"
    name_property: ClassVar[str] = "AlarmName"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"AlarmName"})
    takes_all: ClassVar[bool] = True

    def create(self) -> None:
        self._put()
        self.physical_resource_id = self.name
        self.values = {"Arn": f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name}"}

    def update(self, before: Properties) -> None:
        self._put()

    def remove(self) -> None:
        self.call("cloudwatch", "DeleteAlarms", {"AlarmNames": [self.name]})

    def _put(self) -> None:
        parameters = {**self.properties, "AlarmName": self.name}
        self.call("cloudwatch", "PutMetricAlarm", parameters)
