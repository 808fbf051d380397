"""Two stages in one account and region: each has its own of everything, and goes alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.key import add_key, find_secret, holds_key
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS
from tests.moto.synthesis import synthesised

# With what a stage may have a name or a metric of: an API, a firewall and its log, alarms.
BOTH = replace(
    VARIANTS["guarded-api"],
    changes={
        **VARIANTS["guarded-api"].changes,
        "alarms": {"emails": ("ann@example.org",)},
        "monitoring": {"dashboard": True, "monthly_budget_usd": 200},
    },
)
NAMES = ("one", "other")


@pytest.fixture
def deployed() -> Iterator[dict[str, Path]]:
    """The account with both."""
    assemblies = {name: synthesised(replace(BOTH, name=name)) for name in NAMES}
    with mock_aws():
        for folder in assemblies.values():
            assembly.deploy_assembly(folder, region=REGION)
        yield assemblies


def services() -> set[str]:
    """The clusters and services that there are, by their names in the scalable targets."""
    client = boto3.client("application-autoscaling")
    targets = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return {target["ResourceId"] for target in targets}


@pytest.mark.usefixtures("deployed")
def test_each_stage_has_its_own_of_everything() -> None:
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    assert {item["StackStatus"] for item in stacks} == {"CREATE_COMPLETE"}
    assert len(stacks) == 2 * 3
    assert len(services()) == 2
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert len({group["logGroupName"] for group in groups}) == len(groups) == 2 * 4
    assert len(boto3.client("sns").list_topics()["Topics"]) == 2
    acls = boto3.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert len({acl["Name"] for acl in acls}) == 2


@pytest.mark.usefixtures("deployed")
def test_a_key_of_one_stage_is_none_of_the_other() -> None:
    client = boto3.client("secretsmanager")
    one, other = (find_secret(name) for name in NAMES)
    key = add_key(client, one, "ann")
    assert holds_key(client, one, key)
    assert not holds_key(client, other, key)


def test_one_stage_is_destroyed_and_the_other_stays(deployed: dict[str, Path]) -> None:
    assembly.destroy_assembly(deployed["one"], region=REGION)
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    assert {item["StackName"] for item in stacks} == {
        f"llm-on-ecs-other-{stack}" for stack in ("registry", "network", "inference")
    }
    assert len(services()) == 1
    assert find_secret("other")
