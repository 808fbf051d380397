"""What holds something that a new resource in its place does not have: data, or an identity."""

from __future__ import annotations

import json
from typing import Final

from delivery import schemas
from delivery.changes import Resource

# Others outside of the stack hold on to these.
IDENTITIES: Final = {
    "AWS::ApiGateway::ApiKey": "its value, which callers send",
    "AWS::ApiGateway::RestApi": "its address, which clients have",
    "AWS::ApiGateway::Stage": "its name, which is in the address that clients have",
    "AWS::ApiGatewayV2::Api": "its address, which clients have",
    "AWS::EC2::EIP": "its address, which others may have allowed",
    "AWS::EC2::VPC": "what others connected to it: peerings, routes, endpoints",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "its DNS name, which records and clients have",
    "AWS::IAM::OIDCProvider": "the trust of every role in the account that names it",
    "AWS::Lambda::Url": "its address, which clients have",
    "AWS::Route53::HostedZone": "its records and its name servers",
    "AWS::Route53::RecordSet": "its name, which clients have",
    "AWS::SNS::Topic": "its subscribers, who would have to confirm again",
}
DATA: Final = "its data"
ROLE: Final = "its ARN, which those outside of the account have who act in it"


def held_by(body: Resource) -> str:
    """In words, what goes with a resource; nothing where another is as good."""
    kind = body["Type"]
    if kind == "AWS::IAM::Role":
        return ROLE if _let_in_from_outside(body) else ""
    if kind in IDENTITIES:
        return IDENTITIES[kind]
    return DATA if kind in schemas.stateful_types() else ""


def _let_in_from_outside(role: Resource) -> bool:
    """Pipelines, for example; AWS's own services get a role's ARN from the stack."""
    return '"Federated"' in json.dumps(role.get("Properties", {}).get("AssumeRolePolicyDocument"))
