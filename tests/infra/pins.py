"""What holds data, or an identity that others know, keeps its logical id.

CloudFormation knows a resource by its logical id, which the CDK makes of the construct's path.
Under another one the resource is made anew and empty, and the old one is deleted, or stays in no
stack. So this list is changed by hand and never by a program: a line comes with the setting that
makes the resource; one that goes or changes does so with the reason in the commit and, where a
stage has been released with it, the loss accepted in delivery/baseline/accepted.toml.

Where the service stands is part of a load balancer's id (infra/components/placement.py), so that a
move to another VPC, or to the internet, makes another one beside the old one.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from delivery.risk.held import held_by
from tests.infra.assemblies import Assembly

Pin = tuple[str, str, str]
"""Type, construct path and logical id."""

# Type, construct path, logical id.
PINNED: Final = """
ApiKey       Inference/ApiGateway/Api/Key             ApiGatewayApiKeyC5EC7E49
Bucket       Inference/LoadBalancer/AccessLogs/Bucket LoadBalancerAccessLogsBucket38E275E7
Bucket       Registry/Models/AccessLog                ModelsAccessLog0BD74C69
Bucket       Registry/Models/Bucket                   ModelsBucket970C6ADA
EIP          Network/Vpc/PublicSubnet1/EIP            VpcPublicSubnet1EIPD7E02669
EIP          Network/Vpc/PublicSubnet2/EIP            VpcPublicSubnet2EIP3C605A87
EIP          Network/Vpc/PublicSubnet3/EIP            VpcPublicSubnet3EIP3A666A23
LoadBalancer Inference/LoadBalancer/Balancer          LoadBalancerCD993E47
LoadBalancer Inference/LoadBalancer/Balancer          LoadBalancerCD993E47Public
LoadBalancer Inference/LoadBalancer/Balancer          LoadBalancerCD993E47PublicVpc0123456789abcdef0
LoadBalancer Inference/LoadBalancer/Balancer          LoadBalancerCD993E47Vpc0123456789abcdef0
LogGroup     Function/Inference/Log                   InferenceLogC3AC6DCE
LogGroup     Inference/ApiGateway/Log                 ApiGatewayLog1A2D3FBE
LogGroup     Inference/Firewall/Log                   FirewallLog4D407857
LogGroup     Inference/Task/Log                       TaskLog2A1470CD
LogGroup     Inference/VpcAdditions/FlowLog/Group     VpcAdditionsFlowLogGroupC9B399F9
LogGroup     Network/FlowLog/Group                    FlowLogGroupEE9BEDC9
OIDCProvider Delivery/Provider                        Provider2281708E
RecordSet    Inference/LoadBalancer/Domain/Record     LoadBalancerDomainRecord154897C5
Repository   Registry/Repository                      Repository22E53BBD
RestApi      Inference/ApiGateway/Api                 ApiGatewayApiE27D4408
Role         Delivery/Deployer/Role                   DeployerRole36024D4B
Role         Delivery/Reader/Role                     ReaderRole07D5A14E
Secret       Inference/Keys/Secret                    KeysSecret88F3B70F
Stage        Inference/ApiGateway/Api/DeploymentStage.api ApiGatewayApiDeploymentStageapi623AD44C
Topic        Inference/Watching/Notifications/Topic   WatchingNotificationsTopic036D9975
Url          Function/Inference/Handler/FunctionUrl   InferenceHandlerFunctionUrl097533F1
VPC          Network/Vpc                              Vpc8378EB38
"""


def pinned() -> set[Pin]:
    """Of stages in the VPC that our variants name."""
    found = set()
    for line in PINNED.strip().splitlines():
        kind, path, logical_id = line.split()
        found.add((kind, path, logical_id))
    return found


def held(assembly: Assembly) -> set[Pin]:
    """Of what a new resource could not stand in for."""
    return {
        (body["Type"].rpartition("::")[2], paths[logical_id], logical_id)
        for stack, template in assembly.templates.items()
        for paths in (_paths(assembly, stack),)
        for logical_id, body in template["Resources"].items()
        if held_by(body)
    }


def wherever(pins: set[Pin]) -> set[Pin]:
    """The same, in whichever VPC the stage is."""
    return {(kind, path, re.sub(r"Vpc[0-9a-f]+$", "Vpc", name)) for kind, path, name in pins}


def _paths(assembly: Assembly, stack: str) -> Mapping[str, str]:
    """Each construct's path, as the code spells it, by its logical id."""
    metadata: dict[str, list[dict[str, Any]]] = assembly.report(f"{stack}.metadata.json")
    return {
        entry["data"]: path.removeprefix("/").removesuffix("/Resource")
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:logicalId"
    }
