"""What we say about load balancers, certificates and the network."""

import json
from typing import Final

from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment

POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
LONG_PROMPT: Final = 100 * 1024
REQUEST_ID: Final = "verify-aws-1"
MODEL_PATH: Final = "/v1/chat/completions"


def tls_policy(deployment: Deployment) -> Outcome:
    """The region has the policy; without it no HTTPS listener can be made."""
    answer = deployment.account.ask(
        "elbv2", "DescribeSSLPolicies", absent=("SSLPolicyNotFound",), Names=[POLICY]
    )
    if not answer or not answer["SslPolicies"]:
        return refuted(f"{deployment.account.region} has no policy {POLICY}")
    return verified(f"{POLICY} is there, with {len(answer['SslPolicies'][0]['Ciphers'])} ciphers")


def no_open_egress(deployment: Deployment) -> Outcome:
    """No group of ours may still let everything out."""
    groups = deployment.physical_ids("AWS::EC2::SecurityGroup")
    answer = deployment.ask("ec2", "DescribeSecurityGroups", GroupIds=groups)
    wide = [
        group["GroupId"]
        for group in answer["SecurityGroups"]
        for rule in group["IpPermissionsEgress"]
        if rule["IpProtocol"] == "-1"
    ]
    if wide:
        return refuted(f"everything may leave {', '.join(wide)}")
    return verified(f"{len(groups)} groups, none lets everything out")


def request_id_returns(deployment: Deployment) -> Outcome:
    """The id that a client sends is the one that it gets back."""
    answer = deployment.http("/health/live", headers={"x-request-id": REQUEST_ID})
    returned = {key.lower(): value for key, value in answer.headers.items()}.get("x-request-id")
    if returned == REQUEST_ID:
        return verified(f"{REQUEST_ID} came back")
    return refuted(f"sent {REQUEST_ID}, got {returned}")


def long_prompt_arrives(deployment: Deployment) -> Outcome:
    """Without a key: the service's own refusal shows that it saw the body, and costs no token."""
    message = {"role": "user", "content": "word " * (LONG_PROMPT // 5)}
    answer = deployment.http(
        MODEL_PATH,
        body=json.dumps({"messages": [message]}).encode(),
        headers={"content-type": "application/json", "x-request-id": REQUEST_ID},
    )
    ours = REQUEST_ID in answer.headers.values()
    if ours and answer.status not in (403, 413):
        return verified(f"the service answered {answer.status} to a body of {LONG_PROMPT} bytes")
    return refuted(f"{answer.status} {'by the service' if ours else 'before the service'}")


def targets_are_healthy(deployment: Deployment) -> Outcome:
    """A task is ready only after it has read the keys, so a healthy target has read them."""
    states = [
        health["TargetHealth"]["State"]
        for group in deployment.physical_ids("AWS::ElasticLoadBalancingV2::TargetGroup")
        for health in deployment.ask("elbv2", "DescribeTargetHealth", TargetGroupArn=group)[
            "TargetHealthDescriptions"
        ]
    ]
    if not states:
        return not_shown("no task is registered; wait until the service has started some")
    if "healthy" in states:
        return verified(f"{states.count('healthy')} of {len(states)} targets are healthy")
    return refuted(f"no target is healthy: {', '.join(sorted(set(states)))}; read the tasks' logs")


CLAIMS: Final = (
    Claim(
        id="tls-policy",
        sentence="The TLS policy with post-quantum key exchange exists in the region.",
        made_in="infra/components/listeners.py",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
        costs="one API call",
        how=tls_policy,
    ),
    Claim(
        id="no-open-egress",
        sentence="Any egress rule of one's own removes EC2's default, which lets everything out.",
        made_in="infra/components/load_balancer.py",
        source="https://github.com/aws/aws-cdk/issues/987",
        costs="three API calls",
        how=no_open_egress,
    ),
    Claim(
        id="request-id",
        sentence="A request's x-request-id passes the load balancer in both directions.",
        made_in="service/rest/middleware.py",
        source="nothing found that says so",
        costs="one request",
        how=request_id_returns,
    ),
    Claim(
        id="long-prompt",
        sentence="A prompt of 100 KB reaches the service; nothing in front of it refuses the body.",
        made_in="infra/container_env.py",
        source="https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html",
        costs="one request of 100 KB, without a token generated",
        how=long_prompt_arrives,
    ),
    Claim(
        id="keys-with-the-role",
        sentence="With secretsmanager:GetSecretValue alone, a task's role reads the keys.",
        made_in="infra/components/keys.py",
        source="https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html",
        costs="a few API calls",
        how=targets_are_healthy,
    ),
    Claim(
        id="grpc-health-agent",
        sentence="Elastic Load Balancing's gRPC health checks have a user agent that begins with "
        "ELB-HealthChecker, so a task that is not ready fails them.",
        made_in="service/rpc/server.py",
        source="no page was found that names the agent for gRPC",
        costs="one task for some minutes, about a cent",
        how=ByHand(
            (
                "deploy a stage with a certificate and a model that takes a minute to load",
                "aws ecs update-service --force-new-deployment for its service",
                "every 10 s: aws elbv2 describe-target-health for the gRPC target group",
                "the new target must be unhealthy with code 14 (UNAVAILABLE) until it is ready; "
                "healthy at once refutes the claim",
            )
        ),
    ),
    Claim(
        id="idle-timeout",
        sentence="With its idle timeout raised, the load balancer keeps a connection that is "
        "silent for as long as the longest request.",
        made_in="infra/timeouts.py",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        costs="a request of some minutes",
        how=ByHand(
            (
                "fill every slot of the stage with streams of limits.longest_generation_seconds",
                "send one request with stream false, which waits and generates in silence",
                "it must be answered by the service, with an x-request-id, and not by a 504",
            )
        ),
    ),
    Claim(
        id="drain-before-sigterm",
        sentence="ECS waits the deregistration delay out before it sends SIGTERM.",
        made_in="infra/timeouts.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html",
        costs="one rollout, about a cent",
        how=ByHand(
            (
                "start a stream that lasts some minutes (max_tokens 1000) through the endpoint",
                "aws ecs update-service --force-new-deployment for the stage's service",
                "read the service's events and the old task's log with their times",
                "the stream must end whole, and the log line `draining` must come later than the "
                "event `has begun draining connections`, by up to the deregistration delay",
            )
        ),
    ),
)
