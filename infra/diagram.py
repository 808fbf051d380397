"""A picture of what a stage deploys, drawn from its synthesised templates: `make diagram`.

A box is a kind of resource that the templates have, an arrow a connection that their references
show: nothing is drawn that would not be deployed.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from infra.container_env import GRPC_PORT, HTTP_PORT

Resources = dict[str, dict[str, Any]]
PROTOCOLS: Final = {HTTP_PORT: "REST", GRPC_PORT: "gRPC"}

DOT_MISSING: Final = (
    "dot: got none on PATH; install Graphviz, which draws the picture (Debian: apt-get install "
    "graphviz; macOS: brew install graphviz)"
)


class Box(NamedTuple):
    """How resources of one type are drawn: `diagrams`' icon, the words under it, and whether in
    the VPC."""

    icon: str
    words: Callable[[list[dict[str, Any]]], str]
    in_vpc: bool = False


class Arrow(NamedTuple):
    """A connection between two types, drawn where a reference leads from one to the other."""

    source: str
    target: str
    words: str = ""


def _named(text: str) -> Callable[[list[dict[str, Any]]], str]:
    return lambda found: text if len(found) == 1 else f"{len(found)} {text}s"


def _tasks(found: list[dict[str, Any]]) -> str:
    ports = {target["ContainerPort"] for target in found[0]["Properties"]["LoadBalancers"]}
    return f"ECS service on Fargate\n{', '.join(PROTOCOLS[port] for port in sorted(ports))}"


def _scaling(found: list[dict[str, Any]]) -> str:
    bounds = found[0]["Properties"]
    return f"scaling: {bounds['MinCapacity']} to {bounds['MaxCapacity']} tasks"


def _task(found: list[dict[str, Any]]) -> str:
    size = found[0]["Properties"]
    return f"task: {int(size['Cpu']) / 1024:g} vCPU, {int(size['Memory']) / 1024:g} GiB"


def _balancer(found: list[dict[str, Any]]) -> str:
    public = found[0]["Properties"]["Scheme"] == "internet-facing"
    return f"{'public' if public else 'internal'} load balancer"


BOXES: Final[dict[str, Box]] = {
    "AWS::Route53::RecordSet": Box("network.Route53", _named("alias record")),
    "AWS::CertificateManager::Certificate": Box(
        "security.CertificateManager", _named("certificate")
    ),
    "AWS::WAFv2::WebACL": Box("security.WAF", _named("web firewall")),
    "AWS::ApiGateway::RestApi": Box("network.APIGateway", _named("REST API")),
    "AWS::ApiGatewayV2::VpcLink": Box("network.Privatelink", _named("VPC link"), in_vpc=True),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Box("network.ALB", _balancer, in_vpc=True),
    "AWS::ECS::Service": Box("compute.Fargate", _tasks, in_vpc=True),
    "AWS::ECS::TaskDefinition": Box("compute.ElasticContainerServiceTask", _task, in_vpc=True),
    "AWS::EC2::NatGateway": Box("network.NATGateway", _named("NAT gateway"), in_vpc=True),
    "AWS::ApplicationAutoScaling::ScalableTarget": Box("compute.ApplicationAutoScaling", _scaling),
    "AWS::SecretsManager::Secret": Box("security.SecretsManager", _named("API keys, hashed")),
    "AWS::ECR::Repository": Box("compute.ECR", _named("image repository")),
    "AWS::S3::Bucket": Box("storage.S3", _named("bucket")),
    "AWS::Logs::LogGroup": Box("management.CloudwatchLogs", _named("log group")),
    "AWS::Lambda::Function": Box("compute.Lambda", _named("function")),
    "AWS::CloudWatch::Dashboard": Box("management.Cloudwatch", _named("dashboard")),
    "AWS::CloudWatch::Alarm": Box("management.CloudwatchAlarm", _named("alarm")),
    "AWS::SNS::Topic": Box("integration.SNS", _named("alarm topic")),
    "AWS::Budgets::Budget": Box("cost.Budgets", _named("monthly budget")),
}
ARROWS: Final = (
    Arrow("AWS::Route53::RecordSet", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    Arrow("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::CertificateManager::Certificate"),
    Arrow("AWS::WAFv2::WebACL", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    Arrow("AWS::WAFv2::WebACL", "AWS::ApiGateway::RestApi"),
    Arrow("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::VpcLink", "HTTP"),
    Arrow("AWS::ApiGatewayV2::VpcLink", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    Arrow("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ECS::Service"),
    Arrow("AWS::ECS::Service", "AWS::ECS::TaskDefinition"),
    Arrow("AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ECS::Service"),
    Arrow("AWS::ECS::TaskDefinition", "AWS::SecretsManager::Secret", "reads"),
    Arrow("AWS::ECS::TaskDefinition", "AWS::Logs::LogGroup", "logs, metrics"),
    Arrow("AWS::ECS::TaskDefinition", "AWS::ECR::Repository", "runs"),
    Arrow("AWS::Lambda::Function", "AWS::ECR::Repository", "runs"),
    Arrow("AWS::CloudWatch::Alarm", "AWS::SNS::Topic"),
)
# Where clients come in: the first of these that is deployed.
ENTRANCES: Final = (
    "AWS::ApiGateway::RestApi",
    "AWS::Route53::RecordSet",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
)
# Nearly everything refers to these: a path through one of them connects nothing.
HUBS: Final = ("AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::ECS::Cluster", "AWS::EC2::RouteTable")
STYLE: Final = {
    "splines": "spline",
    "fontsize": "15",
    "pad": "0.3",
    "nodesep": "0.45",
    "ranksep": "1.1",
    "labelloc": "t",
}


def read(assembly: Path) -> Resources:
    """Every resource of every stack, by its stack's artifact and its logical id.

    The stacks are the manifest's: a synth leaves the files of an earlier one in its folder.
    """
    artifacts = _document(assembly / "manifest.json")["artifacts"]
    return {
        f"{stack}.{logical_id}": body
        for stack, artifact in sorted(artifacts.items())
        if artifact["type"] == "aws:cloudformation:stack"
        for logical_id, body in _document(assembly / artifact["properties"]["templateFile"])[
            "Resources"
        ].items()
    }


def _document(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def connections(resources: Resources) -> set[tuple[str, str]]:
    """The pairs of drawn types between which references lead, through types not drawn or not."""
    neighbours: dict[str, set[str]] = {name: set() for name in resources}
    for name, body in resources.items():
        for other in (*_references(name, body), *_images(body, resources)):
            if other in resources:
                neighbours[name].add(other)
                neighbours[other].add(name)
    return {
        (body["Type"], resources[other]["Type"])
        for name, body in resources.items()
        if body["Type"] in BOXES
        for other in _reached(name, resources, neighbours)
    }


def _references(name: str, body: Any) -> Iterator[str]:
    stack = name.split(".")[0]
    if isinstance(body, list):
        for item in body:
            yield from _references(name, item)
    if not isinstance(body, dict):
        return
    for key, value in body.items():
        if key == "Ref" and isinstance(value, str):
            yield f"{stack}.{value}"
        elif key == "Fn::GetAtt":
            yield f"{stack}.{value[0]}"
        else:
            yield from _references(name, value)


def _images(body: Any, resources: Resources) -> Iterator[str]:
    """The repositories whose images it names: an image's address is a text, and no reference."""
    text = json.dumps(body)
    for name, other in resources.items():
        if f"/{other.get('Properties', {}).get('RepositoryName')}:" in text:
            yield name


def _reached(start: str, resources: Resources, neighbours: dict[str, set[str]]) -> set[str]:
    """The drawn resources that can be reached from `start` over such as are not drawn."""
    seen, waiting, found = {start}, [start], set()
    while waiting:
        for other in neighbours[waiting.pop()] - seen:
            seen.add(other)
            kind = resources[other]["Type"]
            if kind in BOXES:
                found.add(other)
            elif kind not in HUBS:
                waiting.append(other)
    return found


def draw(resources: Resources, *, title: str, file: Path) -> None:
    """Write the picture as PNG to `file`."""
    from diagrams import Cluster, Diagram, Edge

    by_type: dict[str, list[dict[str, Any]]] = {}
    for body in resources.values():
        by_type.setdefault(body["Type"], []).append(body)
    nodes: dict[str, Any] = {}
    stem = str(file.with_suffix(""))
    with Diagram(title, filename=stem, outformat="png", show=False, graph_attr=STYLE):
        clients = _icon("general.Users")("clients")
        for kind, box in BOXES.items():
            if kind in by_type and not box.in_vpc:
                nodes[kind] = _icon(box.icon)(box.words(by_type[kind]))
        with Cluster("your VPC"):
            for kind, box in BOXES.items():
                if kind in by_type and box.in_vpc:
                    nodes[kind] = _icon(box.icon)(box.words(by_type[kind]))
        connected = connections(resources)
        for arrow in ARROWS:
            if (arrow.source, arrow.target) in connected:
                nodes[arrow.source] >> Edge(label=arrow.words) >> nodes[arrow.target]
        entrance = next(kind for kind in ENTRANCES if kind in nodes)
        clients >> nodes[entrance]


def _icon(name: str) -> Any:
    module, _, icon = name.partition(".")
    return getattr(import_module(f"diagrams.aws.{module}"), icon)


def main() -> None:
    """Draw an assembly's picture: `python -m infra.diagram ASSEMBLY FILE --title TITLE`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assembly", type=Path, help="the folder that `cdk synth -o` wrote")
    parser.add_argument("file", type=Path, help="the PNG to write")
    parser.add_argument("--title", required=True)
    arguments = parser.parse_args()
    if shutil.which("dot") is None:
        sys.exit(DOT_MISSING)
    draw(read(arguments.assembly), title=arguments.title, file=arguments.file)
    print(f"Drawn: {arguments.file}")


if __name__ == "__main__":
    main()
