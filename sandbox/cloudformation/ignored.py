"""The resource types that a deploy to the sandbox leaves out, each with its reason."""

from __future__ import annotations

IGNORED = {
    "AWS::CDK::Metadata": "a record of the construct library's version; it makes nothing",
}
