"""What CloudFormation makes of the CDK's constructs."""

from aws_cdk import CfnResource
from constructs import Construct


def resource_of(construct: Construct) -> CfnResource:
    """The one resource behind it, for what the construct has no property for."""
    resource = construct.node.default_child
    if not isinstance(resource, CfnResource):
        raise TypeError(f"{construct.node.path} is not one resource")
    return resource
