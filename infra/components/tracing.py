"""Where the tasks may send their traces."""

from aws_cdk import aws_ec2 as ec2

from infra.components.ecs_service import InferenceService
from infra.sections.monitoring import HTTPS, MonitoringSettings


def allow_traces(service: InferenceService, monitoring: MonitoringSettings) -> None:
    """Lets every task reach the collector's port, on whatever address its name has."""
    port = monitoring.traces_port
    if port is not None and port != HTTPS:  # to which tasks may connect anyway, for AWS's APIs
        service.service.connections.allow_to_any_ipv4(ec2.Port.tcp(port), "Traces.")
