"""What holds something that a new resource in its place does not have: data, or an identity."""

from __future__ import annotations

from typing import Final

from delivery import schemas

# Others outside of the stack hold on to these.
IDENTITIES: Final = {
    "AWS::ApiGateway::ApiKey": "its value, which callers send",
    "AWS::ApiGateway::RestApi": "its address, which clients have",
    "AWS::ApiGatewayV2::Api": "its address, which clients have",
    "AWS::EC2::EIP": "its address, which others may have allowed",
    "AWS::EC2::VPC": "what others connected to it: peerings, routes, endpoints",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "its DNS name, which records and clients have",
    "AWS::IAM::OIDCProvider": "the trust of every role in the account that names it",
    "AWS::Lambda::Url": "its address, which clients have",
    "AWS::Route53::HostedZone": "its records and its name servers",
}
DATA: Final = "its data"


def held_by(resource_type: str) -> str:
    """In words, what goes with a resource of this type; nothing where another is as good."""
    if resource_type in IDENTITIES:
        return IDENTITIES[resource_type]
    return DATA if resource_type in schemas.stateful_types() else ""
