"""Who may read the tasks' own metrics."""

from aws_cdk import aws_ec2 as ec2

from infra.components.ecs_service import InferenceService
from infra.container_env import HTTP_PORT
from infra.sections.monitoring import MonitoringSettings


def allow_scraping(service: InferenceService, monitoring: MonitoringSettings) -> None:
    """Lets Prometheus reach every task: through the load balancer it would see one at random."""
    for network in monitoring.scrape_from:
        service.service.connections.allow_from(
            ec2.Peer.ipv4(network), ec2.Port.tcp(HTTP_PORT), "Prometheus."
        )
