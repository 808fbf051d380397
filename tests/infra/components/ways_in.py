"""What of a template hands requests on: the API's one method, the load balancer's target groups."""

from typing import Any, Final

from tests.infra.assemblies import Assembly

METHOD: Final = "AWS::ApiGateway::Method"
TARGETS: Final = "AWS::ElasticLoadBalancingV2::TargetGroup"


def integration(assembly: Assembly) -> dict[str, Any]:
    """The integration of the API's one method."""
    found: dict[str, Any] = assembly.only(METHOD)["Integration"]
    return found


def targets_on(assembly: Assembly, port: int) -> tuple[str, dict[str, Any]]:
    """Logical id and properties of the target group on one port."""
    groups = assembly.resources(TARGETS).items()
    (only,) = ((i, b["Properties"]) for i, b in groups if b["Properties"]["Port"] == port)
    return only
