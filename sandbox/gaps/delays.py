"""Elastic Load Balancing: AWS takes a deregistration delay of 3600 s, beyond moto's bound."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import ELBv2Backend

from .patch import patch

DELAY = "deregistration_delay.timeout_seconds"
LONGEST = "3600"


def install() -> None:
    of_moto = ELBv2Backend.modify_target_group_attributes

    def modify(self: ELBv2Backend, target_group_arn: str, attributes: dict[str, Any]) -> None:
        longest = attributes.get(DELAY) == LONGEST
        of_moto(self, target_group_arn, attributes | ({DELAY: "0"} if longest else {}))
        if longest:
            self.target_groups[target_group_arn].attributes[DELAY] = LONGEST

    patch(ELBv2Backend, modify_target_group_attributes=modify)
