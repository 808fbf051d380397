"""The endpoint's own name, in a hosted zone of this account."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from infra.sections.section import Problem, Section

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN_NAME: Final = rf"^({_LABEL}\.)+{_LABEL}$"


class DomainSettings(Section):
    """The endpoint's own name, in a hosted zone of this account: all three keys, or none."""

    name: str | None = Field(
        default=None,
        pattern=DOMAIN_NAME,
        examples=["llm.example.com"],
        description="The endpoint's name in a Route 53 hosted zone of this account. The deploy "
        "points it at the load balancer and, where `endpoint.certificate_arn` is not set, makes "
        "its certificate.",
    )
    hosted_zone_id: str | None = Field(
        default=None,
        pattern=r"^Z[A-Z0-9]{1,31}$",
        examples=["Z0123456789ABCDEFGHIJ"],
        description="The hosted zone's id: `aws route53 list-hosted-zones`. With `name`.",
    )
    hosted_zone_name: str | None = Field(
        default=None,
        pattern=DOMAIN_NAME,
        examples=["example.com"],
        description="The hosted zone's name, with which `name` ends.",
    )

    def problems(self) -> Iterator[Problem]:
        """No half a hosted zone, and a name that is in it."""
        values = self.model_dump()
        missing = [key for key, value in values.items() if value is None]
        if 0 < len(missing) < len(values):
            for key in missing:
                yield Problem(
                    key,
                    "got none, but a name in a hosted zone takes name, hosted_zone_id and "
                    "hosted_zone_name; add it, or remove the others",
                )
        elif not missing and not f".{self.name}".endswith(f".{self.hosted_zone_name}"):
            yield Problem(
                "name",
                f"got '{self.name}', which is not in the hosted zone "
                f"'{self.hosted_zone_name}'; choose a name that ends with it",
            )
