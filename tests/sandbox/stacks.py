"""A small stack: a service behind a target group, scaled to two tasks."""

import json
from typing import Any

import boto3

from sandbox.processes import wait_until
from sandbox.state import REGION
from tests.sandbox.waiting import LONG_SECONDS

NAME = "example"
SERVICE = "main"
ALARM = "example-errors"
ELB = "AWS::ElasticLoadBalancingV2"


def template(
    version: str, *, canary: bool = False, bake_minutes: int = 30, **environment: str
) -> str:
    """The stack; `version` is the setting that an update changes."""
    vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = boto3.client("ec2").describe_subnets()["Subnets"][:2]
    variables = {"HOST": "0.0.0.0", "PORT": "8080", "VERSION": version, **environment}
    resources = {
        "Log": ("AWS::Logs::LogGroup", {}),
        "Cluster": ("AWS::ECS::Cluster", {}),
        "Targets": (f"{ELB}::TargetGroup", target_group(vpc)),
        "Balancer": (f"{ELB}::LoadBalancer", {"Subnets": [item["SubnetId"] for item in subnets]}),
        "Listener": (f"{ELB}::Listener", listener()),
        "Task": ("AWS::ECS::TaskDefinition", task_definition(variables)),
        "Service": ("AWS::ECS::Service", service()),
        "Scaling": ("AWS::ApplicationAutoScaling::ScalableTarget", scalable_target()),
    }
    if canary:
        resources |= canary_resources(vpc, bake_minutes)
    nodes = {key: {"Type": kind, "Properties": value} for key, (kind, value) in resources.items()}
    nodes["Service"]["DependsOn"] = ["Listener"]
    return json.dumps({"Resources": nodes})


def listener() -> dict[str, Any]:
    return {
        "LoadBalancerArn": {"Ref": "Balancer"},
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Targets"}}],
    }


def canary_resources(vpc: str, bake_minutes: int) -> dict[str, Any]:
    """A rule that divides traffic between two target groups, and an alarm that watches."""
    groups = [
        {"TargetGroupArn": {"Ref": "Targets"}, "Weight": 100},
        {"TargetGroupArn": {"Ref": "Green"}, "Weight": 0},
    ]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    return {
        "Green": (f"{ELB}::TargetGroup", target_group(vpc)),
        "Rule": (
            f"{ELB}::ListenerRule",
            {
                "ListenerArn": {"Ref": "Listener"},
                "Priority": 1,
                "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}],
                "Actions": [forward],
            },
        ),
        "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Version": "2012-10-17"}}),
        "Alarm": ("AWS::CloudWatch::Alarm", alarm()),
        "Service": ("AWS::ECS::Service", canary_service(bake_minutes)),
    }


def alarm() -> dict[str, Any]:
    return {
        "AlarmName": ALARM,
        "Namespace": "N",
        "MetricName": "M",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Statistic": "Average",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
    }


def canary_service(bake_minutes: int) -> dict[str, Any]:
    made = service()
    made["LoadBalancers"][0]["AdvancedConfiguration"] = {
        "AlternateTargetGroupArn": {"Ref": "Green"},
        "ProductionListenerRule": {"Ref": "Rule"},
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    made["DeploymentConfiguration"] |= {
        "Strategy": "CANARY",
        "CanaryConfiguration": {"CanaryPercent": 20, "CanaryBakeTimeInMinutes": bake_minutes},
        "BakeTimeInMinutes": bake_minutes,
        "Alarms": {"Enable": True, "Rollback": True, "AlarmNames": [ALARM]},
    }
    return made


def target_group(vpc: str) -> dict[str, Any]:
    return {
        "VpcId": vpc,
        "Port": 8080,
        "Protocol": "HTTP",
        "TargetType": "ip",
        "HealthCheckPath": "/health",
        "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
    }


def task_definition(variables: dict[str, str]) -> dict[str, Any]:
    environment = [{"Name": name, "Value": value} for name, value in variables.items()]
    container = {
        "Name": SERVICE,
        "Image": "image:1",
        "Memory": 128,
        "Environment": environment,
        "PortMappings": [{"ContainerPort": 8080}],
        "StopTimeout": 5,
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": {"Ref": "Log"},
                "awslogs-region": REGION,
                "awslogs-stream-prefix": "example",
            },
        },
    }
    return {"Family": "family", "ContainerDefinitions": [container]}


def service() -> dict[str, Any]:
    balancer = {
        "ContainerName": SERVICE,
        "ContainerPort": 8080,
        "TargetGroupArn": {"Ref": "Targets"},
    }
    breaker = {"Enable": True, "Rollback": True}
    return {
        "Cluster": {"Ref": "Cluster"},
        "ServiceName": SERVICE,
        "TaskDefinition": {"Ref": "Task"},
        "LoadBalancers": [balancer],
        "DeploymentConfiguration": {"DeploymentCircuitBreaker": breaker},
    }


def scalable_target() -> dict[str, Any]:
    resource = {
        "Fn::Join": ["/", ["service", {"Ref": "Cluster"}, {"Fn::GetAtt": ["Service", "Name"]}]]
    }
    return {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": resource,
        "MinCapacity": 2,
        "MaxCapacity": 3,
    }


def execute(version: str, **changes: Any) -> None:
    """Begin to create or update the stack, as `template` makes it of them."""
    client = boto3.client("cloudformation", region_name=REGION)
    made = client.create_change_set(
        StackName=NAME,
        ChangeSetName="change",
        ChangeSetType="UPDATE" if exists() else "CREATE",
        TemplateBody=template(version, **changes),
    )
    client.execute_change_set(StackName=NAME, ChangeSetName=made["Id"])


def exists() -> bool:
    stacks = boto3.client("cloudformation", region_name=REGION).describe_stacks()["Stacks"]
    return NAME in [item["StackName"] for item in stacks]


def status() -> str:
    client = boto3.client("cloudformation")
    return client.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]


def described() -> dict[str, Any]:
    client = boto3.client("ecs")
    for cluster in client.list_clusters()["clusterArns"]:
        found = client.describe_services(cluster=cluster, services=[SERVICE])["services"]
        if found and found[0]["status"] == "ACTIVE":
            return dict(found[0])
    return {}


def ready() -> bool:
    """CloudFormation has done with the stack, and both tasks serve."""
    settled = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    return status() in settled and target_states() == ["healthy", "healthy"]


def weights() -> list[int]:
    """Of the two target groups, the service's own first."""
    entry = described()["loadBalancers"][0]["advancedConfiguration"]
    client = boto3.client("elbv2")
    rule = client.describe_rules(RuleArns=[entry["productionListenerRule"]])["Rules"][0]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    green = entry["alternateTargetGroupArn"]
    found = sorted((item["TargetGroupArn"] == green, item["Weight"]) for item in groups)
    return [weight for _, weight in found]


def service_deployment() -> dict[str, Any]:
    """The newest one."""
    client, service = boto3.client("ecs"), described()
    where = {"cluster": service["clusterArn"], "service": service["serviceName"]}
    arn = client.list_service_deployments(**where)["serviceDeployments"][0]["serviceDeploymentArn"]
    answer = client.describe_service_deployments(serviceDeploymentArns=[arn])
    return dict(answer["serviceDeployments"][0])


def set_alarm(state: Any) -> None:
    client = boto3.client("cloudwatch")
    client.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="drill")


def target_states(number: int = 0) -> list[str]:
    """Of the service's target group, or of its alternate one."""
    client = boto3.client("elbv2")
    entry = described()["loadBalancers"][0]
    other = entry.get("advancedConfiguration", {}).get("alternateTargetGroupArn", "")
    arn = (entry["targetGroupArn"], other)[number]
    found = client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return sorted(item["TargetHealth"]["State"] for item in found)


def version_of(task_definition: str) -> str:
    """The `version` of the template that it is from."""
    answer = boto3.client("ecs").describe_task_definition(taskDefinition=task_definition)
    listed = answer["taskDefinition"]["containerDefinitions"][0]["environment"]
    return {item["name"]: item["value"] for item in listed}["VERSION"]


def running_tasks() -> list[str]:
    return _task_arns("RUNNING")


def stopped_tasks() -> list[dict[str, Any]]:
    arns = _task_arns("STOPPED")
    if not arns:
        return []
    cluster = described()["clusterArn"]
    found = boto3.client("ecs").describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return [dict(task) for task in found]


def _task_arns(status: Any) -> list[str]:
    where = {"cluster": described()["clusterArn"], "serviceName": SERVICE}
    return boto3.client("ecs").list_tasks(**where, desiredStatus=status)["taskArns"]


def stop(task: str) -> None:
    boto3.client("ecs").stop_task(cluster=described()["clusterArn"], task=task, reason="drill")


def log_of(task: dict[str, Any]) -> list[str]:
    """What CloudWatch Logs has of a task."""
    client = boto3.client("ecs")
    definition = client.describe_task_definition(taskDefinition=task["taskDefinitionArn"])
    container = definition["taskDefinition"]["containerDefinitions"][0]
    group = container["logConfiguration"]["options"]["awslogs-group"]
    stream = f"example/{SERVICE}/{task['taskArn'].rpartition('/')[2]}"
    logs = boto3.client("logs")
    events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    return [event["message"] for event in events]


def delete() -> None:
    """Until it is gone: the next test makes one of the same name."""
    boto3.client("cloudformation").delete_stack(StackName=NAME)
    assert wait_until(lambda: not exists(), seconds=LONG_SECONDS), status()
