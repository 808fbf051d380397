"""What stands around a load balancer: firewall, logs, and the server behind it."""

import re
from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import (
    IDLE_SECONDS,
    IDLE_TIMEOUT,
    LOAD_BALANCER,
    attribute,
    load_balancers_of,
)
from infra.reading.node import Node
from infra.reading.permissions import withhold
from infra.reading.registrations import registrations
from infra.reading.rule import Finding, Rule
from infra.reading.services import container_of
from infra.reading.stack import Resource, Stack

COMMON_RULES: Final = "AWSManagedRulesCommonRuleSet"
BODY_RULE: Final = "SizeRestrictions_BODY"
LOGS: Final = ("access_logs", "connection_logs", "health_check_logs")
# Servers that close an idle connection, after so many seconds unless told otherwise.
# docs: uvicorn.org/settings (--timeout-keep-alive), docs.gunicorn.org/settings (keepalive)
SERVERS: Final = {"uvicorn": ("--timeout-keep-alive", 5), "gunicorn": ("--keep-alive", 2)}
# Names that HTTP servers read. Others keep other things: OLLAMA_KEEP_ALIVE a model in memory,
# REDIS_KEEPALIVE a client's connection. LLM is this project's own server.
KEEP_ALIVE: Final = re.compile(
    r"((UVICORN|GUNICORN|HYPERCORN|GRANIAN|NGINX|NODE|HTTP|SERVER|VLLM_HTTP|LLM)_)?"
    r"(TIMEOUT_)?KEEP_?ALIVE(_SECONDS|_TIMEOUT)?"
)


class BodySize(Rule):
    """The firewall's common rules, before something that reads long bodies."""

    id = "W9570"
    shortdesc = "The firewall's common rules do not bound bodies by 8 KB unseen"
    description = (
        "SizeRestrictions_BODY blocks a body above 8 KB: a long prompt, an upload, a document."
    )
    source_url = "https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        links = stack.everywhere("AWS::WAFv2::WebACLAssociation")
        for acl in stack.resources("AWS::WAFv2::WebACL"):
            if not any(
                link["ResourceArn"].resource(LOAD_BALANCER)
                for link in links
                if link["WebACLArn"].resource() == acl
            ):
                continue
            for rule in acl["Rules"].items():
                group = rule["Statement"]["ManagedRuleGroupStatement"]
                if group["Name"].text() == COMMON_RULES and not self._lets_pass(rule, group):
                    wrong = f"{BODY_RULE} blocks bodies above 8 KB"
                    remedy = f"override {BODY_RULE} to Count, and bound bodies in the service"
                    yield Finding(group["Name"], wrong, COMMON_RULES, remedy)

    @staticmethod
    def _lets_pass(rule: Node, group: Node) -> bool:
        named = [*group["RuleActionOverrides"].items(), *group["ExcludedRules"].items()]
        return rule["OverrideAction"]["Count"].exists or any(
            item.unknown or item["Name"].text() == BODY_RULE for item in named
        )


class LogBucket(Rule):
    """Buckets for a load balancer's logs."""

    id = "E9571"
    shortdesc = "A load balancer may write its logs into their bucket"
    description = (
        "Elastic Load Balancing refuses a bucket without a policy that lets it write, or with "
        "another encryption than Amazon S3's own keys."
    )
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for balancer in stack.resources(LOAD_BALANCER):
            for kind in LOGS:
                place = attribute(balancer, f"{kind}.s3.bucket")
                bucket = place.resource("AWS::S3::Bucket")
                on = attribute(balancer, f"{kind}.s3.enabled").flag()
                if on and bucket is not None:
                    if balancer["Type"].text(absent="application") == "application":
                        yield from self._encryption(place, bucket)
                    yield from self._policy(stack, place, bucket)

    @staticmethod
    def _encryption(place: Node, bucket: Resource) -> Iterator[Finding]:
        encryption = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"].items()
        for item in encryption:
            algorithm = item["ServerSideEncryptionByDefault"]["SSEAlgorithm"].text()
            if algorithm not in ("AES256", None):
                wrong = "a load balancer's logs are encrypted with Amazon S3's own keys alone"
                yield Finding(place, wrong, algorithm, "set SSEAlgorithm to AES256")

    @staticmethod
    def _policy(stack: Stack, place: Node, bucket: Resource) -> Iterator[Finding]:
        policies = [
            policy["PolicyDocument"]
            for policy in stack.everywhere("AWS::S3::BucketPolicy")
            if policy["Bucket"].resource() == bucket
        ]
        if not stack.is_shared(bucket) and withhold(policies, "s3:PutObject"):
            wrong = "the bucket has no policy that lets the load balancer write its logs"
            remedy = "allow s3:PutObject to the principal that the guide of its type names"
            yield Finding(place, wrong, bucket.logical_id, remedy)


class KeepAlive(Rule):
    """Servers that close a connection which the load balancer still means to use."""

    id = "W9573"
    shortdesc = "A server keeps idle connections longer than the load balancer does"
    description = (
        "Else the load balancer now and then sends a request into a closed connection: 502."
    )
    source_url = "https://github.com/BerriAI/litellm/issues/19091"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for found in registrations(stack):
            container = container_of(found.service, found.entry)
            kept = _kept(container) if container else None
            if kept is None:
                continue
            name, seconds = kept
            for balancer in load_balancers_of(stack, found.group):
                idle = attribute(balancer, IDLE_TIMEOUT).number(absent=IDLE_SECONDS)
                if idle is not None and seconds <= idle:
                    wrong = f"{name} closes connections that the load balancer keeps {idle:.0f} s"
                    remedy = f"keep them longer than {idle:.0f} s"
                    yield Finding(found.entry["ContainerName"], wrong, seconds, remedy)


def _kept(container: Node) -> tuple[str, float] | None:
    """What says how long the server keeps idle connections, and how many seconds that is."""
    for variable in container["Environment"].items():
        name, seconds = variable["Name"].text() or "", variable["Value"].number()
        if KEEP_ALIVE.fullmatch(name) and seconds is not None:
            return name, seconds
    words = [
        item.text() or "" for key in ("EntryPoint", "Command") for item in container[key].items()
    ]
    text = " ".join(words)
    for server, (flag, usual) in SERVERS.items():
        if any(word == server or word.endswith(f"/{server}") for word in text.split()):
            given = re.search(rf"{flag}[= ]([0-9]+)", text)
            return server, float(given[1]) if given else usual
    return None
