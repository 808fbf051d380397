"""What we say about where tasks run: on which capacity, in which network, and how they move."""

from typing import Final

from operations.verify.claim import ByHand, Claim, Outcome, not_shown, refuted, verified
from operations.verify.deployment import Deployment

ON_DEMAND: Final = "FARGATE"
ANYWHERE: Final = "0.0.0.0/0"


def base_is_on_demand(deployment: Deployment) -> Outcome:
    """Where some tasks run on Spot, as many as the base says do not."""
    strategy = deployment.service.get("capacityProviderStrategy", [])
    base = sum(item.get("base", 0) for item in strategy if item["capacityProvider"] == ON_DEMAND)
    if len(strategy) < 2:
        return not_shown("every task runs on demand; set capacity.spot_weight")
    providers = [str(task.get("capacityProviderName")) for task in deployment.tasks()]
    on_demand = providers.count(ON_DEMAND)
    found = f"{on_demand} of {len(providers)} tasks run on demand, and the base is {base}"
    if len(providers) <= base:
        return not_shown(f"{found}; ask again when more run")
    return verified(found) if on_demand >= base else refuted(found)


def endpoints_suffice(deployment: Deployment) -> Outcome:
    """Tasks run in subnets that have no route out."""
    network = deployment.service["networkConfiguration"]["awsvpcConfiguration"]
    filters = [{"Name": "association.subnet-id", "Values": network["subnets"]}]
    tables = deployment.ask("ec2", "DescribeRouteTables", Filters=filters)["RouteTables"]
    routes = [route for table in tables for route in table["Routes"]]
    if not tables or any(route.get("DestinationCidrBlock") == ANYWHERE for route in routes):
        return not_shown("the tasks' subnets have a way out; set network.nat_gateways to 0")
    running = deployment.service["runningCount"]
    if not running:
        return not_shown("no task runs; read why the last one stopped")
    return verified(f"{running} tasks run in {len(tables)} networks without a route out")


CLAIMS: Final = (
    Claim(
        id="spot-above-base",
        sentence="ECS fills the on-demand base first, and only then places tasks on Spot.",
        made_in="infra/components/capacity.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html",
        costs="four API calls",
        how=base_is_on_demand,
    ),
    Claim(
        id="spot-interruption",
        sentence="An interrupted task serves until the load balancer has found it unready, "
        "finishes what fits in two minutes, and refuses nobody before that.",
        made_in="infra/timeouts.py",
        source="https://repost.aws/knowledge-center/fargate-spot-termination-notice",
        costs="tasks on Spot until one is interrupted, which may take days",
        how=ByHand(
            (
                "deploy a stage with capacity.spot_weight, and keep requests of a minute running",
                "wait for a stopped task whose stopCode is SpotInterruption",
                "its log must say draining, and end within 120 s; no client may have had a "
                "connection cut, and refusals only from 35 s after the warning",
            )
        ),
    ),
    Claim(
        id="endpoints-suffice",
        sentence="Without a way to the internet tasks start, log and read their keys through "
        "exactly the endpoints that the stage makes, under the policies that these have.",
        made_in="infra/reach.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
        costs="three API calls, on a stage with network.nat_gateways = 0",
        how=endpoints_suffice,
    ),
    Claim(
        id="move-to-another-vpc",
        sentence="A deployed stage moves into another VPC by one deploy: the new service serves "
        "before the name, or the API, goes over to it, and the old one is removed after.",
        made_in="infra/components/placement.py",
        source="https://github.com/hashicorp/terraform-provider-aws/issues/18317; the order was "
        "measured against the sandbox only",
        costs="a stage and a second VPC for an hour, some cents",
        how=ByHand(
            (
                "deploy a stage with a name of its own, or behind an API Gateway",
                "set section existing_vpc to a VPC with a way out, and deploy, while one client "
                "asks every second",
                "the deploy must succeed; the client may have had errors only for as long as its "
                "resolver kept the old address",
                "delete the network stack: it must go without a rest",
            )
        ),
    ),
    Claim(
        id="public-and-internal-again",
        sentence="endpoint.public can be changed, in both directions, by one deploy.",
        made_in="infra/components/placement.py",
        source="https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/780",
        costs="a stage for half an hour, some cents",
        how=ByHand(
            (
                "deploy a stage with a certificate and public = false, then true, then false",
                "each deploy must succeed, and the stage answer at its new address",
            )
        ),
    ),
    Claim(
        id="graviton",
        sentence="The image that is built for arm64 serves on Graviton.",
        made_in="infra/components/image.py",
        source="the requirements were resolved for it (make platforms); nothing was run there",
        costs="a stage for half an hour, some cents",
        how=ByHand(
            (
                'deploy a stage with task.architecture = "arm64"',
                "it must answer; compare tokens_per_second in its log with those on x86_64",
            )
        ),
    ),
)
