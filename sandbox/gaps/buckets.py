"""S3: a bucket's policy is kept; its statements with conditions are not enforced.

moto reads a Deny without its Condition: one of connections without TLS, as every careful bucket
has it, would refuse every upload. And it wants the policy of a bucket for access logs before they
are switched on; CloudFormation makes it after, because it names the bucket that is logged.

Access logs are not written. S3 delivers them within hours, as far as it can, where moto has them at
once: then the bucket of logs could never be deleted with the one that is logged.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, S3Backend

from .patch import patch


def install() -> None:
    patch(FakeBucket, get_permission=get_permission)
    patch(FakeBucket, _log_permissions_enabled_policy=staticmethod(may_log))
    patch(S3Backend, log_incoming_request=deliver_no_log)


def deliver_no_log(self: S3Backend, request: Any, bucket_name: str) -> None:
    """Not while somebody waits."""


def may_log(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Where its owner owns all objects, no list of grants is asked for."""
    return "BucketOwnerEnforced" in str(target_bucket.ownership_rule)


def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
    """What the statements without conditions say."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy.decode())
    statements = policy.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    policy["Statement"] = [item for item in listed if "Condition" not in item]
    if not policy["Statement"]:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)
