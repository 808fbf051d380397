"""A stage's settings as a whole.

`StageSettings` cannot exist with a broken rule; `stage_files` turns what pydantic says into
sentences that name the file and the key.
"""

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infra import consistency
from infra.sections.alarms import AlarmSettings
from infra.sections.api_gateway import ApiGatewaySettings
from infra.sections.delivery import DeliverySettings
from infra.sections.deploy import DeploySettings
from infra.sections.endpoint import EndpointSettings
from infra.sections.firewall import FirewallSettings
from infra.sections.function import FunctionSettings
from infra.sections.jwt import JwtSettings
from infra.sections.limits import LimitSettings
from infra.sections.logs import LogSettings
from infra.sections.model import ModelSettings
from infra.sections.monitoring import MonitoringSettings
from infra.sections.network import NetworkSettings
from infra.sections.scaling import ScalingSettings
from infra.sections.section import Problem, Section
from infra.sections.task import TaskSettings
from infra.timeouts import TimeoutBudget


class StageSettings(Section):
    """One stage, complete and consistent."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,19}$",
        examples=["dev"],
        description="The stage's name: its file's name without `.toml`. Every stack's name has it.",
    )
    retain_data: bool = Field(
        default=True,
        description="true: images, API keys and logs outlive `cdk destroy`. The repository then "
        "keeps its name, so the next deploy needs `--import-existing-resources`.",
    )
    deletion_protection: bool = Field(
        default=False,
        description="true: the stacks and the load balancer refuse to be deleted until this is "
        "deployed as false.",
    )
    deploy: DeploySettings = Field(
        default=DeploySettings(), description="The account and region that it belongs to."
    )
    endpoint: EndpointSettings = Field(
        default=EndpointSettings(), description="Who may reach the endpoint, and how."
    )
    jwt: JwtSettings = Field(
        default=JwtSettings(), description="Whose access tokens are good, where one is asked for."
    )
    api_gateway: ApiGatewaySettings = Field(
        default=ApiGatewaySettings(), description="What API Gateway lets through, where it is used."
    )
    firewall: FirewallSettings = Field(
        default=FirewallSettings(), description="The web application firewall."
    )
    network: NetworkSettings = Field(default=NetworkSettings(), description="The VPC.")
    task: TaskSettings = Field(default=TaskSettings(), description="Size and image of one task.")
    model: ModelSettings = Field(default=ModelSettings(), description="The model and its slots.")
    limits: LimitSettings = Field(default=LimitSettings(), description="What a request may take.")
    scaling: ScalingSettings = Field(default=ScalingSettings(), description="How many tasks run.")
    logs: LogSettings = Field(default=LogSettings(), description="The tasks' logs.")
    monitoring: MonitoringSettings = Field(
        default=MonitoringSettings(), description="Who watches the stage, and with what."
    )
    alarms: AlarmSettings = Field(
        default=AlarmSettings(), description="Who hears of trouble, and what counts as trouble."
    )
    function: FunctionSettings = Field(
        default=FunctionSettings(), description="The service as a Lambda function."
    )
    delivery: DeliverySettings = Field(
        default=DeliverySettings(), description="Which pipeline may deploy the stage."
    )

    def problems(self) -> Iterator[Problem]:
        """Every rule that the stage breaks: of each section, then between them."""
        for name, section in self:
            if isinstance(section, Section):
                for problem in section.problems():
                    yield Problem(f"{name}.{problem.path}", problem.text)
        yield from consistency.memory(self.task, self.model)
        yield from consistency.access_tokens(self.endpoint, self.jwt)
        yield from consistency.function(self.function, task=self.task, model=self.model)
        yield from consistency.gateway_time(self.endpoint, self.limits)
        yield from consistency.budget(self.monitoring, self.alarms)

    @property
    def budget(self) -> TimeoutBudget:
        """All time limits."""
        return TimeoutBudget(
            self.limits.longest_generation_seconds, fetched_mib=self.model.fetched_mib
        )

    @model_validator(mode="after")
    def _hold_the_rules(self) -> Self:
        if problems := tuple(self.problems()):
            text = " | ".join(f"{problem.path}: {problem.text}" for problem in problems)
            raise PydanticCustomError("rules", "{text}", {"text": text, "problems": problems})
        return self


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of a stage file, for editors."""
    schema = StageSettings.model_json_schema()
    # The name is the file's own, so it is no key in the file.
    del schema["properties"]["name"]
    schema["required"].remove("name")
    return schema
