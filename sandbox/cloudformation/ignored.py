"""The resource types that a deploy to the sandbox leaves out, each with its reason."""

from __future__ import annotations

IGNORED = {
    "AWS::CDK::Metadata": "a record of the construct library's version; it makes nothing",
    "AWS::S3::BucketPolicy": "moto reads a Deny without its Condition: the bootstrap bucket's, of "
    "connections without TLS, would refuse every upload",
}
