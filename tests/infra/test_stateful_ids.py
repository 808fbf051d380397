"""What holds data, or an identity that others know, keeps its logical id.

CloudFormation knows a resource by its logical id, which the CDK makes of the construct's path.
Under another one the resource is made anew and empty, and the old one is deleted, or stays in no
stack. So this list is changed by hand and never by a program: a line comes with the setting that
makes the resource; one that goes or changes does so with the reason in the commit and, where a
stage has been released with it, the loss accepted in delivery/baseline/accepted.toml.

Where the service stands is part of a load balancer's id (infra/components/placement.py), so that a
move to another VPC, or to the internet, makes another one beside the old one.
"""

from collections.abc import Callable
from typing import Any, Final

from delivery.risk.held import held_by
from delivery.schemas import stateful_types
from tests.infra.assemblies import VARIANTS, Assembly

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
Repository   Registry/Repository                      Repository22E53BBD
RestApi      Inference/ApiGateway/Api                 ApiGatewayApiE27D4408
Secret       Inference/Keys/Secret                    KeysSecret88F3B70F
Url          Function/Inference/Handler/FunctionUrl   InferenceHandlerFunctionUrl097533F1
VPC          Network/Vpc                              Vpc8378EB38
"""


def held(assembly: Assembly) -> set[tuple[str, str, str]]:
    """Type, construct path and logical id of what a new resource could not stand in for."""
    return {
        (body["Type"].rpartition("::")[2], path, logical_id)
        for stack, template in assembly.templates.items()
        for path, logical_id in paths(assembly, stack)
        if (body := template["Resources"].get(logical_id)) and held_by(body["Type"])
    }


def paths(assembly: Assembly, stack: str) -> set[tuple[str, str]]:
    """Each construct's path, as the code spells it, with its logical id."""
    metadata: dict[str, list[dict[str, Any]]] = assembly.report(f"{stack}.metadata.json")
    return {
        (path.removeprefix("/").removesuffix("/Resource"), entry["data"])
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:logicalId"
    }


def test_what_holds_data_or_an_identity_is_what_is_pinned(
    synthesised: Callable[[str], Assembly],
) -> None:
    found = {item for variant in VARIANTS for item in held(synthesised(variant))}
    pinned = {tuple(line.split()) for line in PINNED.strip().splitlines()}
    assert found == pinned, "read this file's docstring before you change the list"


def test_whatever_holds_data_says_what_becomes_of_it(
    synthesised: Callable[[str], Assembly],
) -> None:
    for variant in VARIANTS:
        for template in synthesised(variant).templates.values():
            for logical_id, body in template["Resources"].items():
                if body["Type"] in stateful_types():
                    assert {"DeletionPolicy", "UpdateReplacePolicy"} <= body.keys(), logical_id


def test_every_stage_has_what_all_data_and_all_callers_depend_on(
    synthesised: Callable[[str], Assembly],
) -> None:
    always = {"Repository22E53BBD", "KeysSecret88F3B70F", "TaskLog2A1470CD"}
    for variant in VARIANTS:
        assert always <= {logical_id for _, _, logical_id in held(synthesised(variant))}
