"""A stage that is changed can be deployed: stack by stack, CloudFormation refuses nothing.

Compared are variants of one stage, each way, and each setting changed by itself. What
CloudFormation would refuse is listed, with the reason, and what a setting loses.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache, reduce
from itertools import permutations
from pathlib import Path
from typing import Any, Final

import pytest
from aws_cdk import App

from delivery import assemblies
from delivery.risk.exports import refused_exports
from delivery.risk.grades import Grade, Risk
from delivery.risk.verdict import judge
from infra.build import build, synthesise
from infra.settings import StageSettings
from tests.infra.assemblies import VARIANTS, Assembly, context
from tests.infra.toggles import POSSIBLE, settings_of, toggled

# By stack, and by what the name of the resource or of what is exported begins with.
REFUSED: Final = {
    ("Registry", "Repository"): "ECR cannot change how a repository is encrypted, and the CLI "
    "pushes to it by its name",
    ("Registry", "ModelsBucket"): "the bucket goes with the model that tasks have from it",
    ("Network", "VpcPrivateSubnet"): "the subnets of a zone go, with tasks inside",
    ("Network", "VpcPublicSubnet"): "likewise, with a node of the load balancer inside",
    ("Network", "Vpc8378EB38"): "a VPC keeps its first network: another one is another VPC",
}
# By setting, changed by itself and back: what is lost, so that somebody has to accept it first.
LOST: Final[dict[str, set[str]]] = {
    # The topic comes with the first address and goes with the last one.
    "alarms.emails": {"WatchingNotificationsTopic"},
    "delivery.provider_arn": {"Provider"},
    "encryption.images_key_arn": {"Repository"},
    "endpoint.kind": {"ApiGatewayApi", "ApiGatewayApiDeploymentStageapi"},
    "endpoint.public": {"LoadBalancer", "LoadBalancerPublic"},
    "firewall.enabled": {"FirewallLog"},
    "load_balancer.access_logs": {"LoadBalancerAccessLogsBucket"},
    "load_balancer.connection_logs": {"LoadBalancerAccessLogsBucket"},
    # Fewer days.
    "logs.retention_days": {"FirewallLog", "FlowLogGroup", "TaskLog"},
    "model.bucket": {"ModelsAccessLog", "ModelsBucket"},
    "network.cidr": {"Vpc"},
    "network.flow_logs": {"FlowLogGroup"},
    "network.nat_gateways": {"VpcPublicSubnet2EIP", "VpcPublicSubnet3EIP"},
    # Nothing at once: what a later removal keeps is less.
    "retain_data": {"FirewallLog", "FlowLogGroup", "KeysSecret", "Repository", "TaskLog"},
    # The second target group, in which the tasks may be.
    "rollout.second_target_group": {"Service"},
    "rollout.strategy": {"Service"},
}
# The stages, then variants that have what most settings need beside them.
BASES: Final = ("prod", "dev", "local-https", "governed", "thrifty", "guarded-api", "own-model")
# Changed with others only: by some pair of variants.
TOGETHER: Final = {
    *("alarms.webhooks", "domain.hosted_zone_id", "domain.hosted_zone_name", "domain.name"),
    *("existing_vpc.cidr", "existing_vpc.egress", "existing_vpc.flow_logs", "existing_vpc.id"),
    *("existing_vpc.private_subnet_ids", "existing_vpc.public_subnet_ids"),
    *("existing_vpc.route_table_ids", "function.reserved_concurrency", "schedules"),
}


SETTINGS: Final = {name: variant.settings() for name, variant in VARIANTS.items()}


def settings_of_toggles() -> dict[str, tuple[str, StageSettings]]:
    """Each setting with the first base on which it can be changed alone, and what comes of it."""
    found: dict[str, tuple[str, StageSettings]] = {}
    for base in BASES:
        for path, changed in toggled(SETTINGS[base], but=frozenset(found)):
            found[path] = (base, changed)
    return found


TOGGLES: Final = settings_of_toggles()
HASH: Final = re.compile(r"[0-9A-F]{8}(?=$|Public)")
PAIRS: Final = [
    (one, other)
    for one, other in permutations(VARIANTS, 2)
    if SETTINGS[one].name == SETTINGS[other].name
]


@cache
def read(assembly: Assembly) -> assemblies.Assembly:
    return assemblies.Assembly(assembly.directory)


def assembly_of(settings: StageSettings, folder: Path) -> assemblies.Assembly:
    """Synthesised for its templates only: what goes into the image is not copied beside them."""
    app = App(context=context() | {"aws:cdk:disable-asset-staging": True}, outdir=str(folder))
    synthesise(build(app, settings))
    return assemblies.Assembly(folder)


# A test asks several things of an update, and of the way back.
@lru_cache(maxsize=2)
def risks(before: assemblies.Assembly, after: assemblies.Assembly) -> tuple[Risk, ...]:
    return judge("own", before.templates, after, base="before", accepted={}).risks


def refused(before: assemblies.Assembly, after: assemblies.Assembly) -> list[Risk]:
    return [risk for risk in risks(before, after) if risk.grade is Grade.REFUSED]


def lost(before: assemblies.Assembly, after: assemblies.Assembly) -> set[str]:
    """By the logical ids, without what the CDK adds to a name."""
    return {re.sub(HASH, "", risk.key) for risk in risks(before, after) if risk.loss}


def expected(risk: Risk) -> bool:
    exported = re.sub(r".*:ExportsOutput(Ref|FnGetAtt)", "", risk.name)
    return any(risk.stack == stack and exported.startswith(start) for stack, start in REFUSED)


def unexpected(before: assemblies.Assembly, after: assemblies.Assembly) -> list[str]:
    found = [risk for risk in refused(before, after) if not expected(risk)]
    return [f"{risk.stack} {risk.name}: {risk.reasons[0].text}" for risk in found]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_one_variant_of_a_stage_becomes_another(
    one: str, other: str, synthesised: Callable[[str], Assembly]
) -> None:
    before, after = read(synthesised(one)), read(synthesised(other))
    assert unexpected(before, after) == []


@pytest.mark.parametrize("path", TOGGLES)
def test_setting_is_changed_and_changed_back(
    path: str, synthesised: Callable[[str], Assembly], tmp_path: Path
) -> None:
    base, changed = TOGGLES[path]
    before, after = read(synthesised(base)), assembly_of(changed, tmp_path)
    assert unexpected(before, after) == []
    assert unexpected(after, before) == []
    assert lost(before, after) | lost(after, before) == LOST.get(path, set())


def test_every_setting_is_changed_alone_or_with_those_that_it_needs() -> None:
    every = {".".join(path) for path, _, _ in settings_of(SETTINGS["dev"])}
    assert every - TOGGLES.keys() == TOGETHER
    assert LOST.keys() <= TOGGLES.keys()


def value_of(variant: str, path: str) -> Any:
    found: Any = SETTINGS[variant]
    for key in path.split("."):
        found = getattr(found, key)
    return found


@pytest.mark.parametrize("path", sorted(TOGETHER))
def test_setting_that_needs_others_is_changed_by_some_pair_of_variants(path: str) -> None:
    assert any(value_of(one, path) != value_of(other, path) for one, other in PAIRS)


@pytest.mark.parametrize("path", POSSIBLE)
def test_value_that_is_named_for_a_setting_is_one(path: str) -> None:
    _, changed = TOGGLES[path]
    assert reduce(getattr, path.split("."), changed) in POSSIBLE[path]


def goes_when_its_user_is_deployed_first(
    before: assemblies.Assembly, after: assemblies.Assembly
) -> bool:
    told = [risk.reasons[0].text for risk in refused(before, after)]
    assert told
    order = ["Inference", *after.order]
    return (
        all("cdk deploy Inference --exclusively" in text for text in told)
        and refused_exports(before.templates, after.templates, order) == []
    )


def test_bucket_of_the_model_goes_when_the_tasks_are_given_another_first(
    synthesised: Callable[[str], Assembly],
) -> None:
    before, after = read(synthesised("own-model")), read(synthesised("dev"))
    assert goes_when_its_user_is_deployed_first(before, after)


def test_zone_goes_when_the_service_leaves_it_first(
    synthesised: Callable[[str], Assembly], tmp_path: Path
) -> None:
    base, more = TOGGLES["network.zones"]
    assert more.network.zones > SETTINGS[base].network.zones
    before, after = assembly_of(more, tmp_path), read(synthesised(base))
    assert goes_when_its_user_is_deployed_first(before, after)
