"""EC2: what a security group's rule between two groups is for."""

from __future__ import annotations

from moto.ec2.models.security_groups import SecurityGroupRule

from .patch import patch


def install() -> None:
    patch(SecurityGroupRule, description=property(description))


def description(self: SecurityGroupRule) -> str | None:
    """moto finds only those of address ranges."""
    found: str | None = (self.ip_range or self.source_group or {}).get("Description")
    return found
