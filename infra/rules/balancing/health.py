"""gRPC target groups, and health checks."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import (
    GRPC_HEALTH,
    TARGET_GROUP,
    listener_of,
    routes,
    speaks_grpc,
)
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack

GROUPS: Final = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "load-balancer-target-groups.html"
)
CHECKS: Final = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "target-group-health-checks.html"
)
UNIMPLEMENTED: Final = "12"  # what a gRPC health check takes for success unless told otherwise


class GrpcListener(Rule):
    """The listener before gRPC targets."""

    id = "E9560"
    shortdesc = "gRPC target groups stand behind HTTPS listeners"
    description = "Elastic Load Balancing refuses a listener over HTTP for a gRPC target group."
    source_url = GROUPS

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for group in stack.resources(TARGET_GROUP):
            for route in routes(stack, group) if speaks_grpc(group) else []:
                listener = listener_of(route)
                if listener is not None and listener["Protocol"].text() == "HTTP":
                    wrong = "a gRPC target group needs a listener over HTTPS"
                    got = f"HTTP at {listener.logical_id}"
                    remedy = "give the listener a certificate and Protocol HTTPS"
                    yield Finding(group["ProtocolVersion"], wrong, got, remedy)


class GrpcHealth(Rule):
    """What a health check takes for success."""

    id = "E9561"
    shortdesc = "A health check expects a code of its target group's protocol"
    description = (
        "The health service answers 0, and a gRPC check expects 12 unless told otherwise: with "
        "another code each target is unhealthy."
    )
    source_url = CHECKS

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for group in stack.resources(TARGET_GROUP):
            grpc, matcher = speaks_grpc(group), group["Matcher"]
            foreign = matcher["HttpCode" if grpc else "GrpcCode"]
            known = group["ProtocolVersion"].text(absent="HTTP1") is not None
            if known and foreign.exists:
                wrong = f"a {'gRPC' if grpc else 'HTTP'} target group takes no such success code"
                remedy = f"set {'GrpcCode' if grpc else 'HttpCode'}"
                yield Finding(foreign, wrong, foreign.path[-1], remedy)
            elif grpc and group["HealthCheckPath"].text() == GRPC_HEALTH:
                codes = matcher["GrpcCode"].text(absent=UNIMPLEMENTED)
                if codes is not None and not _holds_zero(codes):
                    wrong = "gRPC's health service answers 0 where it is healthy"
                    yield Finding(matcher, wrong, codes, 'set Matcher.GrpcCode to "0"')


def _holds_zero(codes: str) -> bool:
    """Whether `0`, `0,1` or `0-5` holds the code 0."""
    return any(part.split("-")[0].strip() == "0" for part in codes.split(","))


class HealthCheckPath(Rule):
    """Where a check asks."""

    id = "E9574"
    shortdesc = "The path of a health check begins with a slash"
    description = "Elastic Load Balancing refuses a target group with another path."
    source_url = CHECKS

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for group in stack.resources(TARGET_GROUP):
            path = group["HealthCheckPath"].text()
            if path is not None and not path.startswith("/"):
                wrong = "the path of a health check begins with a slash"
                yield Finding(
                    group["HealthCheckPath"], wrong, path or "an empty text", "add the slash"
                )


class HealthCheckTimeout(Rule):
    """How long a check may take."""

    id = "E9565"
    shortdesc = "A health check ends before the next one begins"
    description = "Elastic Load Balancing refuses a timeout that is not below the interval."
    source_url = CHECKS

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for group in stack.resources(TARGET_GROUP):
            place = group["HealthCheckTimeoutSeconds"]
            if group["Protocol"].text() not in ("HTTP", "HTTPS") or not _instances(group):
                continue
            timeout = place.number(absent=5)
            interval = group["HealthCheckIntervalSeconds"].number(absent=30)
            if timeout is not None and interval is not None and timeout >= interval:
                wrong = f"the timeout of a health check is below its interval of {interval:.0f} s"
                got = timeout if place.exists else "the default of 5"
                yield Finding(place, wrong, got, "lower it, or raise the interval")


def _instances(group: Resource) -> bool:
    """Whether the targets are addresses or hosts, whose default timeout is 5 s."""
    return group["TargetType"].text(absent="instance") in ("ip", "instance")
