"""A stage's settings as a whole.

`StageSettings` cannot exist with a broken rule; `stage_files` turns what pydantic says into
sentences that name the file and the key.
"""

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infra import reach
from infra.consistency import capacity, pipelines, place, scaling, watching
from infra.consistency import endpoint as exposure
from infra.consistency import network as placing
from infra.consistency import rollout as rollouts
from infra.consistency.scaling import TaskBounds
from infra.sections.alarms import AlarmSettings
from infra.sections.api_gateway import ApiGatewaySettings
from infra.sections.auth import AuthSettings
from infra.sections.browser import BrowserSettings
from infra.sections.capacity import CapacitySettings
from infra.sections.delivery import DeliverySettings
from infra.sections.deploy import DeploySettings
from infra.sections.domain import DomainSettings
from infra.sections.encryption import EncryptionSettings
from infra.sections.endpoint import EndpointSettings
from infra.sections.engine import EngineSettings
from infra.sections.existing_vpc import ExistingVpcSettings
from infra.sections.firewall import FirewallSettings
from infra.sections.function import FunctionSettings
from infra.sections.governance import GovernanceSettings
from infra.sections.jwt import JwtSettings
from infra.sections.limits import LimitSettings
from infra.sections.load_balancer import LoadBalancerSettings
from infra.sections.logs import LogSettings
from infra.sections.model import ModelSettings
from infra.sections.monitoring import MonitoringSettings
from infra.sections.network import NetworkSettings
from infra.sections.rollout import RolloutSettings
from infra.sections.scaling import ScalingSettings
from infra.sections.schedules import ScheduleName, ScheduleSettings
from infra.sections.section import Problem, Section
from infra.sections.speculation import SpeculationSettings
from infra.sections.task import TaskSettings
from infra.timeouts import DeployPatience, ScalingPace, TimeoutBudget


class StageSettings(Section):
    """One stage, complete and consistent."""

    name: str = Field(
        # As a repository's name may be: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=20,
        examples=["dev"],
        description="The stage's name: its file's name without `.toml`. Every stack's name has it.",
    )
    retain_data: bool = Field(
        default=True,
        description="true: images, API keys and logs outlive `cdk destroy`. The repository and the "
        "firewall's log group then keep their names, so the next deploy that wants them needs "
        "`IMPORT_EXISTING=1` (`cdk deploy`: `--import-existing-resources`).",
    )
    deletion_protection: bool = Field(
        default=False,
        description="true: the stacks and the load balancer refuse to be deleted until this is "
        "deployed as false.",
    )
    deploy: DeploySettings = Field(
        default=DeploySettings(), description="The account and region that it belongs to."
    )
    governance: GovernanceSettings = Field(
        default=GovernanceSettings(), description="What a company asks of every resource."
    )
    encryption: EncryptionSettings = Field(
        default=EncryptionSettings(), description="The KMS keys of what the stage keeps."
    )
    endpoint: EndpointSettings = Field(
        default=EndpointSettings(), description="Where the endpoint is, and who may reach it."
    )
    domain: DomainSettings = Field(
        default=DomainSettings(), description="The endpoint's own name, in a hosted zone."
    )
    load_balancer: LoadBalancerSettings = Field(
        default=LoadBalancerSettings(), description="The load balancer's own conduct and logs."
    )
    auth: AuthSettings = Field(
        default=AuthSettings(), description="With which credentials a caller may ask."
    )
    jwt: JwtSettings = Field(
        default=JwtSettings(), description="Whose access tokens are good, where one is asked for."
    )
    browser: BrowserSettings = Field(
        default=BrowserSettings(), description="What a person's browser may do."
    )
    api_gateway: ApiGatewaySettings = Field(
        default=ApiGatewaySettings(), description="What API Gateway lets through, where it is used."
    )
    firewall: FirewallSettings = Field(
        default=FirewallSettings(), description="The web application firewall."
    )
    network: NetworkSettings = Field(default=NetworkSettings(), description="The VPC.")
    existing_vpc: ExistingVpcSettings = Field(
        default=ExistingVpcSettings(), description="A VPC that is there already."
    )
    task: TaskSettings = Field(default=TaskSettings(), description="Size and image of one task.")
    capacity: CapacitySettings = Field(
        default=CapacitySettings(), description="Which capacity tasks run on."
    )
    model: ModelSettings = Field(default=ModelSettings(), description="The model.")
    engine: EngineSettings = Field(
        default=EngineSettings(), description="How the engine runs the model."
    )
    speculation: SpeculationSettings = Field(
        default=SpeculationSettings(), description="What the engine guesses ahead."
    )
    limits: LimitSettings = Field(default=LimitSettings(), description="What a request may take.")
    scaling: ScalingSettings = Field(default=ScalingSettings(), description="How many tasks run.")
    schedules: dict[ScheduleName, ScheduleSettings] = Field(
        default={}, description="At which times other bounds hold for that number, by name."
    )
    rollout: RolloutSettings = Field(
        default=RolloutSettings(), description="How new tasks take over from old ones."
    )
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
        for name, value in self:
            for path, section in _sections(name, value):
                for problem in section.problems():
                    yield Problem(f"{path}.{problem.path}", problem.text)
        yield from capacity.memory(
            self.task, model=self.model, engine=self.engine, speculation=self.speculation
        )
        yield from capacity.context(self.model, self.engine)
        yield from capacity.engine_build(self.task, self.engine)
        yield from capacity.guesses(self.speculation, self.engine)
        yield from capacity.disk(self.task, self.model)
        yield from capacity.spot(self.capacity, self.scaling, self.schedules)
        yield from capacity.function(
            self.function,
            task=self.task,
            model=self.model,
            engine=self.engine,
            speculation=self.speculation,
        )
        yield from placing.one_vpc(self.network, self.existing_vpc)
        yield from placing.room_for_the_load_balancer(self.existing_vpc, self.endpoint)
        yield from placing.ways_out(
            self.network,
            self.existing_vpc,
            task=self.task,
            auth=self.auth,
            jwt=self.jwt,
            monitoring=self.monitoring,
        )
        yield from exposure.public(self.endpoint, self.domain, self.auth)
        yield from exposure.certificate(self.endpoint, self.domain)
        yield from exposure.access_tokens(self.auth, self.jwt)
        yield from exposure.pages(
            self.browser, endpoint=self.endpoint, auth=self.auth, gateway=self.api_gateway
        )
        yield from exposure.algorithm(self.load_balancer, self.scaling, self.schedules)
        yield from exposure.gateway_time(self.endpoint, self.limits)
        yield from rollouts.two_fleets(self.rollout, serves_grpc=self.serves_grpc)
        yield from rollouts.seen_in_the_first_step(self.rollout, self.alarms)
        yield from watching.budget(self.monitoring, self.alarms)
        yield from scaling.schedules(self.schedules, self.scaling)
        yield from scaling.cpu(self.scaling, self.rollout)
        yield from pipelines.time(self.delivery, self.patience)
        yield from place.pinned(self.deploy, self._arns())
        if self.deploy.region is None:
            yield from place.together(self._arns())

    @property
    def secure(self) -> bool:
        """Whether the load balancer speaks HTTPS, and so can speak gRPC."""
        return self.endpoint.certificate_arn is not None or self.domain.name is not None

    @property
    def serves_grpc(self) -> bool:
        """Whether the load balancer routes gRPC to the tasks."""
        return self.secure and self.endpoint.grpc

    @property
    def reaches_internet(self) -> bool:
        """Whether tasks have a way out."""
        return reach.reaches_internet(self.network, self.existing_vpc)

    @property
    def needed_endpoints(self) -> tuple[str, ...]:
        """AWS's services that tasks call by an endpoint of the same name, where they need one."""
        return tuple(reach.needed_endpoints(self.auth))

    @property
    def allowed_networks(self) -> tuple[str, ...]:
        """Who may connect to the load balancer: where nobody is named, the VPC's own network."""
        own = self.existing_vpc.cidr if self.existing_vpc.id else self.network.cidr
        return self.endpoint.allowed_networks or ((own,) if own else ())

    @property
    def budget(self) -> TimeoutBudget:
        """All time limits."""
        return TimeoutBudget(
            self.limits.longest_generation_seconds,
            fetched_mib=self.model.fetched_mib,
            spot=self.capacity.spot,
        )

    def _arns(self) -> dict[str, str]:
        """What the stage names by its ARN, by the path of the setting."""
        named = {
            "endpoint.certificate_arn": self.endpoint.certificate_arn,
            "governance.permissions_boundary": self.governance.permissions_boundary,
            "delivery.provider_arn": self.delivery.provider_arn,
            **{f"encryption.{key}": value for key, value in self.encryption},
        }
        return {path: arn for path, arn in named.items() if arn and arn.startswith("arn:")}

    @property
    def task_bounds(self) -> TaskBounds:
        """The fewest and the most tasks at any time of day."""
        return scaling.all_day(self.schedules, self.scaling)

    @property
    def pace(self) -> ScalingPace:
        """How fast scaling may act."""
        return ScalingPace(self.budget, self.scaling.start_seconds)

    @property
    def patience(self) -> DeployPatience:
        """How long a deploy may take."""
        return DeployPatience(self.budget, self.rollout.planned_minutes)

    @model_validator(mode="after")
    def _hold_the_rules(self) -> Self:
        if problems := tuple(self.problems()):
            text = " | ".join(f"{problem.path}: {problem.text}" for problem in problems)
            raise PydanticCustomError("rules", "{text}", {"text": text, "problems": problems})
        return self


def _sections(name: str, value: Any) -> Iterator[tuple[str, Section]]:
    """The section itself, or those of its kind by the names that a person gave them."""
    if isinstance(value, Section):
        yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _sections(f"{name}.{key}", each)


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of a stage file, for editors."""
    schema = StageSettings.model_json_schema()
    # The name is the file's own, so it is no key in the file.
    del schema["properties"]["name"]
    schema["required"].remove("name")
    return schema
