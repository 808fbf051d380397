"""What we say about API Gateway, AWS WAF, names and access logs."""

from typing import Any, Final

from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment

PRIVATE_INTEGRATION: Final = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html"
)


def body_rules_only_count(deployment: Deployment) -> Outcome:
    """AWS may add a rule to a managed group; one that blocks by the body would refuse prompts."""
    acls = deployment.physical_ids("AWS::WAFv2::WebACL")
    if not acls:
        return not_shown("deploy a stage with firewall.enabled = true")
    name, identity, scope = acls[0].split("|")
    acl = deployment.ask("wafv2", "GetWebACL", Name=name, Id=identity, Scope=scope)["WebACL"]
    groups = [rule["Statement"].get("ManagedRuleGroupStatement") for rule in acl["Rules"]]
    blocking = [
        rule
        for group in groups
        if group is not None
        for rule in sorted(_body_rules(deployment, group, scope=scope) - _counting(group))
    ]
    if blocking:
        return refuted(f"not set to count in infra/components/firewall.py: {', '.join(blocking)}")
    return verified("every rule of AWS's groups that looks at a body only counts")


def _body_rules(deployment: Deployment, group: dict[str, Any], *, scope: str) -> set[str]:
    answer = deployment.ask(
        "wafv2",
        "DescribeManagedRuleGroup",
        VendorName=group["VendorName"],
        Name=group["Name"],
        Scope=scope,
    )
    return {rule["Name"] for rule in answer["Rules"] if rule["Name"].upper().endswith("_BODY")}


def _counting(group: dict[str, Any]) -> set[str]:
    return {override["Name"] for override in group.get("RuleActionOverrides", ())}


CLAIMS: Final = (
    Claim(
        id="body-rules-only-count",
        sentence="No rule of AWS's managed groups that looks at a body can refuse a request.",
        made_in="infra/components/firewall_rules.py",
        source="https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html",
        costs="five API calls",
        how=body_rules_only_count,
    ),
    Claim(
        id="api-gateway-streams",
        sentence="API Gateway passes an answer on as it comes, through a VPC link to the internal "
        "load balancer, and outwaits 300 s of silence.",
        made_in="infra/components/load_balancer_link.py",
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html",
        costs="two requests",
        how=ByHand(
            (
                "deploy stage dev, and stream an answer with `curl --no-buffer` and a key",
                "ask for a whole answer that takes the stage's longest generation",
                "the first line must come within seconds, and the whole answer must arrive",
            )
        ),
    ),
    Claim(
        id="api-gateway-path",
        sentence="The service sees the path without the API's stage, and `Authorization` as sent.",
        made_in="infra/components/listener_rules.py",
        source=PRIVATE_INTEGRATION,
        costs="two requests",
        how=ByHand(
            (
                "deploy stage dev, and get the output Url with /v1/models and a key",
                "get it with /metrics, and with /%6Detrics",
                "the first must list the model, the others must be 404",
            )
        ),
    ),
    Claim(
        id="client-address",
        sentence="The load balancer adds the address that it is connected from at the right of "
        "X-Forwarded-For; an API Gateway in front of it adds its client's before that, of which "
        "nothing was found in AWS's own words.",
        made_in="service/client_addresses.py",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html",
        costs="a request to each kind of endpoint",
        how=ByHand(
            (
                "deploy a stage with logs.client_addresses = true, of each kind of endpoint",
                "ask it with curl --header 'X-Forwarded-For: 192.0.2.1'",
                "the request's log line must have your own address as client_address",
            )
        ),
    ),
    Claim(
        id="api-gateway-tls",
        sentence="A regional API takes the security policy with post-quantum key exchange.",
        made_in="infra/components/api_gateway.py",
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html",
        costs="the deploy of stage dev",
        how=ByHand(("deploy stage dev", "the REST API must be made")),
    ),
    Claim(
        id="certificate-by-name",
        sentence="With a hosted zone the deploy validates the certificate, and the name resolves.",
        made_in="infra/components/domain.py",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html",
        costs="a hosted zone",
        how=ByHand(
            (
                "deploy a stage with domain.name and its hosted zone",
                "get https://NAME/v1/models with a key: it must list the model",
            )
        ),
    ),
    Claim(
        id="load-balancer-logs-arrive",
        sentence="The load balancer may write its access and connection logs into the bucket.",
        made_in="infra/components/load_balancer_logs.py",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
        costs="a few requests",
        how=ByHand(
            (
                "deploy a stage with load_balancer.access_logs and connection_logs = true, "
                "and send it some requests",
                "within ten minutes the bucket must hold an object with a line for each request, "
                "and one, whose name begins with conn_log, with a line for each connection",
            )
        ),
    ),
)
