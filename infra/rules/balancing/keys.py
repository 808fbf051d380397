"""The names of attributes, which CloudFormation does not compare with any list."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from infra.reading.balancing import LOAD_BALANCER, TARGET_GROUP, attributes
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Stack

# docs: API_LoadBalancerAttribute, API_TargetGroupAttribute
KEYS: Final = {
    LOAD_BALANCER: (
        "access_logs.s3.bucket",
        "access_logs.s3.enabled",
        "access_logs.s3.prefix",
        "client_keep_alive.seconds",
        "connection_logs.s3.bucket",
        "connection_logs.s3.enabled",
        "connection_logs.s3.prefix",
        "deletion_protection.enabled",
        "dns_record.client_routing_policy",
        "health_check_logs.s3.bucket",
        "health_check_logs.s3.enabled",
        "health_check_logs.s3.prefix",
        "idle_timeout.timeout_seconds",
        "ipv6.deny_all_igw_traffic",
        "load_balancing.cross_zone.enabled",
        "routing.http.desync_mitigation_mode",
        "routing.http.drop_invalid_header_fields.enabled",
        "routing.http.preserve_host_header.enabled",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        "routing.http.xff_client_port.enabled",
        "routing.http.xff_header_processing.mode",
        "routing.http2.enabled",
        "secondary_ips.auto_assigned.per_subnet",
        "waf.fail_open.enabled",
        "zonal_shift.config.enabled",
    ),
    TARGET_GROUP: (
        "deregistration_delay.connection_termination.enabled",
        "deregistration_delay.timeout_seconds",
        "lambda.multi_value_headers.enabled",
        "load_balancing.algorithm.anomaly_mitigation",
        "load_balancing.algorithm.type",
        "load_balancing.cross_zone.enabled",
        "preserve_client_ip.enabled",
        "proxy_protocol_v2.enabled",
        "send_tcp_reset.on_deregistration.enabled",
        "send_tcp_reset.on_unhealthy.enabled",
        "slow_start.duration_seconds",
        "stickiness.app_cookie.cookie_name",
        "stickiness.app_cookie.duration_seconds",
        "stickiness.enabled",
        "stickiness.lb_cookie.duration_seconds",
        "stickiness.type",
        "target_failover.on_deregistration",
        "target_failover.on_unhealthy",
        "target_group_health.dns_failover.minimum_healthy_targets.count",
        "target_group_health.dns_failover.minimum_healthy_targets.percentage",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        "target_health_state.unhealthy.connection_termination.enabled",
        "target_health_state.unhealthy.draining_interval_seconds",
    ),
}
# So alike is a slip of another key; what is like none may be newer than the list.
ALIKE: Final = 0.8


class AttributeKey(Rule):
    """Attributes that are almost called so."""

    id = "E9572"
    shortdesc = "The key of a load balancer's or target group's attribute is spelt as AWS does"
    description = "Elastic Load Balancing refuses a key that it does not know."
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for kind, known in KEYS.items():
            for resource in stack.resources(kind):
                for item in attributes(resource).items():
                    key = item["Key"].text()
                    if key is None or key in known:
                        continue
                    for meant in get_close_matches(key, known, n=1, cutoff=ALIKE):
                        wrong = "Elastic Load Balancing has no attribute of this key"
                        yield Finding(item["Key"], wrong, key, f"write {meant}")
