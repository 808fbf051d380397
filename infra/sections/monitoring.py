"""Who watches the stage, and with what."""

from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, Strict

from infra.sections.addresses import CollectorAddress
from infra.sections.section import IPv4Cidr, Problem, Section

HTTP: Final = 80
HTTPS: Final = 443


class MonitoringSettings(Section):
    """Who watches the stage, and with what."""

    scrape_from: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks, routed to the VPC, from which a Prometheus may scrape the "
        "tasks on port 8080, where they also answer REST. Empty: nobody may.",
    )
    vllm_names: bool = Field(
        default=False,
        description="true: eight metrics are there under vLLM's names as well, for dashboards "
        "that ask for those.",
    )
    traces_endpoint: CollectorAddress | None = Field(
        default=None,
        description="The whole URL at which an OpenTelemetry collector takes OTLP over HTTP from "
        "the tasks. Each request is then a trace of its queue, prompt and decoding. The function "
        "sends none.",
    )
    traces_ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the requests that is traced; a caller who sends `traceparent` "
        "decides for its own.",
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

    @property
    def traces_port(self) -> int | None:
        """On which the collector listens; None without one."""
        if self.traces_endpoint is None:
            return None
        address = urlsplit(self.traces_endpoint)
        return address.port or (HTTPS if address.scheme == "https" else HTTP)

    def problems(self) -> Iterator[Problem]:
        """The tasks are for the load balancer, and for those who are named."""
        if "0.0.0.0/0" in self.scrape_from:
            yield Problem(
                "scrape_from",
                "got '0.0.0.0/0', which is everyone that is routed to the VPC; "
                "list the network in which Prometheus runs",
            )
