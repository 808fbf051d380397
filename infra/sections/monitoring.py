"""Who watches the tasks from outside AWS."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section


class MonitoringSettings(Section):
    """Who watches the tasks."""

    scrape_from: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks, routed to the VPC, from which a Prometheus may scrape the "
        "tasks on port 8080, where they also answer REST. Empty: nobody may.",
    )

    def problems(self) -> Iterator[Problem]:
        """The tasks are for the load balancer, and for those who are named."""
        if "0.0.0.0/0" in self.scrape_from:
            yield Problem(
                "scrape_from",
                "got '0.0.0.0/0', which is everyone that is routed to the VPC; "
                "list the network in which Prometheus runs",
            )
