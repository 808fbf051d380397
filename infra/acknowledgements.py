"""What rules find and we leave as it is: where, and why, in one place.

Tests run cdk-nag's AwsSolutions pack and our own (`infra/rules`) over every stage: a finding that
is not here fails them, and so does an entry that finds nothing.
"""

from functools import cache
from typing import Final, NamedTuple, cast

from aws_cdk import Acknowledgment, App, CfnResource, Validations
from constructs import IConstruct


class Acknowledged(NamedTuple):
    """Findings at one construct, or below it, that have one reason; `path` is the construct's."""

    rules: tuple[str, ...]
    path: str
    reason: str


ACKNOWLEDGED: Final = (
    Acknowledged(
        ("AwsSolutions-SMG4",),
        "Inference/Keys/Secret",
        "It holds hashes of keys that people hold: to rotate one means to hand out another, which "
        "no function can do. `make key` adds the new one, and the old one is removed later.",
    ),
    Acknowledged(
        ("AwsSolutions-IAM5[Resource::*]",),
        "Inference/Task/ExecutionRole/DefaultPolicy",
        "ecr:GetAuthorizationToken, which takes no resource. Service Authorization Reference, "
        "Amazon Elastic Container Registry.",
    ),
    Acknowledged(
        ("AwsSolutions-ECS2",),
        "Inference/Task/Definition",
        "The variables are settings and no secrets: keys are read from Secrets Manager at run "
        "time, because a secret that ECS injects never changes in a running task.",
    ),
    Acknowledged(
        ("AwsSolutions-ECS4",),
        "Inference/Service/Cluster",
        "Container Insights bills each metric of each task; the service writes those that alarms "
        "and scaling read, and ECS gives CPU and memory without it.",
    ),
    Acknowledged(
        ("AwsSolutions-EC23",),
        "Inference/LoadBalancer/SecurityGroup",
        "Everyone may connect only where the stage's file lists 0.0.0.0/0; a public endpoint then "
        "must have a certificate, and asks each caller who it is.",
    ),
    Acknowledged(
        ("AwsSolutions-APIG2", "AwsSolutions-APIG4", "AwsSolutions-COG4"),
        "Inference/ApiGateway/Api",
        "It passes everything on: the service asks each caller who it is, by keys or by access "
        "tokens that it verifies itself, and checks every field of each request.",
    ),
    Acknowledged(
        ("AwsSolutions-APIG1", "AwsSolutions-APIG3", "AwsSolutions-APIG6"),
        "Inference/ApiGateway/Api",
        "Logs and a firewall are settings: the one needs a role that is the whole account's, the "
        "other costs 9 USD a month, and the service logs each request.",
    ),
    Acknowledged(
        ("AwsSolutions-ELB2",),
        "Inference/LoadBalancer/Balancer",
        "Access logs are a setting: they hold the addresses of callers, and the service logs each "
        "request without them.",
    ),
    Acknowledged(
        (
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:<AWS::Region>:"
            "<AWS::AccountId>:stack/llm-on-ecs-*]",
        ),
        "Delivery/Reader/Role/DefaultPolicy",
        "Pull requests read the templates of this project's stacks. A stack's ARN ends in an id "
        "that CloudFormation makes, so none can be written down before.",
    ),
    Acknowledged(
        ("AwsSolutions-IAM5[Resource::*]",),
        "Inference/LoadBalancer/SecondTargets/Role",
        "Describing listeners, rules, target groups and their health, none of which takes a "
        "resource. Service Authorization Reference, Elastic Load Balancing v2.",
    ),
    Acknowledged(
        (
            "AwsSolutions-IAM5[Resource::*]",
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:<AWS::Region>:"
            "<AWS::AccountId>:stack/llm-on-ecs-*]",
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:"
            "log-group:llm-on-ecs-*]",
        ),
        "Delivery/Deployer/Role/DefaultPolicy",
        "It describes what a deploy changes, which has no name before, and reads the templates of "
        "this project's stacks and the last lines of its tasks. The lookup role, which it may take "
        "anyway, reads everything.",
    ),
    Acknowledged(
        ("AwsSolutions-S1",),
        "Inference/LoadBalancer/AccessLogs/Bucket",
        "It holds logs itself, to which load balancers add and people of this account read; a log "
        "of its readers is CloudTrail's to keep.",
    ),
)

OF_OUR_RULES: Final = (
    Acknowledged(
        ("W9520",),
        "Inference/Task/Definition/Resource",
        "service/Dockerfile declares /tmp a VOLUME, so that Fargate gives it to the image's user.",
    ),
)


def acknowledge(app: App) -> None:
    """Tell cdk-nag, which reads it where somebody runs it, and cfn-lint, in the template."""

    @cache  # paths begin alike, and each step is a question to another process
    def find(path: str) -> IConstruct | None:
        scope, _, construct_id = path.rpartition("/")
        parent = find(scope) if scope else app
        return parent and parent.node.try_find_child(construct_id)

    for acknowledged in OF_OUR_RULES:
        if construct := find(acknowledged.path):
            ignored = {"config": {"ignore_checks": list(acknowledged.rules)}}
            cast(CfnResource, construct).add_metadata("cfn-lint", ignored)
    for acknowledged in ACKNOWLEDGED:
        if construct := find(acknowledged.path):
            for rule in acknowledged.rules:
                Validations.of(construct).acknowledge(
                    Acknowledgment(id=f"AwsSolutions::{rule}", reason=acknowledged.reason)
                )
