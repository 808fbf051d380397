"""The service that answers, and all that changes with a release."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Annotations, CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.components.ecs_service import InferenceService
from infra.components.image import service_image
from infra.components.keys import ApiKeys
from infra.components.load_balancer import LoadBalancer
from infra.components.model_bucket import ModelBucket
from infra.components.network import Network, existing_network
from infra.components.placement import name_by_place
from infra.components.rollback_alarms import RollbackAlarms
from infra.components.scaling import ServiceScaling
from infra.components.scraping import allow_scraping
from infra.components.stage_metrics import StageMetrics
from infra.components.task import InferenceTask
from infra.components.tracing import allow_traces
from infra.components.vpc_additions import VpcAdditions
from infra.components.watching import Watching
from infra.settings import StageSettings
from infra.stacks.registry import repository_name

# AWS's documentation uses this account; nobody has it.
PLACEHOLDER_ACCOUNT: Final = "111122223333"


class InferenceStack(Stack):
    """Tasks behind a load balancer, with their keys and their scaling.

    A stack of its own, because it alone changes with every release, and its image must be pushed
    before it is deployed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        network: Network | None,
        models: ModelBucket | None,
        stack_name: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"Language model service, stage {settings.name}.",
            termination_protection=settings.deletion_protection,
            synthesizer=DefaultStackSynthesizer(
                image_assets_repository_name=repository_name(settings.name)
            ),
        )
        keys = ApiKeys(self, "Keys", settings=settings)
        image = self._image(settings)
        task = InferenceTask(self, "Task", settings=settings, image=image, keys=keys, models=models)
        network = network or existing_network(self, settings=settings.existing_vpc)
        balancer = LoadBalancer(self, "LoadBalancer", settings=settings, network=network)
        metrics = StageMetrics(settings.name, balancer=balancer)
        alarms = self._rollback_alarms(settings, metrics)
        service = InferenceService(
            self, "Service", network=network, task=task, settings=settings, alarms=alarms
        )
        balancer.serve(service)
        if settings.existing_vpc.id is not None:
            VpcAdditions(self, "VpcAdditions", settings=settings, service=service)
        url = self._open(settings, network=network, balancer=balancer)
        ServiceScaling(self, "Scaling", settings=settings, service=service, fleets=balancer.fleets)
        allow_traces(service, settings.monitoring)
        allow_scraping(service, settings.monitoring)
        Watching(self, "Watching", settings=settings, metrics=metrics)
        name_by_place(self, settings)
        self._tell(keys, service, balancer, url=url)
        self._warn_of_placeholder(settings)

    def _rollback_alarms(
        self, settings: StageSettings, metrics: StageMetrics
    ) -> Sequence[cloudwatch.Alarm]:
        if not settings.rollout.alarms:
            return ()
        return RollbackAlarms(self, "RollbackAlarms", settings=settings, metrics=metrics).alarms

    def _image(self, settings: StageSettings) -> ecs.ContainerImage:
        if settings.task.image:
            return ecs.ContainerImage.from_registry(settings.task.image)
        asset = service_image(self, "Image", settings=settings)
        return ecs.ContainerImage.from_docker_image_asset(asset)

    def _open(self, settings: StageSettings, *, network: Network, balancer: LoadBalancer) -> str:
        """What stands in front of the load balancer, if anything; the address for clients.

        Imported where a stage has it, as in `build`.
        """
        url, protected = balancer.url, balancer.balancer.load_balancer_arn
        if settings.endpoint.behind_api_gateway:
            from infra.components.api_gateway import ApiGateway

            gateway = ApiGateway(
                self, "ApiGateway", settings=settings, network=network, balancer=balancer
            )
            url, protected = gateway.url, gateway.stage_arn
        if settings.firewall.enabled:
            from infra.components.firewall import Firewall

            Firewall(self, "Firewall", settings=settings).protect(protected)
        return url

    def _tell(
        self, keys: ApiKeys, service: InferenceService, balancer: LoadBalancer, *, url: str
    ) -> None:
        CfnOutput(self, "ApiKeysSecretArn", value=keys.secret.secret_arn)
        CfnOutput(self, "ClusterName", value=service.cluster.cluster_name)
        CfnOutput(self, "ServiceName", value=service.service.service_name)
        CfnOutput(self, "LoadBalancerDnsName", value=balancer.balancer.load_balancer_dns_name)
        CfnOutput(self, "Url", value=url)

    def _warn_of_placeholder(self, settings: StageSettings) -> None:
        arn = settings.endpoint.certificate_arn or ""
        if f":{PLACEHOLDER_ACCOUNT}:" in arn:
            Annotations.of(self).add_warning_v2(
                "llm-on-ecs:placeholder-certificate",
                f"{settings.name}.toml: endpoint.certificate_arn: got one of AWS's documentation "
                "account, with which no deploy succeeds; replace it with your own certificate's "
                "ARN, or pass -c certificate_arn=ARN",
            )
