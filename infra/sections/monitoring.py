"""Who watches the stage, and with what."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, Strict

from infra.sections.section import IPv4Cidr, Problem, Section


class MonitoringSettings(Section):
    """Who watches the stage, and with what."""

    scrape_from: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks, routed to the VPC, from which a Prometheus may scrape the "
        "tasks on port 8080, where they also answer REST. Empty: nobody may.",
    )

    dashboard: bool = Field(
        default=False,
        description="true: a CloudWatch dashboard that answers whether users are all right, why "
        "not, and what it costs.",
    )
    monthly_budget_usd: int | None = Field(
        default=None,
        ge=1,
        description="US dollars a month for this stage. Whoever hears the alarms hears when 80 % "
        "are spent, and when AWS forecasts more than all of it. AWS counts by the tags `project` "
        "and `stage`, once they are activated as cost allocation tags in the billing console.",
    )

    def problems(self) -> Iterator[Problem]:
        """The tasks are for the load balancer, and for those who are named."""
        if "0.0.0.0/0" in self.scrape_from:
            yield Problem(
                "scrape_from",
                "got '0.0.0.0/0', which is everyone that is routed to the VPC; "
                "list the network in which Prometheus runs",
            )
