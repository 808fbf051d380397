"""Capacity providers."""

from collections.abc import Iterator
from typing import Final

from infra.reading.rule import Finding, Rule
from infra.reading.services import services, strategy
from infra.reading.stack import Resource, Stack

REFERENCE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference"
FARGATE: Final = ("FARGATE", "FARGATE_SPOT")


class ProviderStrategy(Rule):
    """Weights and bases."""

    id = "E9540"
    shortdesc = "A capacity provider strategy has a weight above zero, and one base at most"
    description = "ECS refuses a strategy without any weight, with two bases or a LaunchType."
    source_url = f"{REFERENCE}/API_CapacityProviderStrategyItem.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            place, entries = service["CapacityProviderStrategy"], strategy(service)
            weights = [entry["Weight"].number(absent=0) for entry in entries]
            bases = [entry for entry in entries if (entry["Base"].number(absent=0) or 0) > 0]
            if len(entries) > 1 and not any(weight != 0 for weight in weights):
                wrong = "no capacity provider has a weight above zero"
                yield Finding(place, wrong, weights, "give one of them a Weight of 1")
            if len(bases) > 1:
                wrong = "one capacity provider at most has a base"
                yield Finding(place, wrong, len(bases), "remove Base from the others")
            if entries and service["LaunchType"].exists:
                wrong = "a service has a LaunchType or a strategy, and not both"
                got = service["LaunchType"].text() or "both"
                yield Finding(service["LaunchType"], wrong, got, "remove the LaunchType")


class ProviderOfCluster(Rule):
    """Fargate's providers, which a cluster does not have by itself."""

    id = "E9541"
    shortdesc = "A service's capacity providers belong to its cluster"
    description = "ECS refuses a service whose provider is not associated with the cluster."
    source_url = f"{REFERENCE}/API_PutClusterCapacityProviders.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in services(stack):
            cluster = service["Cluster"].resource()
            known = None if cluster is None else _providers(stack, cluster)
            for entry in strategy(service):
                name = entry["CapacityProvider"].text()
                if known is not None and name in FARGATE and name not in known:
                    wrong = "the service's cluster does not have this capacity provider"
                    remedy = "add it to the cluster's CapacityProviders"
                    yield Finding(entry["CapacityProvider"], wrong, name, remedy)


def _providers(stack: Stack, cluster: Resource) -> set[str | None] | None:
    """The names of the cluster's capacity providers; None where they cannot be known."""
    if stack.is_shared(cluster):
        return None
    kind = "AWS::ECS::ClusterCapacityProviderAssociations"
    links = [link for link in stack.everywhere(kind) if link["Cluster"].resource() == cluster]
    lists = [item["CapacityProviders"] for item in (cluster, *links)]
    if any(node.exists and node.all_items() is None for node in lists):
        return None
    return {item.text() for node in lists for item in node.items()}
