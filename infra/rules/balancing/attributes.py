"""Attributes of load balancers and target groups, which CloudFormation passes on as texts."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import (
    DRAIN,
    DRAIN_SECONDS,
    IDLE_SECONDS,
    IDLE_TIMEOUT,
    LOAD_BALANCER,
    TARGET_GROUP,
    attribute,
    load_balancers_of,
    speaks_grpc,
)
from infra.reading.registrations import registrations
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Stack

REFERENCE: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference"
# docs: API_LoadBalancerAttribute, API_TargetGroupAttribute
RANGES: Final = {
    LOAD_BALANCER: {
        IDLE_TIMEOUT: (1, 4000),
        "client_keep_alive.seconds": (60, 604_800),
    },
    TARGET_GROUP: {
        DRAIN: (0, 3600),
        "slow_start.duration_seconds": (30, 900),
        "stickiness.lb_cookie.duration_seconds": (1, 604_800),
        "stickiness.app_cookie.duration_seconds": (1, 604_800),
    },
}
# Of one type only; docs: API_LoadBalancerAttribute
APPLICATION_ONLY: Final = (IDLE_TIMEOUT, "client_keep_alive.seconds", "routing.http2.enabled")
NETWORK_ONLY: Final = ("dns_record.client_routing_policy",)


class AttributeRange(Rule):
    """Numbers that Elastic Load Balancing takes."""

    id = "E9562"
    shortdesc = "Timeouts of load balancers and target groups are within their ranges"
    description = "Elastic Load Balancing refuses an attribute outside its range."
    source_url = f"{REFERENCE}/API_LoadBalancerAttribute.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for kind, ranges in RANGES.items():
            for resource in stack.resources(kind):
                for key, (low, high) in ranges.items():
                    place = attribute(resource, key)
                    number = place.number()
                    off = number == 0 and key.startswith("slow_start")
                    if number is not None and not off and not low <= number <= high:
                        wrong = f"{key} is {low} to {high} seconds"
                        yield Finding(place, wrong, number, f"choose {low} to {high}")


class AlgorithmConflict(Rule):
    """Attributes that only one way of choosing a target has."""

    id = "E9563"
    shortdesc = "Slow start and anomaly mitigation go with the algorithm that has them"
    description = "Elastic Load Balancing refuses either beside another algorithm."
    source_url = f"{REFERENCE}/API_TargetGroupAttribute.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for group in stack.resources(TARGET_GROUP):
            algorithm = attribute(group, "load_balancing.algorithm.type").text(absent="round_robin")
            slow = attribute(group, "slow_start.duration_seconds")
            if (slow.number() or 0) > 0 and algorithm not in ("round_robin", None):
                wrong = f"slow start does not go with {algorithm}"
                remedy = "remove it; have the target warm up before it is healthy"
                yield Finding(slow, wrong, slow.number(), remedy)
            anomalies = attribute(group, "load_balancing.algorithm.anomaly_mitigation")
            if anomalies.text() == "on" and algorithm not in ("weighted_random", None):
                wrong = "anomaly mitigation goes with weighted_random alone"
                yield Finding(anomalies, wrong, algorithm, "set the algorithm to weighted_random")


class AttributeOfOtherType(Rule):
    """Attributes that another type of load balancer has."""

    id = "E9575"
    shortdesc = "A load balancer sets attributes of its own type"
    description = "Elastic Load Balancing refuses an attribute of another type of load balancer."
    source_url = f"{REFERENCE}/API_LoadBalancerAttribute.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for balancer in stack.resources(LOAD_BALANCER):
            kind = balancer["Type"].text(absent="application")
            foreign = {"application": NETWORK_ONLY, "network": APPLICATION_ONLY}.get(kind or "", ())
            for key in foreign:
                place = attribute(balancer, key)
                if place.exists and not place.unknown:
                    wrong = f"{key} is no attribute of a load balancer of type {kind}"
                    yield Finding(place, wrong, place.text(), "remove it")


class DrainTooShort(Rule):
    """How long a request may last, and how long a target that leaves is waited for."""

    id = "W9564"
    shortdesc = "A target that leaves has as long as the idle timeout gives a request"
    description = "A deploy cuts requests that last longer than the deregistration delay."
    source_url = f"{REFERENCE}/API_TargetGroupAttribute.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            seconds = attribute(found.group, DRAIN).number(absent=DRAIN_SECONDS)
            for balancer in load_balancers_of(stack, found.group):
                idle = attribute(balancer, IDLE_TIMEOUT).number()
                if idle is not None and seconds is not None and seconds < idle:
                    wrong = f"{DRAIN} covers the load balancer's idle timeout of {idle:.0f} s"
                    yield Finding(found.named, wrong, seconds, f"set it to {idle:.0f} or more")


class GrpcIdle(Rule):
    """Streams that are silent for a while."""

    id = "W9576"
    shortdesc = "A load balancer of gRPC targets has an idle timeout that was chosen"
    description = (
        "After 60 silent seconds it cuts a stream, and it does not pass HTTP/2 PING on, so that "
        "keep-alive does not help."
    )
    source_url = f"{REFERENCE}/API_LoadBalancerAttribute.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for group in stack.resources(TARGET_GROUP):
            for balancer in load_balancers_of(stack, group) if speaks_grpc(group) else []:
                if not attribute(balancer, IDLE_TIMEOUT).exists:
                    wrong = "the load balancer cuts a gRPC stream that is silent for 60 seconds"
                    remedy = f"set its {IDLE_TIMEOUT} above the longest silence"
                    yield Finding(group["ProtocolVersion"], wrong, f"{IDLE_SECONDS:.0f}", remedy)
