"""The listeners: over what clients connect, and where REST and gRPC go."""

from typing import Any

from tests.infra.assemblies import Assembly
from tests.infra.components.ways_in import TARGETS, targets_on

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"


def rules(assembly: Assembly, action: str) -> list[dict[str, Any]]:
    """The properties of the listener rules with this kind of action."""
    bodies = [body["Properties"] for body in assembly.resources(RULE).values()]
    return [body for body in bodies if body["Actions"][0]["Type"] == action]


def listener_on(assembly: Assembly, port: int) -> dict[str, Any]:
    """The properties of the listener on one port."""
    bodies = assembly.resources(LISTENER).values()
    (only,) = (body["Properties"] for body in bodies if body["Properties"]["Port"] == port)
    properties: dict[str, Any] = only
    return properties


def test_without_a_certificate_there_is_plain_http_and_no_grpc(local: Assembly) -> None:
    assert listener_on(local, 80)["Protocol"] == "HTTP"
    assert len(local.resources(LISTENER)) == len(local.resources(TARGETS)) == 1
    assert rules(local, "forward") == []


def test_with_a_certificate_everything_is_https(https: Assembly) -> None:
    listener = listener_on(https, 443)
    assert listener["Protocol"] == "HTTPS"
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert len(https.resources(LISTENER)) == 2


def test_plain_http_is_redirected_to_it(https: Assembly) -> None:
    (action,) = listener_on(https, 80)["DefaultActions"]
    assert action["Type"] == "redirect"
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "StatusCode": "HTTP_301",
    }


def test_grpc_is_routed_by_its_content_type(https: Assembly) -> None:
    (rule,) = rules(https, "forward")
    grpc, _ = targets_on(https, 50051)
    assert rule["Conditions"] == [
        {
            "Field": "http-header",
            "HttpHeaderConfig": {
                "HttpHeaderName": "content-type",
                "Values": ["application/grpc*"],
            },
        }
    ]
    assert rule["Actions"] == [{"Type": "forward", "TargetGroupArn": {"Ref": grpc}}]


def test_grpc_can_be_left_out_of_a_secure_endpoint(hosted_zone: Assembly) -> None:
    assert listener_on(hosted_zone, 443)["Protocol"] == "HTTPS"
    ports = {body["Properties"]["Port"] for body in hosted_zone.resources(TARGETS).values()}
    assert ports == {8080}


def test_everything_else_is_rest(https: Assembly) -> None:
    rest, _ = targets_on(https, 8080)
    assert listener_on(https, 443)["DefaultActions"] == [
        {"Type": "forward", "TargetGroupArn": {"Ref": rest}}
    ]


def test_metrics_are_hidden_from_clients(local: Assembly, prod: Assembly) -> None:
    for assembly in (local, prod):
        (hidden,) = rules(assembly, "fixed-response")
        assert hidden["Conditions"] == [
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/metrics"]}}
        ]
        assert hidden["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
        assert all(hidden["Priority"] < rule["Priority"] for rule in rules(assembly, "forward"))
