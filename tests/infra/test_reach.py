"""Where tasks have no way out, there are exactly the endpoints that their templates call for."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from infra.reach import is_private, registry_of
from tests.infra.assemblies import Assembly

# IAM's prefix of an action and the names of the endpoints that such a call goes to.
ENDPOINTS: Final[dict[str, set[str]]] = {
    "ecr": {"ecr.api", "ecr.dkr"},
    "kms": set(),  # asked by the service that keeps what is encrypted, and not by the task
}
CLOSED: Final = ("no_nat", "existing_vpc_closed")


def called_services(assembly: Assembly) -> set[str]:
    """What the task definition, and the roles that it names, let tasks call."""
    definition = assembly.only("AWS::ECS::TaskDefinition")
    (container,) = definition["ContainerDefinitions"]
    called = {"logs"} if container["LogConfiguration"]["LogDriver"] == "awslogs" else set()
    if ".dkr.ecr." in str(container["Image"]):
        called |= {*ENDPOINTS["ecr"], "s3"}  # the layers
    for action in allowed_actions(assembly, definition):
        prefix = action.partition(":")[0]
        called |= ENDPOINTS.get(prefix, {prefix})
    return called


def allowed_actions(assembly: Assembly, definition: dict[str, Any]) -> Iterator[str]:
    """Of the task's own role and of the one that starts it."""
    roles = [
        {"Ref": definition[key]["Fn::GetAtt"][0]} for key in ("TaskRoleArn", "ExecutionRoleArn")
    ]
    for policy in assembly.resources("AWS::IAM::Policy").values():
        if any(role in policy["Properties"]["Roles"] for role in roles):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                yield from [actions] if isinstance(actions, str) else actions


def endpoints(assembly: Assembly) -> dict[str, dict[str, Any]]:
    """The endpoints of all stacks by their service's short name."""
    found = {}
    for stack in assembly.templates:
        for body in assembly.resources("AWS::EC2::VPCEndpoint", stack=stack).values():
            *_, name = body["Properties"]["ServiceName"]["Fn::Join"][1]
            found[name.removeprefix(".")] = body["Properties"]
    return found


@pytest.mark.parametrize("variant", CLOSED)
def test_each_service_that_tasks_call_has_an_endpoint_and_no_other_has(
    request: pytest.FixtureRequest, variant: str
) -> None:
    assembly: Assembly = request.getfixturevalue(variant)
    assert endpoints(assembly).keys() == called_services(assembly)


def test_keys_have_an_endpoint_only_where_they_are_asked_for(
    no_nat: Assembly, existing_vpc_closed: Assembly
) -> None:
    assert "secretsmanager" in endpoints(no_nat)
    assert "secretsmanager" not in endpoints(existing_vpc_closed)  # which asks for access tokens


@pytest.mark.parametrize("variant", CLOSED)
def test_each_endpoint_passes_on_all_that_tasks_may_do_and_nothing_else(
    request: pytest.FixtureRequest, variant: str
) -> None:
    assembly: Assembly = request.getfixturevalue(variant)
    allowed = set(allowed_actions(assembly, assembly.only("AWS::ECS::TaskDefinition")))
    passed = set()
    for name, properties in endpoints(assembly).items():
        for statement in properties["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            passed |= {actions} if isinstance(actions, str) else set(actions)
            foreign = "starport-layer-bucket" in str(statement["Resource"])  # signed by ECR itself
            account = statement.get("Condition", {}).get("StringEquals", {})
            assert foreign or account["aws:PrincipalAccount"] == {"Ref": "AWS::AccountId"}, name
    assert passed == allowed | {"s3:GetObject"}


@pytest.mark.parametrize("variant", CLOSED)
def test_no_address_that_tasks_are_told_is_on_the_internet(
    request: pytest.FixtureRequest, variant: str
) -> None:
    assembly: Assembly = request.getfixturevalue(variant)
    (container,) = assembly.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    values = [entry["Value"] for entry in container["Environment"]]
    hosts = [
        urlsplit(value).hostname or ""
        for value in values
        if isinstance(value, str) and value.startswith("http")
    ]
    assert all(is_private(host, ()) for host in hosts)


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("llm-on-ecs:local", "docker.io"),
        ("library/python", "docker.io"),
        ("ghcr.io/example/llm-on-ecs:1.0", "ghcr.io"),
        ("registry.internal:5000/llm@sha256:0a", "registry.internal"),
        ("localhost/llm", "localhost"),
    ],
)
def test_registry_is_the_one_that_docker_would_ask(image: str, registry: str) -> None:
    assert registry_of(image) == registry


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("10.1.2.3", True),
        ("52.1.2.3", False),
        ("id.corp.internal", True),
        ("id.example.com", False),
        ("id.own.example.com", True),
    ],
)
def test_a_host_is_private_by_its_address_its_name_or_the_stages_word(
    host: str, private: bool
) -> None:
    assert is_private(host, ("id.own.example.com",)) is private
